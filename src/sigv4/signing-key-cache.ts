/**
 * Derived signing keys, so that a request costs one HMAC instead of five. Bounded: what was used longest ago
 * goes first. A changed secret never meets the key of the old one.
 */
import { Bug } from '../domain/bug.ts';
import type { Secret } from '../domain/secret.ts';
import { HmacKey } from './hmac-key.ts';
import { deriveSigningKey, type SigningScope } from './signing-key.ts';

export interface SigningCredential extends SigningScope {
  readonly accessKeyId: string;
  readonly secret: Secret;
}

export class SigningKeyCache {
  readonly #keys = new Map<string, CachedKey>();
  readonly #capacity: number;

  /** `capacity`: keys held at most; each live credential needs one per Region, and two around midnight UTC. */
  constructor(capacity = DEFAULT_CAPACITY) {
    if (!Number.isInteger(capacity) || capacity < 1)
      throw new Bug('a signing key cache holds at least one key');
    this.#capacity = capacity;
  }

  /**
   * The credential's signing key, derived when it is not at hand.
   * @req X-66
   */
  keyFor(credential: SigningCredential): HmacKey {
    // None of the four parts can hold a slash: they were cut at slashes.
    const name = `${credential.accessKeyId}/${credential.date}/${credential.region}/${credential.service}`;
    const cached = this.#keys.get(name);
    if (cached?.secret.reveal() === credential.secret.reveal()) {
      this.#keys.delete(name);
      this.#keys.set(name, cached);
      return cached.key;
    }
    const bytes = deriveSigningKey(credential.secret, credential);
    const key = new HmacKey(bytes);
    bytes.fill(0);
    this.#keys.delete(name);
    this.#keys.set(name, { secret: credential.secret, key });
    this.#evict();
    return key;
  }

  /** Keys held now. */
  get size(): number {
    return this.#keys.size;
  }

  #evict(): void {
    if (this.#keys.size <= this.#capacity) return;
    const [oldest] = this.#keys.keys();
    this.#keys.delete(oldest as string);
  }
}

interface CachedKey {
  readonly secret: Secret;
  readonly key: HmacKey;
}

const DEFAULT_CAPACITY = 1024;
