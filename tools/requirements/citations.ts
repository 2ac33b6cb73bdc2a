/** `@req X-34` in the comments of a source file, each with the declaration it stands above. */
import { type Declaration, declarationAt } from './declarations.ts';
import { requirementIds } from './ids.ts';
import { lex, type Source } from './lexer.ts';
import { lineOf, skipSpace } from './scan.ts';

export interface Citation {
  readonly id: string;
  /** Path from the root, with `/`. */
  readonly file: string;
  readonly line: number;
  readonly declaration: Declaration;
}

export interface CitationScan {
  readonly citations: readonly Citation[];
  /** `file:line` of every `@req` that names no id. */
  readonly unreadable: readonly string[];
}

export function citationsOf(file: string, text: string): CitationScan {
  if (!text.includes('@req')) return { citations: [], unreadable: [] };
  const source = lex(text);
  const citations: Citation[] = [];
  const unreadable: string[] = [];
  for (const { start, end } of source.comments) {
    for (const match of text.slice(start, end).matchAll(TAG)) {
      const line = lineOf(text, start + match.index);
      const ids = requirementIds(match[1] ?? '');
      if (ids.length === 0) unreadable.push(`${file}:${line}`);
      const declaration = declarationAt(source, annotatedPosition(source, start, end));
      for (const id of ids) citations.push({ id, file, line, declaration });
    }
  }
  return { citations, unreadable };
}

/** Code before the comment on its own line is what it annotates; otherwise the next code after it. */
function annotatedPosition(source: Source, start: number, end: number): number {
  const lineStart = source.text.lastIndexOf('\n', start - 1) + 1;
  const first = skipSpace(source.masked, lineStart);
  return first < start ? first : skipSpace(source.masked, end);
}

/** The tag and the run of ids behind it; a word ends the run. */
const TAG = /@req\b((?:[\s,*]*(?:and\s+|…\s*|–\s*|\.\.\.?\s*)?X-\d+)*)/g;
