/**
 * Titles in test files that carry requirement ids or mistake numbers. A title with a placeholder
 * (`$id`, `%s`) stands once more for each string of its table that begins with one.
 */
import { mistakeNumbers, requirementIds } from './ids.ts';
import { lex, type Source } from './lexer.ts';
import { afterMatching, skipSpace } from './scan.ts';

export interface TestTitle {
  /** Path from the root, with `/`. */
  readonly file: string;
  readonly title: string;
  readonly ids: readonly string[];
  readonly mistakes: readonly number[];
}

/** Titles without ids are left out, and so are skipped and planned tests: they prove nothing. */
export function testTitlesOf(file: string, text: string): TestTitle[] {
  const source = lex(text);
  const titles: TestTitle[] = [];
  for (const match of source.masked.matchAll(CALL)) {
    if (/\.(?:skip|todo|fails)\b/.test(match[0])) continue;
    const call = argumentsOf(source, match.index + match[0].length - 1);
    const title = literalAt(source, call.titleAt);
    if (title === undefined) continue;
    const rows = PLACEHOLDER.test(title) ? rowNames(source, call.table) : [];
    titles.push(
      titleOf(file, title),
      ...rows.map((name) =>
        titleOf(
          file,
          title.replace(PLACEHOLDER, () => name),
        ),
      ),
    );
  }
  return titles.filter(({ ids, mistakes }) => ids.length > 0 || mistakes.length > 0);
}

function titleOf(file: string, title: string): TestTitle {
  return { file, title, ids: requirementIds(title), mistakes: mistakeNumbers(title) };
}

/** `it('title'`, or `it.for(table)('title'`. */
function argumentsOf(source: Source, open: number): { titleAt: number; table: [number, number] } {
  const { masked } = source;
  const after = afterMatching(masked, open);
  const next = skipSpace(masked, after);
  if (masked[next] === '(') return { titleAt: skipSpace(masked, next + 1), table: [open + 1, after - 1] };
  return { titleAt: skipSpace(masked, open + 1), table: [open, open] };
}

/** The literal that begins at `at`; a template keeps its expressions as written. */
function literalAt(source: Source, at: number): string | undefined {
  const quote = source.text.charAt(at);
  if (!/['"`]/.test(quote)) return undefined;
  const first = source.strings.findIndex(({ start }) => start === at);
  let last = first;
  while (quote === '`' && source.strings[last] !== undefined && !isTemplateEnd(source, last)) last += 1;
  const end = source.strings[last]?.end ?? at + 1;
  return source.text.slice(at + 1, end - 1).replaceAll(/\\(['"`])/g, '$1');
}

function isTemplateEnd(source: Source, index: number): boolean {
  const span = source.strings[index];
  return span !== undefined && span.end - span.start > 1 && source.text.charAt(span.end - 1) === '`';
}

/** The strings of a table, written out or named, that begin with an id or a mistake. */
function rowNames(source: Source, [start, end]: [number, number]): string[] {
  const name = source.text.slice(start, end).trim();
  if (!/^[\w$]+$/.test(name)) return namesBetween(source, start, end);
  const declared = new RegExp(`\\bconst\\s+${name.replaceAll('$', '\\$')}\\b`).exec(source.masked);
  if (declared === null) return [];
  const stop = source.masked.indexOf(';\n', declared.index);
  return namesBetween(source, declared.index, stop === -1 ? source.text.length : stop);
}

function namesBetween(source: Source, start: number, end: number): string[] {
  return source.strings
    .filter((span) => span.start >= start && span.end <= end)
    .map((span) => source.text.slice(span.start + 1, span.end - 1))
    .filter((literal) => /^(?:X-|mistakes? )\d+\b/i.test(literal));
}

const PLACEHOLDER = /\$[\w.]+|%[sdifjo]/;
const CALL = /(?<![\w$.])(?:it|test|describe)(?:\.\w+)*\s*\(/g;
