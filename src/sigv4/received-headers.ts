/**
 * Headers as they arrived, in the order in which they arrived. Node's own header object joins or drops
 * duplicates by its own rules, so signatures are checked over the raw list. Every character stands for one byte.
 */

/** Values by lower-case name, each list in order of arrival; no list is empty. */
export type ReceivedHeaders = ReadonlyMap<string, readonly string[]>;

/** Groups `[name, value, name, value, …]`. A last name without a value counts as empty. */
export function collectHeaders(rawHeaders: readonly string[]): ReceivedHeaders {
  const headers = new Map<string, string[]>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] as string).toLowerCase();
    const value = rawHeaders[index + 1] ?? '';
    const values = headers.get(name);
    if (values === undefined) headers.set(name, [value]);
    else values.push(value);
  }
  return headers;
}

/** The canonical form of one header: each value trimmed, inner whitespace made one space, values joined with `,`. */
export function canonicalValue(values: readonly string[]): string {
  return values.length === 1 ? collapse(values[0] as string) : values.map(collapse).join(',');
}

/** `String.trim` would also take byte A0, which is a part of many UTF-8 characters. */
function collapse(value: string): string {
  const single = EXTRA_WHITESPACE.test(value) ? value.replace(WHITESPACE_RUN, ' ') : value;
  const start = single.startsWith(' ') ? 1 : 0;
  const end = single.endsWith(' ') ? single.length - 1 : single.length;
  return single.slice(start, Math.max(start, end));
}

const EXTRA_WHITESPACE = /[\t-\r]| {2}/;
const WHITESPACE_RUN = /[\t-\r ]+/g;
