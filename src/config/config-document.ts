/**
 * YAML text to plain data, with the line of every field. The parser's own messages quote the text, which
 * may hold secrets, so they are replaced by ours.
 */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';
import { ConfigFault, type LocatedProblem } from './config-fault.ts';
import type { PathInFile } from './findings.ts';

export interface ConfigDocument {
  /** Plain data; mapping keys are the texts as written. */
  readonly content: unknown;
  /** Line on which the field starts, or its nearest ancestor that exists; 1 for the first. */
  readonly lineOf: (path: PathInFile) => number;
}

/** Parses the text of `file` (named in faults only). Throws a `syntax` ConfigFault. */
export function parseConfigDocument(file: string, text: string): ConfigDocument {
  const lines = new LineCounter();
  // The parser compares every field with every other one of its mapping; ours does it in one pass.
  const document = parseDocument(text, {
    prettyErrors: false,
    stringKeys: true,
    uniqueKeys: false,
    lineCounter: lines,
  });
  const lineAt = (offset: number): number => Math.max(1, lines.linePos(offset).line);
  const problems: LocatedProblem[] = [...document.errors, ...document.warnings].map((error) => {
    const [found, remedy] = SYNTAX_MISTAKES[error.code] ?? UNKNOWN_MISTAKE;
    return { path: [], line: lineAt(error.pos[0]), found, expected: 'YAML 1.2', remedy };
  });
  if (document.directives?.yaml.version !== '1.2') problems.push(OTHER_VERSION);
  problems.push(...unusableNodes(document, lineAt));
  if (problems.length > 0) throw new ConfigFault('syntax', file, problems.slice(0, MAX_MISTAKES));
  return { content: plainData(file, document), lineOf: (path) => lineAt(offsetOf(document, path)) };
}

function plainData(file: string, document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_RESOLVED_ALIASES });
  } catch {
    throw new ConfigFault('syntax', file, [TOO_MANY_ALIASES]);
  }
}

function unusableNodes(document: Document, lineAt: (offset: number) => number): LocatedProblem[] {
  const problems: LocatedProblem[] = [];
  const aliases: Alias[] = [];
  const problem = (node: Node, found: string, expected: string, remedy: string): void => {
    problems.push({ path: [], line: lineAt(node.range?.[0] ?? 0), found, expected, remedy });
  };
  visit(document, {
    Alias(_key, alias) {
      aliases.push(alias);
    },
    Map(_key, map) {
      const names = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        if (key.value === '__proto__') {
          problem(key, 'has a field named __proto__', 'another name', 'rename it');
        }
        if (names.has(key.value)) problem(key, 'has the same field twice here', 'YAML 1.2', 'remove one');
        names.add(key.value);
      }
    },
  });
  // Each looks for its anchor in the whole document.
  if (aliases.length > MAX_ALIASES) return [...problems, TOO_MANY_ALIASES];
  for (const alias of aliases) {
    if (alias.resolve(document) !== undefined) continue;
    const remedy = 'put a text that starts with * in quotes';
    problem(alias, 'has an alias without an anchor before it', 'YAML 1.2', remedy);
  }
  return problems;
}

function offsetOf(document: Document, path: PathInFile): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const step of path) {
    const container = isAlias(node) ? node.resolve(document) : node;
    if (isMap(container)) {
      const pair = container.items.find((each) => isScalar(each.key) && each.key.value === step);
      if (pair === undefined) return offset;
      offset = (isScalar(pair.key) ? pair.key.range?.[0] : undefined) ?? offset;
      node = pair.value;
    } else if (isSeq(container) && typeof step === 'number') {
      node = container.items[step];
      offset = (node as Node | undefined)?.range?.[0] ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}

const MAX_ALIASES = 100;
/** Counted with those that aliases of aliases stand for. */
const MAX_RESOLVED_ALIASES = 1_000;
const MAX_MISTAKES = 20;
const TOO_MANY_ALIASES: LocatedProblem = {
  path: [],
  found: 'has too many aliases',
  expected: `at most ${MAX_ALIASES}`,
  remedy: 'write the values out',
};
const OTHER_VERSION: LocatedProblem = {
  path: [],
  line: 1,
  found: 'says with %YAML that it is of another version',
  expected: 'YAML 1.2',
  remedy: 'remove that line',
};
const QUOTE = 'put a text with special characters in quotes';
const INDENT = 'indent with spaces, the fields of one mapping alike';
const UNKNOWN_MISTAKE = ['is not valid YAML here', QUOTE] as const;
const SYNTAX_MISTAKES: Readonly<Record<string, readonly [found: string, remedy: string]>> = {
  BAD_INDENT: ['is indented wrongly here', INDENT],
  TAB_AS_INDENT: ['is indented with a tab here', INDENT],
  MULTIPLE_DOCS: ['has a second document here', 'keep one'],
  NON_STRING_KEY: ['has a field name here that is not a text', QUOTE],
  BLOCK_AS_IMPLICIT_KEY: ['has a second colon on one line here', QUOTE],
  MISSING_CHAR: ['lacks a closing quote, bracket or colon here', 'add it'],
  BAD_DQ_ESCAPE: [
    'has an unknown escape in a double-quoted text here',
    'write \\\\ for a backslash, or use single quotes',
  ],
  TAG_RESOLVE_FAILED: ['has an unknown tag (a word that starts with !) here', QUOTE],
};
