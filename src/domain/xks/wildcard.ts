/** Patterns of the access policy: `*` is any run of characters, `?` any single one, the rest itself. */

/**
 * Whether the whole text matches. Case counts. Only the last `*` is ever retried, so the work is bounded by
 * pattern length × text length whatever the pattern: no pattern can stall the proxy.
 * @req X-67
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  let at = 0;
  let position = 0;
  let afterStar = -1;
  let starPosition = 0;
  while (position < text.length) {
    const code = pattern.charCodeAt(at);
    if (code === STAR) {
      afterStar = ++at;
      starPosition = position;
    } else if (code === QUESTION_MARK || code === text.charCodeAt(position)) {
      at += 1;
      position += 1;
    } else if (afterStar >= 0) {
      at = afterStar;
      position = ++starPosition;
    } else {
      return false;
    }
  }
  while (pattern.charCodeAt(at) === STAR) at += 1;
  return at === pattern.length;
}

const STAR = 0x2a;
const QUESTION_MARK = 0x3f;
