/**
 * Tells a sound token from a broken one: a ciphertext made with the health key at login must still decrypt, and
 * after a failed encryption a new one must come out. The health key itself may be deleted, replaced or unfit,
 * which says nothing of the token's other keys; so trouble with that key alone is never taken for trouble with
 * the token.
 */
import { randomBytes } from 'node:crypto';
import type { KeySelector } from '../../domain/hsm/key-selector.ts';
import { HsmFault, type HsmFaultCode } from '../../domain/hsm-fault.ts';
import { KeyChanged } from '../pkcs11/key-locator.ts';
import type { GcmMessage } from '../wire/messages.ts';

/** What the canary does to the token; each throws an HsmFault. */
export interface CanaryToken {
  encrypt(message: GcmMessage): Buffer;
  decrypt(message: GcmMessage): Buffer;
  /** C_GetTokenInfo answers. */
  answers(): void;
  /** The token shows at least one object. */
  seesAnyObject(): boolean;
}

export class Canary {
  readonly #token: CanaryToken;
  #healthKey: KeySelector | undefined;
  #known: { readonly plaintext: Buffer; readonly message: GcmMessage } | undefined;

  constructor(token: CanaryToken) {
    this.#token = token;
  }

  /** Why no canary could be made with this key; empty when one was. Throws what is not the key's fault. */
  prepare(healthKey: KeySelector | undefined): string {
    this.#healthKey = healthKey;
    this.#known = undefined;
    if (healthKey === undefined) return 'no health key is configured';
    try {
      this.#known = this.#make(healthKey);
      return '';
    } catch (error) {
      if (isAboutTheKey(error)) return (error as HsmFault).detail;
      throw error;
    }
  }

  /** Whether the token can be trusted to have judged a failed call of this kind by its input. */
  tokenIsSound(after: 'encryption' | 'anything else'): boolean {
    try {
      if (this.#known !== undefined) {
        if (after === 'encryption') this.#known = this.#make(this.#known.message.selector);
        return this.#decrypts(this.#known);
      }
      return this.#healthKey === undefined ? this.#answers() : this.#isSoundWithout();
    } catch (error) {
      return isAboutTheKey(error) && this.#isSoundWithout();
    }
  }

  /** The health key failed as a key. A token that shows nothing at all has gone; one with other objects has lost this one. */
  #isSoundWithout(): boolean {
    try {
      if (!this.#token.seesAnyObject()) return false;
      return this.prepare(this.#healthKey) === '' || this.#answers();
    } catch {
      return false;
    }
  }

  #answers(): boolean {
    this.#token.answers();
    return true;
  }

  #decrypts({ plaintext, message }: { plaintext: Buffer; message: GcmMessage }): boolean {
    return this.#token.decrypt(message).equals(plaintext);
  }

  #make(selector: KeySelector): { plaintext: Buffer; message: GcmMessage } {
    const plaintext = randomBytes(16);
    const form = {
      selector,
      fingerprint: ANY_KEY,
      iv: randomBytes(12),
      aad: Buffer.from('portcullis canary'),
    };
    const known = {
      plaintext,
      message: { ...form, input: Buffer.from(this.#token.encrypt({ ...form, input: plaintext })) },
    };
    if (this.#decrypts(known)) return known;
    throw new HsmFault('usage', 'the health key does not decrypt what it encrypted');
  }
}

function isAboutTheKey(error: unknown): boolean {
  return error instanceof KeyChanged || (error instanceof HsmFault && KEY_FAULTS.has(error.code));
}

const KEY_FAULTS: ReadonlySet<HsmFaultCode> = new Set(['not-found', 'ambiguous', 'usage', 'unsupported']);
const ANY_KEY = new Uint8Array(0);
