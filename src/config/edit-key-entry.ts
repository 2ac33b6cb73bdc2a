/**
 * Changes one entry of a key map in the text of a configuration file, and no byte beside it: the file is the
 * operator's, with comments and an order of its own. What cannot be changed so is refused.
 */
import { isDeepStrictEqual } from 'node:util';
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml';
import type { GenerationInput, KeyInput } from './schema/key-store-schema.ts';

/** Which entry: `keyStores[store].keys[externalKeyId]`. */
export interface EntryPlace {
  readonly store: number;
  readonly externalKeyId: string;
}

/** A changed file, and the part of it that changed. */
export interface EntryEdit {
  readonly text: string;
  readonly before: string;
  readonly after: string;
}

/** The file is right, but not of a form that can be changed without touching more of it. Holds no secret. */
export class EditFault extends Error {
  override readonly name = 'EditFault';
}

/** Adds a generation, which does not encrypt yet. An entry without a list becomes one. */
export function addGeneration(text: string, place: EntryPlace, added: GenerationInput): EntryEdit {
  return edit(text, place, (entry, data) => {
    const { generations } = data;
    if (generations === undefined) {
      const { status, usage, ...single } = data;
      const first = { ...single, generation: single.generation ?? 0 } as GenerationInput;
      const listed = { generations: [first, added], current: first.generation };
      const rest = { ...(status && { status }), ...(usage && { usage }) };
      return [replaced(text, entry, { ...listed, ...rest }), { ...listed, ...rest }];
    }
    return [appended(text, entry, added), { ...data, generations: [...generations, added] }];
  });
}

/** Makes another generation of the list the one that encrypts. */
export function setCurrent(text: string, place: EntryPlace, current: number): EntryEdit {
  return edit(text, place, (entry, data) => {
    const node = entry.get('current', true);
    if (!isScalar(node)) throw unfaithful(place);
    return [splice(text, startOf(node), endOf(node), String(current)), { ...data, current }];
  });
}

/** Removes a generation from the list. */
export function removeGeneration(text: string, place: EntryPlace, number: number): EntryEdit {
  return edit(text, place, (entry, data) => {
    const generations = (data.generations ?? []).filter(({ generation }) => generation !== number);
    const index = (data.generations ?? []).findIndex(({ generation }) => generation === number);
    return [cut(text, entry, index), { ...data, generations }];
  });
}

/** The new text, and what the entry must mean afterwards. */
type Change = (entry: YAMLMap, data: KeyInput) => readonly [text: string, meaning: object];

function edit(text: string, place: EntryPlace, change: Change): EntryEdit {
  const document = parse(text);
  const entry = entryAt(document, place);
  const [changed, meaning] = change(entry, entry.toJS(document) as KeyInput);
  const before = text.slice(startOf(entry), endOf(entry));
  const after = parse(changed);
  const expected = document.toJS() as Content;
  const keys = expected.keyStores?.[place.store]?.keys;
  if (keys !== undefined) keys[place.externalKeyId] = meaning;
  // Whatever was overlooked of YAML shows here: the new file must mean the old one with this change.
  if (after.errors.length > 0 || !isDeepStrictEqual(after.toJS(), expected)) throw unfaithful(place);
  const now = entryAt(after, place);
  return { text: changed, before, after: changed.slice(startOf(now), endOf(now)) };
}

interface Content {
  readonly keyStores?: readonly { readonly keys?: Record<string, unknown> }[];
}

function parse(text: string): Document {
  return parseDocument(text, { prettyErrors: false, stringKeys: true, uniqueKeys: false });
}

function entryAt(document: Document, place: EntryPlace): YAMLMap {
  const entry = document.getIn(['keyStores', place.store, 'keys', place.externalKeyId], true);
  if (!isMap(entry)) throw unfaithful(place);
  visit(entry, (_key, node) => {
    const { anchor } = node as { readonly anchor?: string };
    if (isAlias(node) || anchor !== undefined) throw unfaithful(place);
  });
  return entry;
}

/** The whole entry in other words; comments inside it would have no place any more. */
function replaced(text: string, entry: YAMLMap, meaning: Readonly<Record<string, unknown>>): string {
  const start = startOf(entry);
  if (/(^|\s)#/.test(text.slice(start, endOf(entry)))) {
    throw new EditFault(
      'the entry of this key has comments inside, which would be lost; write it with generations by hand (docs/generations.md)',
    );
  }
  if (entry.flow === true) return splice(text, start, endOf(entry), flowText(meaning));
  const indent = ' '.repeat(columnOf(text, start));
  const lines = Object.entries(meaning).map(([name, value]) =>
    name === 'generations'
      ? ['generations:', ...(value as object[]).map((each) => `${indent}  - ${flowText(each)}`)].join('\n')
      : `${name}: ${flowText(value)}`,
  );
  return splice(text, start, endOf(entry), lines.join(`\n${indent}`));
}

function appended(text: string, entry: YAMLMap, added: GenerationInput): string {
  const { list, items } = listOf(entry);
  const last = items.at(-1);
  if (last === undefined) return text;
  if (list.flow === true) return splice(text, endOf(last), endOf(last), `, ${flowText(added)}`);
  const at = lineEnd(text, endOf(last));
  return splice(text, at, at, `\n${' '.repeat(dashColumn(text, last))}- ${flowText(added)}`);
}

function cut(text: string, entry: YAMLMap, index: number): string {
  const { list, items } = listOf(entry);
  const [item, next, previous] = [items[index], items[index + 1], items[index - 1]];
  if (item === undefined) return text;
  if (list.flow === true) {
    if (next !== undefined) return splice(text, startOf(item), startOf(next), '');
    return splice(text, previous === undefined ? startOf(item) : endOf(previous), endOf(item), '');
  }
  return splice(text, lineStart(text, startOf(item)), lineEnd(text, endOf(item)) + 1, '');
}

function listOf(entry: YAMLMap): {
  readonly list: { readonly flow?: boolean };
  readonly items: readonly Node[];
} {
  const list = entry.get('generations', true);
  return isSeq(list) ? { list, items: list.items as Node[] } : { list: {}, items: [] };
}

/** One line; JSON's texts and lists are YAML as well. */
function flowText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flowText).join(', ')}]`;
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'string' && !PLAIN.test(value) ? JSON.stringify(value) : String(value);
  }
  return `{ ${Object.entries(value)
    .map(([name, each]) => `${name}: ${flowText(each)}`)
    .join(', ')} }`;
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

function endOf(node: Node): number {
  return node.range?.[1] ?? 0;
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

/** Of the line on which a value ended: the ranges of blocks reach into the line after it. */
function lineEnd(text: string, end: number): number {
  const at = text.indexOf('\n', text.slice(0, end).trimEnd().length);
  return at < 0 ? text.length : at;
}

function columnOf(text: string, at: number): number {
  return at - lineStart(text, at);
}

function dashColumn(text: string, item: Node): number {
  const start = lineStart(text, startOf(item));
  return text.slice(start, startOf(item)).indexOf('-');
}

function splice(text: string, start: number, end: number, inserted: string): string {
  const kept = text.slice(start, end);
  const tail = inserted === '' ? '' : kept.slice(kept.trimEnd().length);
  return `${text.slice(0, start)}${inserted}${tail}${text.slice(end)}`;
}

function unfaithful({ externalKeyId }: EntryPlace): EditFault {
  return new EditFault(
    `the entry of ${externalKeyId} is not of a form that can be changed without touching more of the file (anchors, aliases, or an unusual layout); change it by hand (docs/generations.md)`,
  );
}

/** Needs no quotes, and is nothing but a text. */
const PLAIN = /^(?!(?:true|false|null|yes|no|on|off|nan|inf)$)[A-Za-z][A-Za-z-]*$/i;
