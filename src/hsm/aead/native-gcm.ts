/**
 * AES-256-GCM by the token itself (CKM_AES_GCM), with random 96-bit IVs (SP 800-38D, section 8.2.2: at most
 * 2^32 messages under one key). Metadata: none for generation 0, else version ‖ scheme ‖ generation.
 */
import type { Entropy } from '../../domain/ports/entropy.ts';
import type { Aead, CallContext, OpenRequest, Sealed, SealRequest } from '../../domain/ports/hsm.ts';
import { encodeCiphertextMetadata } from '../../domain/xks/ciphertext-metadata.ts';
import { ACCEPTED_IV_BYTES, IV_BYTES } from '../../domain/xks/limits.ts';
import type { InvocationCounter } from '../invocation-counter.ts';
import { encodeGcm } from '../wire/messages.ts';
import { type CallToken, fingerprintOf, joinTag, requireSameLength, splitTag } from './token-call.ts';

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
    const metadata = encodeCiphertextMetadata({ scheme: 'native-gcm', generation: request.generation });
    const iv = this.#entropy.randomBytes(IV_BYTES);
    const message = {
      selector: request.key.selector,
      fingerprint: fingerprintOf(request.admitted),
      iv,
      aad: request.aad(metadata),
      input: request.plaintext,
    };
    const output = await this.#call(request.key, 'gcmEncrypt', encodeGcm(message), context);
    return { ...splitTag(output, request.plaintext.length), iv, metadata };
  }

  async open(request: OpenRequest, context: CallContext): Promise<Uint8Array> {
    const message = {
      selector: request.key.selector,
      fingerprint: fingerprintOf(request.admitted),
      iv: request.iv,
      aad: request.aad,
      input: joinTag(request, ACCEPTED_IV_BYTES),
    };
    const plaintext = await this.#call(request.key, 'gcmDecrypt', encodeGcm(message), context);
    return requireSameLength(plaintext, request.ciphertext);
  }
}
