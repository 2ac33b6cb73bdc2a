/** Text as XML 1.0 can hold it, in elements and attributes. */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(FORBIDDEN, '\ufffd')
    .replace(MARKUP, (character) => `&#${character.charCodeAt(0)};`);
}

/** Control characters, which have no form in XML 1.0 at all. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g;
const MARKUP = /[&<>"'\r]/g;
