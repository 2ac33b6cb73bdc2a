/**
 * AES-256-GCM by the token itself (CKM_AES_GCM), with random 96-bit IVs (SP 800-38D, section 8.2.2: at most
 * 2^32 messages under one key). Metadata: none for generation 0, else version ‖ scheme ‖ generation.
 */
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { Entropy } from '../../domain/ports/entropy.ts';
import type {
  Admitted,
  Aead,
  CallContext,
  OpenRequest,
  Sealed,
  SealRequest,
  TokenKey,
} from '../../domain/ports/hsm.ts';
import { encodeCiphertextMetadata } from '../../domain/xks/ciphertext-metadata.ts';
import { ACCEPTED_IV_BYTES, IV_BYTES, TAG_BYTES } from '../../domain/xks/limits.ts';
import type { InvocationCounter } from '../invocation-counter.ts';
import { keyFingerprint } from '../wire/key-fingerprint.ts';
import { encodeGcm } from '../wire/messages.ts';
import type { OperationName } from '../wire/operations.ts';

/** Sends an operation to a ready host of the token that holds `key`. */
export type CallToken = (
  key: TokenKey,
  operation: OperationName,
  body: Uint8Array,
  context: CallContext,
) => Promise<Uint8Array>;

/** @req X-29 X-30 X-31 */
export class NativeGcm implements Aead {
  readonly #call: CallToken;
  readonly #entropy: Entropy;
  readonly #counter: InvocationCounter | undefined;

  constructor(call: CallToken, entropy: Entropy, counter?: InvocationCounter) {
    this.#call = call;
    this.#entropy = entropy;
    this.#counter = counter;
  }

  async seal(request: SealRequest, context: CallContext): Promise<Sealed> {
    if (request.admitted !== 'any object') this.#counter?.count(request.key, request.admitted);
    const metadata = encodeCiphertextMetadata(request.generation);
    const iv = this.#entropy.randomBytes(IV_BYTES);
    const message = {
      selector: request.key.selector,
      fingerprint: fingerprintOf(request.admitted),
      iv,
      aad: request.aad(metadata),
      input: request.plaintext,
    };
    const output = await this.#call(request.key, 'gcmEncrypt', encodeGcm(message), context);
    if (output.length !== request.plaintext.length + TAG_BYTES) {
      throw new HsmFault(
        'internal',
        `the token returned ${output.length} bytes for ${request.plaintext.length}`,
      );
    }
    const tagAt = output.length - TAG_BYTES;
    return { ciphertext: output.subarray(0, tagAt), tag: output.subarray(tagAt), iv, metadata };
  }

  async open(request: OpenRequest, context: CallContext): Promise<Uint8Array> {
    const { ciphertext, tag, iv, aad } = request;
    // A tag of another length would let the boundary between ciphertext and tag slide.
    if (tag.length !== TAG_BYTES || !ACCEPTED_IV_BYTES.includes(iv.length)) {
      throw new HsmFault('corrupt', 'the IV or the tag has a length that GCM here does not use');
    }
    const message = {
      selector: request.key.selector,
      fingerprint: fingerprintOf(request.admitted),
      iv,
      aad,
      input: Buffer.concat([ciphertext, tag]),
    };
    const plaintext = await this.#call(request.key, 'gcmDecrypt', encodeGcm(message), context);
    if (plaintext.length !== ciphertext.length) {
      throw new HsmFault('internal', `the token returned ${plaintext.length} bytes for ${ciphertext.length}`);
    }
    return plaintext;
  }
}

function fingerprintOf(admitted: Admitted): Uint8Array {
  return admitted === 'any object' ? ANY_KEY : keyFingerprint(admitted);
}

const ANY_KEY = new Uint8Array(0);
