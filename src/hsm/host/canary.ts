/**
 * Tells a sound token from a broken one: a ciphertext made with the health key at login, in the scheme of that
 * key, must still decrypt, and after a failed encryption a new one must come out. The health key itself may be
 * deleted, replaced or unfit, which says nothing of the token's other keys; so trouble with that key alone is
 * never taken for trouble with the token.
 */
import { randomBytes } from 'node:crypto';
import { isDerivedScheme } from '../../domain/hsm/aead-scheme.ts';
import type { HealthKey } from '../../domain/hsm/health-key.ts';
import { HsmFault, type HsmFaultCode } from '../../domain/hsm-fault.ts';
import { NONCE_BYTES } from '../../domain/xks/ciphertext-metadata.ts';
import { IV_BYTES } from '../../domain/xks/limits.ts';
import { HEALTH_KEY_NAME, roleBinding } from '../aead/key-derivation.ts';
import { KeyChanged, type Sight } from '../pkcs11/key-locator.ts';
import type { DerivedMessage, GcmMessage } from '../wire/messages.ts';

/** What the canary does to the token; each throws an HsmFault. */
export interface CanaryToken {
  encrypt(message: CanaryMessage): Buffer;
  decrypt(message: CanaryMessage): Buffer;
  /** C_GetTokenInfo answers. */
  answers(): void;
  /** What the login shows of the token now. */
  sight(): Sight;
}

type CanaryMessage = GcmMessage | DerivedMessage;

interface KnownAnswer {
  readonly healthKey: HealthKey;
  readonly plaintext: Buffer;
  readonly message: CanaryMessage;
}

export class Canary {
  readonly #token: CanaryToken;
  #healthKey: HealthKey | undefined;
  #known: KnownAnswer | undefined;

  constructor(token: CanaryToken) {
    this.#token = token;
  }

  /** Why no canary could be made with this key; empty when one was. Throws what is not the key's fault. */
  prepare(healthKey: HealthKey | undefined): string {
    this.#healthKey = healthKey;
    this.#known = undefined;
    if (healthKey === undefined) return 'no health key is configured';
    try {
      this.#known = this.#make(healthKey);
      return '';
    } catch (error) {
      if (!isAboutTheKey(error)) throw error;
      // Objects that are there now are remembered: only a token that showed some can lose them all.
      this.#token.sight();
      return (error as HsmFault).detail;
    }
  }

  /** Whether the token can be trusted to have judged a failed call of this kind by its input. */
  tokenIsSound(after: 'encryption' | 'anything else'): boolean {
    try {
      if (this.#known !== undefined) {
        if (after === 'encryption') this.#known = this.#make(this.#known.healthKey);
        return this.#decrypts(this.#known);
      }
      return this.#healthKey === undefined ? this.#answers() : this.#isSoundWithout();
    } catch (error) {
      return isAboutTheKey(error) && this.#isSoundWithout();
    }
  }

  /**
   * The health key failed as a key. A token that shows none of its objects any more has gone; one with other objects
   * has lost this one; and one that never had any waits for its first key.
   */
  #isSoundWithout(): boolean {
    try {
      switch (this.#token.sight()) {
        case 'objects':
          return this.prepare(this.#healthKey) === '' || this.#answers();
        case 'no object yet':
          return this.#answers();
        case 'no object any more':
        case 'no login':
          return false;
      }
    } catch {
      return false;
    }
  }

  #answers(): boolean {
    this.#token.answers();
    return true;
  }

  #decrypts({ plaintext, message }: KnownAnswer): boolean {
    return this.#token.decrypt(message).equals(plaintext);
  }

  #make(healthKey: HealthKey): KnownAnswer {
    const plaintext = randomBytes(16);
    const message = canaryMessage(healthKey, plaintext);
    const input = Buffer.from(this.#token.encrypt(message));
    const known = { healthKey, plaintext, message: { ...message, input } };
    if (this.#decrypts(known)) return known;
    throw new HsmFault('usage', 'the health key does not decrypt what it encrypted');
  }
}

function canaryMessage({ scheme, ...selector }: HealthKey, input: Buffer): CanaryMessage {
  const message = {
    selector,
    fingerprint: ANY_KEY,
    iv: randomBytes(IV_BYTES),
    aad: Buffer.from('portcullis canary'),
    input,
  };
  if (!isDerivedScheme(scheme)) return message;
  const binding = roleBinding({ keyName: HEALTH_KEY_NAME, generation: 0, scheme });
  return { ...message, scheme, binding, nonce: randomBytes(NONCE_BYTES) };
}

function isAboutTheKey(error: unknown): boolean {
  return error instanceof KeyChanged || (error instanceof HsmFault && KEY_FAULTS.has(error.code));
}

const KEY_FAULTS: ReadonlySet<HsmFaultCode> = new Set(['not-found', 'ambiguous', 'usage', 'unsupported']);
const ANY_KEY = new Uint8Array(0);
