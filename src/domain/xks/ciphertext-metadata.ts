/**
 * The ciphertextMetadata this proxy writes: which scheme and which key generation made a ciphertext.
 * Empty is native GCM of generation 0, for ever. Anything else is `01 ‖ scheme ‖ generation u16be`, which a
 * scheme that derives keys follows up with its nonce of 16 bytes. It comes back from the caller
 * unauthenticated: it only counts once the AAD that binds it has authenticated.
 */
import { Bug } from '../bug.ts';
import { type DerivedScheme, derivedSchemeOf, SCHEME_NUMBERS } from '../hsm/aead-scheme.ts';

/** What made a ciphertext. `generation` is 0 … 65 535. */
export type CiphertextOrigin =
  | { readonly scheme: 'native-gcm'; readonly generation: number }
  | {
      readonly scheme: DerivedScheme;
      readonly generation: number;
      /** {@link NONCE_BYTES} of them. */
      readonly nonce: Uint8Array;
    };

/**
 * Nothing for native GCM of generation 0, else 4 bytes, or 20 with a nonce.
 * @req X-30 X-33
 */
export function encodeCiphertextMetadata(origin: CiphertextOrigin): Uint8Array {
  const { scheme, generation } = origin;
  if (!Number.isInteger(generation) || generation < 0 || generation > MAX_GENERATION) {
    throw new Bug(`key generation ${generation} is not within 0 … ${MAX_GENERATION}`);
  }
  const head = [VERSION, SCHEME_NUMBERS[scheme], generation >>> 8, generation & 0xff];
  if (scheme === 'native-gcm') return Uint8Array.from(generation === 0 ? [] : head);
  if (origin.nonce.length !== NONCE_BYTES) throw new Bug(`a nonce has ${origin.nonce.length} bytes`);
  return Uint8Array.from([...head, ...origin.nonce]);
}

/**
 * What a ciphertext says of itself; undefined when this release did not write it. One origin has one
 * encoding: native GCM of generation 0 in the long form is refused.
 * @req X-30 X-33 X-38
 */
export function decodeCiphertextMetadata(metadata: Uint8Array): CiphertextOrigin | undefined {
  if (metadata.length === 0) return GENERATION_ZERO;
  const [version, number, high = 0, low = 0] = metadata;
  if (version !== VERSION) return undefined;
  const generation = high * 256 + low;
  if (metadata.length === HEAD_BYTES) {
    const known = number === SCHEME_NUMBERS['native-gcm'] && generation > 0;
    return known ? { scheme: 'native-gcm', generation } : undefined;
  }
  const scheme = derivedSchemeOf(number);
  if (metadata.length !== HEAD_BYTES + NONCE_BYTES || scheme === undefined) return undefined;
  return { scheme, generation, nonce: metadata.subarray(HEAD_BYTES) };
}

/**
 * Whether a value is one of our own forms, those for later schemes included: metadata of another proxy must not
 * be one, or our ciphertexts would be taken for that proxy's.
 * @req X-30 X-38
 */
export function isReservedMetadata(metadata: Uint8Array): boolean {
  const lengths = [HEAD_BYTES, HEAD_BYTES + NONCE_BYTES];
  return metadata.length === 0 || (metadata[0] === VERSION && lengths.includes(metadata.length));
}

export const NONCE_BYTES = 16;
const VERSION = 1;
const HEAD_BYTES = 4;
const MAX_GENERATION = 0xffff;
const GENERATION_ZERO: CiphertextOrigin = { scheme: 'native-gcm', generation: 0 };
