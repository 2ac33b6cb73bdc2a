/** How requirement ids and mistake numbers are written in comments and test titles. */

/**
 * Requirement ids in a text, in order, each once. `X-48…X-52` means all five. An id of another form
 * (`X-5`) comes back as written, so that the check can call it unknown.
 */
export function requirementIds(text: string): string[] {
  const ids = new Set<string>();
  for (const match of text.matchAll(/\bX-(\d+)(?:\s*(?:…|\.\.\.?|–)\s*X-(\d+))?\b/g)) {
    const [, first = '', last] = match;
    ids.add(`X-${first}`);
    for (let n = Number(first) + 1; last !== undefined && n <= Math.min(Number(last), HIGHEST); n += 1) {
      ids.add(`X-${String(n).padStart(2, '0')}`);
    }
  }
  return [...ids];
}

/** Numbers of the mistakes a title names: `mistake 7: …`, `mistakes 1 and 2: …`. */
export function mistakeNumbers(title: string): number[] {
  const numbers = new Set<number>();
  for (const [, list = ''] of title.matchAll(/\bmistakes?\s+(\d+(?:(?:\s*,\s*|\s+and\s+)\d+)*)/gi)) {
    for (const digits of list.match(/\d+/g) ?? []) numbers.add(Number(digits));
  }
  return [...numbers];
}

const HIGHEST = 999;
