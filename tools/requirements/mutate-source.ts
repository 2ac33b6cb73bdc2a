/** Turns one declaration of a source text into one that throws, leaving everything else as it stands. */
import type { Declaration } from './declarations.ts';
import { lex } from './lexer.ts';
import { afterMatching, scanTo } from './scan.ts';

export interface Mutant {
  readonly text: string;
  readonly how: 'throws' | 'throwing value' | 'throwing constructor';
}

/** Undefined for what has no run-time being (types, modules, overloads) or cannot be cut safely. */
export function mutateSource(text: string, declaration: Declaration): Mutant | undefined {
  const { kind, bodyAt, expression } = declaration;
  if (bodyAt !== undefined) return { text: splice(text, bodyAt, bodyAt, ` ${THROW}`), how: 'throws' };
  if (kind === 'class') return mutateClass(text, declaration);
  if (expression === undefined || expression.start >= expression.end) return undefined;
  const { start, end } = expression;
  if (kind === 'function') return { text: splice(text, start, end, `{ ${THROW} }`), how: 'throws' };
  return { text: splice(text, start, end, THROWING_VALUE), how: 'throwing value' };
}

function mutateClass(text: string, { start, end }: Declaration): Mutant {
  const { masked } = lex(text);
  const open = scanTo(masked, start, (at) => masked[at] === '{');
  const own = scanTo(masked, open + 1, (at) => /^constructor\s*\(/.test(masked.slice(at, at + 20)));
  const how = 'throwing constructor';
  if (own >= end - 1) return { text: splice(text, open + 1, open + 1, ` constructor() { ${THROW} }`), how };
  const body = afterMatching(masked, masked.indexOf('(', own));
  const at = masked.indexOf('{', body) + 1;
  return { text: splice(text, at, at, ` ${THROW}`), how };
}

function splice(text: string, start: number, end: number, insert: string): string {
  return text.slice(0, start) + insert + text.slice(end);
}

const THROW = "throw new Error('mutant: this cited declaration was made to throw');";
/** Any use but a comparison by identity throws, and such a comparison is false. */
const THROWING_VALUE = `new Proxy(function () {}, new Proxy({}, { get() { return () => { ${THROW} }; } })) as never`;
