/**
 * Finds what a comment annotates: top-level functions, classes, constants and types, and the members inside
 * them. A careful scanner instead of a parser (see lexer.ts); what it does not recognise is attributed to the
 * top-level declaration around it, never dropped.
 */
import type { Source } from './lexer.ts';
import { afterMatching, afterTypeParameters, scanTo, skipSpace } from './scan.ts';

export type DeclarationKind = 'function' | 'class' | 'value' | 'type' | 'module';

export interface Declaration {
  /** `encrypt`, `KeyCache.lookUp`, or `(module)` for what stands outside any declaration. */
  readonly name: string;
  readonly kind: DeclarationKind;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  /** Position after the `{` of a function's body. */
  readonly bodyAt?: number;
  /** The expression of an arrow function without braces, or of a constant. */
  readonly expression?: { readonly start: number; readonly end: number };
  /** The top-level declaration around a member. */
  readonly within?: Declaration;
}

/** The declaration that begins at `at`, or else the one around it. */
export function declarationAt(source: Source, at: number): Declaration {
  const within = topLevelDeclarations(source).find(({ start, end }) => start <= at && at < end);
  if (within === undefined) return { name: '(module)', kind: 'module', start: 0, end: source.text.length };
  if (within.start === at) return within;
  const own = statementAt(source, at) ?? memberAt(source, at, within);
  if (own === undefined) return within;
  return { ...own, name: `${within.name}.${own.name}`, within };
}

function topLevelDeclarations(source: Source): Declaration[] {
  const { masked } = source;
  const found: Declaration[] = [];
  let at = skipSpace(masked, 0);
  while (at < masked.length) {
    const declaration = statementAt(source, at);
    if (declaration === undefined) {
      at = skipStatement(masked, at);
    } else {
      found.push(declaration);
      at = declaration.end;
    }
    at = skipSpace(masked, at);
  }
  return found;
}

function statementAt(source: Source, at: number): Declaration | undefined {
  const { masked } = source;
  const named = (pattern: RegExp) => matchAt(pattern, masked, at);
  const func = named(FUNCTION);
  if (func !== undefined) return functionFrom(masked, func, at);
  const type = named(TYPE);
  if (type !== undefined) {
    const mark = scanTo(
      masked,
      type.end,
      (p) => masked[p] === ';' || (type.word === 'interface' && masked[p] === '{'),
    );
    return {
      name: type.name,
      kind: 'type',
      start: at,
      end: masked[mark] === '{' ? afterMatching(masked, mark) : mark + 1,
    };
  }
  const klass = named(CLASS);
  if (klass !== undefined) {
    const open = scanTo(masked, klass.end, (p) => masked[p] === '{');
    return { name: klass.name, kind: 'class', start: at, end: afterMatching(masked, open) };
  }
  const value = named(VALUE);
  if (value === undefined) return undefined;
  const end = scanTo(masked, value.end, (p) => masked[p] === ';');
  return valueFrom(masked, { name: value.name, start: at, end: end + 1 }, assignment(masked, value.end), end);
}

/** A method, field or property. Fields need a class around them: elsewhere `name = …` assigns. */
function memberAt(source: Source, at: number, within: Declaration): Declaration | undefined {
  const { masked, text } = source;
  const member = matchAt(MEMBER, masked, at);
  if (member === undefined || STATEMENT_KEYWORDS.has(member.name)) return undefined;
  const quoted = /^['"]/.test(member.name);
  const name = quoted ? text.slice(member.end - member.name.length + 1, member.end - 1) : member.name;
  const next = skipSpace(masked, masked[member.end] === '?' ? member.end + 1 : member.end);
  const isEnd = (p: number): boolean => masked[p] === ',' || masked[p] === ';';
  if (within.kind === 'type') {
    return { name, kind: 'type', start: at, end: scanTo(masked, next, isEnd) };
  }
  const mark = masked.charAt(next);
  if (mark === '(' || mark === '<') {
    const body = bodyOf(masked, next);
    return body === undefined
      ? undefined
      : { name, kind: 'function', start: at, end: afterMatching(masked, body), bodyAt: body + 1 };
  }
  const isField = within.kind === 'class' && (mark === ':' || /^=[^=>]/.test(masked.slice(next, next + 2)));
  if (!isField && mark !== ':') return undefined;
  const end = scanTo(masked, next, isField ? (p) => masked[p] === ';' : isEnd);
  const initial = isField ? assignment(masked, next) : next + 1;
  return valueFrom(masked, { name, start: at, end }, initial, end);
}

function functionFrom(masked: string, match: Match, start: number): Declaration {
  const body = bodyOf(masked, skipSpace(masked, match.end));
  if (body === undefined) {
    const end = scanTo(masked, match.end, (p) => masked[p] === ';') + 1;
    return { name: match.name, kind: 'function', start, end };
  }
  return { name: match.name, kind: 'function', start, end: afterMatching(masked, body), bodyAt: body + 1 };
}

/** A constant, field or property: a function when its expression is one. */
function valueFrom(
  masked: string,
  named: { name: string; start: number; end: number },
  initial: number,
  end: number,
): Declaration {
  if (initial >= end) return { ...named, kind: 'value' };
  const start = skipSpace(masked, initial);
  const keyword = matchAt(FUNCTION_EXPRESSION, masked, start);
  const body = keyword === undefined ? undefined : bodyOf(masked, skipSpace(masked, keyword.end));
  if (body !== undefined) return { ...named, kind: 'function', bodyAt: body + 1 };
  const arrow = afterArrow(masked, start, end);
  if (arrow === undefined) return { ...named, kind: 'value', expression: { start, end } };
  if (masked[arrow] === '{') return { ...named, kind: 'function', bodyAt: arrow + 1 };
  return { ...named, kind: 'function', expression: { start: arrow, end } };
}

/** Position of an arrow function's body, when the expression at `start` is one. */
function afterArrow(masked: string, start: number, end: number): number | undefined {
  let at = start;
  const asynchronous = matchAt(/async\s*(?=[(<\w$])/y, masked, at);
  if (asynchronous !== undefined) at = asynchronous.end;
  const single = matchAt(/[\w$]+\s*(?==>)/y, masked, at);
  if (single !== undefined) return skipSpace(masked, single.end + 2);
  if (masked[at] === '<') at = skipSpace(masked, afterTypeParameters(masked, at));
  if (masked[at] !== '(') return undefined;
  at = skipSpace(masked, afterMatching(masked, at));
  if (masked[at] === ':') at = scanTo(masked, at, (p) => masked.startsWith('=>', p));
  if (at >= end || !masked.startsWith('=>', at)) return undefined;
  return skipSpace(masked, at + 2);
}

/** Position of the `{` of a body whose parameters (or type parameters) begin at `at`; undefined for an overload or a call. */
function bodyOf(masked: string, at: number): number | undefined {
  const open = masked[at] === '<' ? skipSpace(masked, afterTypeParameters(masked, at)) : at;
  if (masked[open] !== '(') return undefined;
  const next = skipSpace(masked, afterMatching(masked, open));
  if (masked[next] === '{') return next;
  if (masked[next] !== ':') return undefined;
  let cursor = next + 1;
  while (cursor < masked.length) {
    const mark = scanTo(masked, cursor, (p) => masked[p] === '{' || masked[p] === ';' || masked[p] === ',');
    const char = masked.charAt(mark);
    const inTypeArguments = char === ',' && /<[^>]*$/.test(masked.slice(next, mark));
    if (char !== '{' && !inTypeArguments) return undefined;
    if (char === '{' && !/(?:[:|&<,(]|=>|\bis|\bextends)\s*$/.test(masked.slice(next, mark))) return mark;
    cursor = char === '{' ? afterMatching(masked, mark) : mark + 1;
  }
  return undefined;
}

/** Position after the `=` that gives a constant or field its value, past its type. */
function assignment(masked: string, from: number): number {
  const isAssign = (p: number): boolean =>
    masked[p] === '=' && !/[=!<>]/.test(masked.charAt(p - 1)) && !/[=>]/.test(masked.charAt(p + 1));
  const stop = scanTo(masked, from, (p) => isAssign(p) || masked[p] === ';');
  return masked[stop] === '=' ? stop + 1 : masked.length;
}

function skipStatement(masked: string, from: number): number {
  const mark = scanTo(masked, from, (p) => masked[p] === ';' || masked[p] === '{');
  return masked[mark] === '{' ? afterMatching(masked, mark) : mark + 1;
}

interface Match {
  readonly name: string;
  /** `interface` or `type`, where the two end differently. */
  readonly word: string;
  readonly end: number;
}

function matchAt(pattern: RegExp, masked: string, at: number): Match | undefined {
  pattern.lastIndex = at;
  const match = pattern.exec(masked);
  if (match === null) return undefined;
  return { name: match.groups?.['name'] ?? '', word: match.groups?.['word'] ?? '', end: pattern.lastIndex };
}

const FUNCTION = /(?:export\s+)?(?:default\s+)?(?:declare\s+)?(?:async\s+)?function\s*\*?\s*(?<name>[\w$]+)/y;
const FUNCTION_EXPRESSION = /(?:async\s+)?function\s*\*?\s*(?<name>[\w$]*)/y;
const CLASS = /(?:export\s+)?(?:default\s+)?(?:declare\s+)?(?:abstract\s+)?class\s+(?<name>[\w$]+)/y;
const VALUE = /(?:export\s+)?(?:declare\s+)?(?:const|let)\s+(?<name>[\w$]+)/y;
const TYPE = /(?:export\s+)?(?:declare\s+)?(?<word>interface|type)\s+(?<name>[\w$]+)/y;
const MEMBER =
  /(?:(?:public|private|protected|static|override|readonly|abstract|async|get|set)\s+)*\*?\s*(?<name>#?[\w$]+|'[^'\n]*'|"[^"\n]*")/y;
const STATEMENT_KEYWORDS: ReadonlySet<string> = new Set([
  'if',
  'for',
  'while',
  'switch',
  'return',
  'catch',
  'throw',
  'await',
  'case',
  'default',
  'else',
  'new',
  'super',
  'this',
  'try',
]);
