/**
 * Random bytes from a pool: a request needs twelve, and asking the system's generator for so few costs ten times as
 * much as encrypting a data key does. Bytes are handed out once, and the pool forgets them as it does.
 */
import { randomFillSync } from 'node:crypto';
import type { Entropy } from '../../domain/ports/entropy.ts';

export class RandomPool implements Entropy {
  readonly #pool = Buffer.allocUnsafeSlow(POOL_BYTES);
  #used = POOL_BYTES;

  randomBytes(length: number): Uint8Array {
    if (length > POOL_BYTES) return randomFillSync(new Uint8Array(length));
    if (this.#used + length > POOL_BYTES) this.#refill();
    const bytes = new Uint8Array(length);
    bytes.set(this.#pool.subarray(this.#used, this.#used + length));
    this.#pool.fill(0, this.#used, this.#used + length);
    this.#used += length;
    return bytes;
  }

  #refill(): void {
    randomFillSync(this.#pool);
    this.#used = 0;
  }
}

const POOL_BYTES = 4_096;
