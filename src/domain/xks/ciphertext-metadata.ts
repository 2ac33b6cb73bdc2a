/**
 * The ciphertextMetadata this proxy writes: which scheme and which key generation made a ciphertext.
 * Empty is native GCM of generation 0, for ever. Anything else is
 * `01 ‖ scheme ‖ generation u16be [‖ nonce 16]`. It comes back from the caller unauthenticated: it only
 * counts once the AAD that binds it has authenticated.
 */
import { Bug } from '../bug.ts';

/** Schemes that this release opens. Numbers 2 (CMAC), 3 (HMAC) and 4 (CBC-MAC) are reserved for derived keys. */
export interface CiphertextOrigin {
  readonly scheme: 'native-gcm';
  /** 0 … 65 535. */
  readonly generation: number;
}

/**
 * The metadata of a native GCM ciphertext: nothing for generation 0, else four bytes.
 * @req X-30 X-33
 */
export function encodeCiphertextMetadata(generation: number): Uint8Array {
  if (!Number.isInteger(generation) || generation < 0 || generation > MAX_GENERATION) {
    throw new Bug(`key generation ${generation} is not within 0 … ${MAX_GENERATION}`);
  }
  if (generation === 0) return new Uint8Array(0);
  return Uint8Array.of(VERSION, NATIVE_GCM, generation >>> 8, generation & 0xff);
}

/**
 * What a ciphertext says of itself; undefined when this release did not write it. One origin has one
 * encoding: generation 0 in the long form is refused.
 * @req X-30 X-33 X-38
 */
export function decodeCiphertextMetadata(metadata: Uint8Array): CiphertextOrigin | undefined {
  if (metadata.length === 0) return GENERATION_ZERO;
  if (metadata.length !== NATIVE_GCM_BYTES) return undefined;
  const [version, scheme, high = 0, low = 0] = metadata;
  const generation = high * 256 + low;
  if (version !== VERSION || scheme !== NATIVE_GCM || generation === 0) return undefined;
  return { scheme: 'native-gcm', generation };
}

/**
 * Whether a value is one of our own forms, those for later schemes included: metadata of another proxy must not
 * be one, or our ciphertexts would be taken for that proxy's.
 * @req X-30 X-38
 */
export function isReservedMetadata(metadata: Uint8Array): boolean {
  const lengths = [NATIVE_GCM_BYTES, DERIVED_KEY_BYTES];
  return metadata.length === 0 || (metadata[0] === VERSION && lengths.includes(metadata.length));
}

const VERSION = 1;
const NATIVE_GCM = 1;
const NATIVE_GCM_BYTES = 4;
const DERIVED_KEY_BYTES = 20;
const MAX_GENERATION = 0xffff;
const GENERATION_ZERO: CiphertextOrigin = { scheme: 'native-gcm', generation: 0 };
