/** Keys as the terminal shows them. Labels come from the token, so control characters in them are escaped. */
import type { KeyDescription } from '../domain/ports/hsm.ts';
import type { MappedKey } from '../domain/xks/key-store.ts';
import { fittingScheme, usagesOf } from '../domain/xks/scheme-fitness.ts';
import { textTable } from './text-table.ts';

/** One line for each key under a line of headings. */
export function keyTable(keys: readonly KeyDescription[]): string {
  return textTable(HEADINGS, keys.map(cells));
}

/** The same for one key, a line for each property. */
export function keyText(key: KeyDescription): string {
  const values = cells(key);
  return HEADINGS.map((heading, column) => `${heading.padEnd(KEY_COLUMN)}${values[column]}\n`).join('');
}

/** What rests on the operator's word alone; empty where nothing does. */
export function attestedText({ attestedBits }: MappedKey): string {
  return attestedBits === undefined ? '' : `, ${attestedBits} bits by your word (attested)`;
}

function cells(key: KeyDescription): string[] {
  return [
    printable(key.label) || '-',
    key.idHex || '-',
    key.keyType,
    key.bits === 0 ? '-' : String(key.bits),
    `${usagesOf(key).join(' ') || 'none'}${key.tried === true ? ' (tried)' : ''}`,
    fittingScheme(key) ?? '-',
    key.extractable ? 'yes' : 'no',
    key.sensitive ? 'yes' : 'no',
    key.kcvHex ?? '-',
  ];
}

function printable(text: string): string {
  return text.replaceAll(/\p{C}/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

const HEADINGS = ['LABEL', 'ID', 'TYPE', 'BITS', 'USAGE', 'SCHEME', 'EXTRACTABLE', 'SENSITIVE', 'KCV'];
const KEY_COLUMN = 13;
