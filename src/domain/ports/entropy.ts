/** A cryptographically secure source of random bytes. */
export interface Entropy {
  /** `length` fresh random bytes, owned by the caller. */
  randomBytes(length: number): Uint8Array;
}
