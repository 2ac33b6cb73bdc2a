/**
 * AES-256-GCM under a key that the token derives for each message (docs/aead.md). The token host derives and
 * uses it; this process only chooses nonce and IV, and says to what the derivation is bound. No invocation is
 * counted: no key is ever used for a second message.
 */

import type { DerivedScheme } from '../../domain/hsm/aead-scheme.ts';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { Entropy } from '../../domain/ports/entropy.ts';
import type { Aead, CallContext, OpenRequest, Sealed, SealRequest } from '../../domain/ports/hsm.ts';
import {
  decodeCiphertextMetadata,
  encodeCiphertextMetadata,
  NONCE_BYTES,
} from '../../domain/xks/ciphertext-metadata.ts';
import { IV_BYTES } from '../../domain/xks/limits.ts';
import { encodeDerived } from '../wire/messages.ts';
import { roleBinding } from './key-derivation.ts';
import { type CallToken, fingerprintOf, joinTag, requireSameLength, splitTag } from './token-call.ts';

/** @req X-29 X-30 X-31 */
export class DerivedGcm implements Aead {
  readonly #call: CallToken;
  readonly #scheme: DerivedScheme;
  readonly #entropy: Entropy;

  constructor(call: CallToken, scheme: DerivedScheme, entropy: Entropy) {
    this.#call = call;
    this.#scheme = scheme;
    this.#entropy = entropy;
  }

  async seal(request: SealRequest, context: CallContext): Promise<Sealed> {
    const nonce = this.#entropy.randomBytes(NONCE_BYTES);
    const iv = this.#entropy.randomBytes(IV_BYTES);
    const { generation, plaintext } = request;
    const metadata = encodeCiphertextMetadata({ scheme: this.#scheme, generation, nonce });
    const body = encodeDerived({
      ...this.#derivation(request, nonce),
      iv,
      aad: request.aad(metadata),
      input: plaintext,
    });
    const output = await this.#call(request.key, 'derivedEncrypt', body, context);
    return { ...splitTag(output, plaintext.length), iv, metadata };
  }

  async open(request: OpenRequest, context: CallContext): Promise<Uint8Array> {
    const { iv, aad, ciphertext } = request;
    const body = encodeDerived({
      ...this.#derivation(request, this.#nonceOf(request)),
      iv,
      aad,
      input: joinTag(request, [IV_BYTES]),
    });
    const plaintext = await this.#call(request.key, 'derivedDecrypt', body, context);
    return requireSameLength(plaintext, ciphertext);
  }

  #derivation(request: SealRequest | OpenRequest, nonce: Uint8Array) {
    const { keyName, generation } = request;
    return {
      selector: request.key.selector,
      fingerprint: fingerprintOf(request.admitted),
      scheme: this.#scheme,
      binding: roleBinding({ keyName, generation, scheme: this.#scheme }),
      nonce,
    };
  }

  /** Metadata of another scheme or generation are refused here too: there is no second way to open a ciphertext. */
  #nonceOf({ metadata, generation }: OpenRequest): Uint8Array {
    const origin = decodeCiphertextMetadata(metadata);
    if (origin?.scheme === this.#scheme && origin.generation === generation) return origin.nonce;
    throw new HsmFault('corrupt', 'the metadata are not those of this key, scheme and generation');
  }
}
