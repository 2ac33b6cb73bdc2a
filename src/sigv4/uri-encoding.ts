/**
 * SigV4's own URI encoding ("Create a canonical request", UriEncode): every byte but the unreserved ones of
 * RFC 3986 becomes `%` and two upper-case digits. Texts hold one byte in each character.
 */

/** Encodes everything but `A–Z a–z 0–9 - . _ ~`, the slash included. */
export function uriEncode(text: string): string {
  return text.replace(RESERVED, encodeByte);
}

/** Undoes percent triplets; `+` stays a plus. The text must have passed {@link splitTarget}. */
export function percentDecode(text: string): string {
  return text.replace(TRIPLET, decodeTriplet);
}

function encodeByte(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

function decodeTriplet(triplet: string): string {
  return String.fromCharCode(Number.parseInt(triplet.slice(1), 16));
}

const RESERVED = /[^A-Za-z0-9\-._~]/g;
const TRIPLET = /%[0-9A-Fa-f]{2}/g;
