/**
 * Which object of a token is meant: by CKA_LABEL, by CKA_ID, or by both. At least one is present.
 * The object must be the only secret key that matches.
 */
export interface KeySelector {
  readonly label?: string;
  /** CKA_ID, lower-case hex, 1 … 255 bytes. */
  readonly idHex?: string;
}

/** For messages and maps: `label=foo`, `id=0a1b`, or `label=foo;id=0a1b`. Equal selectors give equal texts. */
export function selectorText(selector: KeySelector): string {
  const parts: string[] = [];
  if (selector.label !== undefined) parts.push(`label=${selector.label}`);
  if (selector.idHex !== undefined) parts.push(`id=${selector.idHex}`);
  return parts.join(';');
}
