/** Balanced scans over masked source, in which comments and the insides of strings are blanks. */

/** Position after the bracket that closes the one at `open`; the end of the text when none does. */
export function afterMatching(masked: string, open: number): number {
  let depth = 0;
  for (let at = open; at < masked.length; at += 1) {
    const char = masked.charAt(at);
    if (OPENING.includes(char)) depth += 1;
    if (CLOSING.includes(char)) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return masked.length;
}

/**
 * First position at or after `from`, outside any bracket opened since, where `wanted` holds; otherwise the
 * position of the bracket that closes the surroundings, or the end of the text.
 */
export function scanTo(masked: string, from: number, wanted: (at: number) => boolean): number {
  let at = from;
  while (at < masked.length) {
    const char = masked.charAt(at);
    if (wanted(at) || CLOSING.includes(char)) return at;
    at = OPENING.includes(char) ? afterMatching(masked, at) : at + 1;
  }
  return masked.length;
}

export function skipSpace(masked: string, from: number): number {
  let at = from;
  while (at < masked.length && /\s/.test(masked.charAt(at))) at += 1;
  return at;
}

/** Position after the `>` that closes the type parameters opened at `open`; arrows do not close them. */
export function afterTypeParameters(masked: string, open: number): number {
  let depth = 0;
  for (let at = open; at < masked.length; at += 1) {
    const char = masked.charAt(at);
    if (char === '<') depth += 1;
    if (char === '>' && masked.charAt(at - 1) !== '=') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return masked.length;
}

export function lineOf(text: string, at: number): number {
  let line = 1;
  for (let end = text.indexOf('\n'); end !== -1 && end < at; end = text.indexOf('\n', end + 1)) line += 1;
  return line;
}

const OPENING = '([{';
const CLOSING = ')]}';
