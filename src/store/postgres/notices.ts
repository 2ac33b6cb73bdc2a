/**
 * What engines tell each other when they have changed records: who, and which. PostgreSQL delivers a notice only when
 * its transaction has committed, to every listening connection. What comes in is trusted as far as the database is:
 * a forged notice costs a look into the database.
 */

export interface Notice {
  readonly writer: string;
  readonly keys: readonly string[] | 'all';
}

/** Texts that the server takes: it refuses 8 000 bytes and more, so many keys need several. */
export function notices(writer: string, keys: readonly string[] | 'all'): string[] {
  if (keys === 'all' || keys.some((key) => textOf(writer, [key]).length > MAX_CHARS)) {
    return [JSON.stringify({ writer, keys: 'all' } satisfies Notice)];
  }
  const texts: string[] = [];
  let some: string[] = [];
  for (const key of keys) {
    if (some.length > 0 && textOf(writer, [...some, key]).length > MAX_CHARS) {
      texts.push(textOf(writer, some));
      some = [];
    }
    some.push(key);
  }
  if (some.length > 0) texts.push(textOf(writer, some));
  return texts;
}

/** What cannot be read may concern any record. */
export function noticeOf(text: string | undefined): Notice {
  try {
    const { writer, keys } = JSON.parse(text ?? '') as Record<string, unknown>;
    if (typeof writer === 'string' && Array.isArray(keys)) return { writer, keys: keys.map(String) };
    return { writer: typeof writer === 'string' ? writer : '', keys: 'all' };
  } catch {
    return { writer: '', keys: 'all' };
  }
}

/** With escapes for everything beyond ASCII, so that characters are bytes. */
function textOf(writer: string, keys: readonly string[]): string {
  return JSON.stringify({ writer, keys } satisfies Notice).replace(
    /[^\0-~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const MAX_CHARS = 7_900;
