/**
 * Splits TypeScript into comments, strings and code, and hides the first two, so that later steps may
 * count braces with plain character scans. TypeScript 7 offers no parser to JavaScript; this one knows
 * only what balanced scanning needs: quotes, nested templates, comments, and regular expressions where an
 * expression may start. It trusts the file to be TypeScript that the compiler accepts.
 */

export interface Span {
  readonly kind: 'comment' | 'string' | 'regex';
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** A source text beside its masked twin of equal length, in which only code and line ends are left. */
export interface Source {
  readonly text: string;
  readonly masked: string;
  readonly comments: readonly Span[];
  readonly strings: readonly Span[];
}

/** Strings keep their quotes in `masked`; a template's `${` becomes ` {` so that braces still balance. */
export function lex(text: string): Source {
  const spans: Span[] = [];
  scanCode({ text, spans }, 0, false);
  const masked = text.split('');
  for (const span of spans) {
    const keep = span.kind === 'string' ? 1 : 0;
    for (let at = span.start + keep; at < span.end - keep; at += 1) {
      if (masked[at] !== '\n') masked[at] = ' ';
    }
  }
  return {
    text,
    masked: masked.join('').replaceAll('$' + '{', ' {'),
    comments: spans.filter((span) => span.kind === 'comment').sort(byStart),
    strings: spans.filter((span) => span.kind === 'string').sort(byStart),
  };
}

interface Scan {
  readonly text: string;
  readonly spans: Span[];
}

/** Reads code up to the end, or up to the `}` that closes a template's `${`; answers the position after it. */
function scanCode(scan: Scan, from: number, inTemplate: boolean): number {
  const { text, spans } = scan;
  let depth = 0;
  let at = from;
  let previous = '';
  while (at < text.length) {
    const char = text.charAt(at);
    const pair = text.slice(at, at + 2);
    if (pair === '//' || pair === '/*') {
      const end = endOfComment(text, at);
      spans.push({ kind: 'comment', start: at, end });
      at = end;
      continue;
    }
    if (char === '`') {
      at = scanTemplate(scan, at);
      previous = '`';
      continue;
    }
    if (char === "'" || char === '"') {
      const end = endOfQuoted(text, at, char);
      spans.push({ kind: 'string', start: at, end });
      at = end;
      previous = char;
      continue;
    }
    if (char === '/' && startsRegex(text, at, previous)) {
      const end = endOfRegex(text, at);
      spans.push({ kind: 'regex', start: at, end });
      at = end;
      previous = '/x';
      continue;
    }
    if (char === '{') depth += 1;
    if (char === '}') {
      if (inTemplate && depth === 0) return at + 1;
      depth -= 1;
    }
    if (/\S/.test(char)) previous = char;
    at += 1;
  }
  return at;
}

/** A template's literal stretches become string spans of their own; its expressions stay code. */
function scanTemplate(scan: Scan, from: number): number {
  const { text, spans } = scan;
  let start = from;
  let at = from + 1;
  while (at < text.length) {
    if (text.charAt(at) === '\\') {
      at += 2;
    } else if (text.charAt(at) === '`') {
      spans.push({ kind: 'string', start, end: at + 1 });
      return at + 1;
    } else if (text.startsWith('$' + '{', at)) {
      spans.push({ kind: 'string', start, end: at + 1 });
      at = scanCode(scan, at + 2, true);
      start = at - 1;
    } else {
      at += 1;
    }
  }
  return at;
}

function endOfComment(text: string, at: number): number {
  const terminator = text.startsWith('//', at) ? '\n' : '*/';
  const end = text.indexOf(terminator, at + 2);
  if (end === -1) return text.length;
  return terminator === '\n' ? end : end + 2;
}

function endOfQuoted(text: string, at: number, quote: string): number {
  let end = at + 1;
  while (end < text.length && text.charAt(end) !== quote && text.charAt(end) !== '\n') {
    end += text.charAt(end) === '\\' ? 2 : 1;
  }
  return Math.min(end + 1, text.length);
}

function endOfRegex(text: string, at: number): number {
  let inClass = false;
  let end = at + 1;
  while (end < text.length && text.charAt(end) !== '\n') {
    const char = text.charAt(end);
    if (char === '\\') end += 1;
    else if (char === '[') inClass = true;
    else if (char === ']') inClass = false;
    else if (char === '/' && !inClass) break;
    end += 1;
  }
  return Math.min(end + 1, text.length);
}

/** A slash divides after a value and opens a regular expression after an operator or a keyword. */
function startsRegex(text: string, at: number, previous: string): boolean {
  if (previous === '' || /^[([{,;:=!&|?+\-*%~^<>}]$/.test(previous)) return true;
  const word = /([\w$]+)\s*$/.exec(text.slice(Math.max(0, at - 24), at))?.[1];
  return word !== undefined && REGEX_KEYWORDS.has(word);
}

function byStart(a: Span, b: Span): number {
  return a.start - b.start;
}

const REGEX_KEYWORDS: ReadonlySet<string> = new Set([
  'return',
  'typeof',
  'case',
  'in',
  'of',
  'do',
  'else',
  'void',
  'delete',
  'throw',
  'await',
  'yield',
]);
