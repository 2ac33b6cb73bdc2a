/** Fifth step, Decrypt only: what can be told of a ciphertext without the key. */
import { isDerivedScheme } from '../../domain/hsm/aead-scheme.ts';
import {
  type CiphertextOrigin,
  decodeCiphertextMetadata,
  isReservedMetadata,
} from '../../domain/xks/ciphertext-metadata.ts';
import { generationNumbered, keyName } from '../../domain/xks/key-generations.ts';
import type { KeyStore, MappedKey } from '../../domain/xks/key-store.ts';
import { ACCEPTED_IV_BYTES, IV_BYTES, MAX_METADATA_BYTES, TAG_BYTES } from '../../domain/xks/limits.ts';
import { XksFault } from '../../domain/xks/xks-fault.ts';

/** A ciphertext and what it was sealed with, decoded but otherwise as the caller sent it. */
export interface SealedText {
  readonly ciphertext: Uint8Array;
  readonly iv: Uint8Array;
  readonly tag: Uint8Array;
  /** Empty when the caller sent none. */
  readonly metadata: Uint8Array;
  /** Undefined when the caller sent none. */
  readonly aad: Uint8Array | undefined;
}

/**
 * The generation that must open a ciphertext, as its metadata have it; the current one where they name none
 * that the key has, which {@link enforceCiphertextForm} then refuses.
 * @req X-38
 */
export function openingGeneration(store: KeyStore, mapped: MappedKey, metadata: Uint8Array): MappedKey {
  const origin = originOf(store, metadata);
  return (origin && generationNumbered(mapped, origin.generation)) ?? mapped;
}

/**
 * Refuses lengths that would let bytes slide between ciphertext and tag, and metadata that this generation
 * of the key never wrote. InvalidCiphertext rather than Validation: KMS then tells its caller the truth.
 * @req X-29 X-30 X-37 X-38 X-50
 */
export function enforceCiphertextForm(store: KeyStore, mapped: MappedKey, sealed: SealedText): void {
  if (!ACCEPTED_IV_BYTES.includes(sealed.iv.length)) {
    throw invalid(`initializationVector has ${sealed.iv.length} bytes; it must have 12 or 16.`);
  }
  if (sealed.tag.length !== TAG_BYTES) {
    throw invalid(`authenticationTag has ${sealed.tag.length} bytes; it must have ${TAG_BYTES}.`);
  }
  if (sealed.metadata.length > MAX_METADATA_BYTES) {
    throw invalid(
      `ciphertextMetadata has ${sealed.metadata.length} bytes; it has at most ${MAX_METADATA_BYTES}.`,
    );
  }
  enforceOrigin(originOf(store, sealed.metadata), mapped, sealed);
}

/** A generation has one scheme, and no other scheme or generation is ever tried in its place. */
function enforceOrigin(origin: CiphertextOrigin | undefined, mapped: MappedKey, sealed: SealedText): void {
  if (origin === undefined) {
    throw invalid('ciphertextMetadata is not of a kind that this proxy writes or was told to accept.');
  }
  if (origin.generation !== mapped.generation) {
    throw invalid(
      `The ciphertext was made with generation ${origin.generation} of external key '${mapped.externalKeyId}', which is not in use.`,
    );
  }
  if (origin.scheme !== mapped.scheme) {
    throw invalid(
      `The ciphertext was made with scheme ${origin.scheme}; ${keyName(mapped)} has scheme ${mapped.scheme}.`,
    );
  }
  if (isDerivedScheme(origin.scheme) && sealed.iv.length !== IV_BYTES) {
    throw invalid(`Scheme ${origin.scheme} makes an initializationVector of ${IV_BYTES} bytes.`);
  }
}

function originOf(store: KeyStore, metadata: Uint8Array): CiphertextOrigin | undefined {
  return (
    decodeCiphertextMetadata(metadata) ??
    (isLegacy(store, metadata) ? { scheme: 'native-gcm', generation: 0 } : undefined)
  );
}

/** The site-wide metadata of the earlier proxy, for a prefix that was moved over from it; never a form of our own. */
function isLegacy(store: KeyStore, metadata: Uint8Array): boolean {
  if (isReservedMetadata(metadata)) return false;
  const legacy = store.aadMode === 'sha256' ? store.legacyMetadata : undefined;
  return legacy !== undefined && Buffer.compare(legacy, metadata) === 0;
}

function invalid(detail: string): XksFault {
  return new XksFault('InvalidCiphertextException', detail);
}
