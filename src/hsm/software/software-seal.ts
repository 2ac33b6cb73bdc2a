/** The seal key of one generation in this process's memory. */
import type { KeyObject } from 'node:crypto';
import { Bug } from '../../domain/bug.ts';
import type { Entropy } from '../../domain/ports/entropy.ts';
import { openOnce, sealOnce } from '../aead/one-time-gcm.ts';
import { type SealedAs, sealBinding } from '../material/prf-inputs.ts';
import { encodeSealedText, MAX_SEALED_BYTES, parseSealedText, sealAad } from '../material/sealed-text.ts';
import { freshParts, withDerived } from './derived-key.ts';

export class SoftwareSeal {
  readonly #generation: number;
  readonly #key: KeyObject;
  readonly #entropy: Entropy;

  constructor(generation: number, key: KeyObject, entropy: Entropy) {
    this.#generation = generation;
    this.#key = key;
    this.#entropy = entropy;
  }

  seal(purpose: SealedAs, text: Uint8Array): Uint8Array {
    if (text.length > MAX_SEALED_BYTES) throw new Bug(`${text.length} bytes are too many to be sealed`);
    const header = { ...freshParts(this.#entropy), generation: this.#generation };
    const { nonce, iv } = header;
    const parts = { nonce, iv, binding: sealBinding(purpose) };
    const sealed = withDerived(this.#key, { kind: 'seal', parts }, (once) =>
      sealOnce(once, { iv, aad: sealAad(purpose, header), input: text }),
    );
    return encodeSealedText({ ...header, sealed });
  }

  /** Fault `corrupt` for everything that {@link seal} did not make for this purpose. */
  unseal(purpose: SealedAs, sealed: Uint8Array): Buffer {
    const text = parseSealedText(sealed);
    const { nonce, iv } = text;
    const parts = { nonce, iv, binding: sealBinding(purpose) };
    return withDerived(this.#key, { kind: 'seal', parts }, (once) =>
      openOnce(once, { iv, aad: sealAad(purpose, text), input: text.sealed }),
    );
  }
}
