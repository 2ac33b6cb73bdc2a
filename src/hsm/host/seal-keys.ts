/**
 * Sealing under a domain's seal key: the token derives a key for each text, and this process uses it once. The seeds of
 * private keys are sealed for a purpose of their own, which no request from outside can name.
 */
import { randomBytes } from 'node:crypto';
import type { PKCS11 } from 'pkcs11js';
import { HsmFault } from '../../domain/hsm-fault.ts';
import { type GcmText, openOnce, sealOnce } from '../aead/one-time-gcm.ts';
import { derivationInput, IV_BYTES, NONCE_BYTES, sealBinding } from '../material/prf-inputs.ts';
import { encodeSealedText, parseSealedText, sealAad } from '../material/sealed-text.ts';
import type { VaultMessage } from '../wire/vault-messages.ts';
import { deriveFrom, withWiped } from './derived-key.ts';
import { contradiction, type DomainKeys } from './domain-keys.ts';

/** Which generation of the domain's keys: its label on the token, and its number in what was made with it. */
export interface GenerationName {
  readonly label: string;
  readonly generation: number;
}

export class SealKeys {
  readonly #library: PKCS11;
  readonly #domainKeys: DomainKeys;

  constructor(library: PKCS11, domainKeys: DomainKeys) {
    this.#library = library;
    this.#domainKeys = domainKeys;
  }

  seal(message: VaultMessage): Buffer {
    return this.#withKey(message, sealOnce);
  }

  /** Fault `corrupt` for what was not sealed like this, once the token has shown that it still answers as before. */
  unseal(message: VaultMessage): Buffer {
    try {
      return this.#withKey(message, openOnce);
    } catch (error) {
      if (isCorrupt(error)) this.#domainKeys.requireSound(message.label);
      throw error;
    }
  }

  /** Leaves the seed to the caller. */
  sealSeed({ label, generation }: GenerationName, seed: Uint8Array): Uint8Array {
    const header = { generation, nonce: randomBytes(NONCE_BYTES), iv: randomBytes(IV_BYTES) };
    const { nonce, iv } = header;
    const sealed = this.seal({
      label,
      of: SEED,
      nonce,
      iv,
      aad: sealAad('private-key', header),
      input: seed,
    });
    return encodeSealedText({ ...header, sealed });
  }

  /** Of an exported key token that has been authenticated: a seed that does not open speaks of the token. The caller wipes it. */
  unsealSeed({ label, generation }: GenerationName, sealedSeed: Uint8Array): Buffer {
    const text = parseSealedText(sealedSeed);
    if (text.generation !== generation) {
      throw new HsmFault('corrupt', 'the seed was sealed under another generation than its key');
    }
    const { nonce, iv, sealed } = text;
    try {
      return this.unseal({ label, of: SEED, nonce, iv, aad: sealAad('private-key', text), input: sealed });
    } catch (error) {
      throw isCorrupt(error) ? contradiction('the seal key does not open a seed that it sealed') : error;
    }
  }

  #withKey(message: VaultMessage, work: (key: Buffer, text: GcmText) => Buffer): Buffer {
    const { label, of, nonce, iv } = message;
    const input = derivationInput('seal', { binding: of, nonce, iv });
    this.#domainKeys.witness(label);
    const derived = this.#domainKeys.withKey(label, 'seal', (session, key) =>
      deriveFrom(this.#library, session, key, { scheme: 'hmac', inputs: [input] }),
    );
    return withWiped(derived, (key) => work(key, message));
  }
}

function isCorrupt(error: unknown): boolean {
  return error instanceof HsmFault && error.code === 'corrupt';
}

const SEED = sealBinding('private-key');
