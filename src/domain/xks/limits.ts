/** Sizes of the XKS proxy API, in bytes before Base64. */

/** @req X-24 @req X-37 */
export const MAX_PLAINTEXT_BYTES = 4300;
export const MAX_AAD_BYTES = 8192;
/** @req X-30 @req X-38 */
export const MAX_METADATA_BYTES = 20;
/** @req X-29 @req X-37 */
export const TAG_BYTES = 16;
export const IV_BYTES = 12;
export const ACCEPTED_IV_BYTES: readonly number[] = [12, 16];
