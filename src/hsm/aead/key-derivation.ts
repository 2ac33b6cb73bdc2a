/**
 * From the role of a key, a nonce and an IV to what the token's pseudo-random function is asked: SP 800-108,
 * counter mode, byte for byte as in docs/aead.md. Ciphertexts outlive every release: this is for ever. Whoever
 * wants another derivation gives it a scheme number.
 */
import { hash } from 'node:crypto';
import { Bug } from '../../domain/bug.ts';
import { type DerivedScheme, SCHEME_NUMBERS } from '../../domain/hsm/aead-scheme.ts';
import { NONCE_BYTES } from '../../domain/xks/ciphertext-metadata.ts';
import { IV_BYTES } from '../../domain/xks/limits.ts';

/** What a derived key belongs to. */
export interface BoundRole {
  /** An external key id, or another name that no external key can have. */
  readonly keyName: string;
  readonly generation: number;
  readonly scheme: DerivedScheme;
}

/** What makes one derived key another one than all others under the same key of the token. */
export interface Derivation {
  readonly scheme: DerivedScheme;
  /** {@link roleBinding} of its role. */
  readonly binding: Uint8Array;
  readonly nonce: Uint8Array;
  readonly iv: Uint8Array;
}

/** SHA-256 over `name ‖ generation u16be ‖ scheme u8`: what is behind the name has a fixed length, so no two roles coincide. */
export function roleBinding({ keyName, generation, scheme }: BoundRole): Uint8Array {
  const tail = Uint8Array.of(generation >>> 8, generation & 0xff, SCHEME_NUMBERS[scheme]);
  return hash('sha256', Buffer.concat([Buffer.from(keyName, 'utf8'), tail]), 'buffer');
}

/**
 * The inputs of the pseudo-random function, one for each call. Its outputs, joined, are the derived key of
 * {@link DERIVED_KEY_BYTES}: HMAC-SHA-256 gives them in one call, the two MACs over AES in two.
 */
export function prfInputs(derivation: Derivation): Buffer[] {
  const fixed = fixedInput(derivation);
  switch (derivation.scheme) {
    case 'hmac':
      return [Buffer.concat([counter(1), fixed])];
    case 'cmac':
      return [1, 2].map((index) => Buffer.concat([counter(index), fixed]));
    case 'cbc-mac': {
      // Plain CBC-MAC is a pseudo-random function only while every input has one length: 48 bytes, always.
      const digest = hash('sha256', fixed, 'buffer');
      return [1, 2].map((index) => Buffer.concat([counter(index), LABEL, LABEL_PADDING, digest]));
    }
  }
}

/** `label ‖ 00 ‖ context ‖ length in bits`, 75 bytes; every part has a fixed length, so no two derivations coincide. */
function fixedInput({ binding, nonce, iv }: Derivation): Buffer {
  const sound = binding.length === BINDING_BYTES && nonce.length === NONCE_BYTES && iv.length === IV_BYTES;
  if (!sound) throw new Bug('a part of a key derivation has the wrong length');
  return Buffer.concat([LABEL, SEPARATOR, binding, nonce, iv, counter(DERIVED_KEY_BYTES * 8)]);
}

function counter(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** The name of every health key: with its spaces it can be no external key id. */
export const HEALTH_KEY_NAME = 'portcullis health key';

export const DERIVED_KEY_BYTES = 32;
const LABEL = Buffer.from('xks-aead/1', 'ascii');
const SEPARATOR = Buffer.alloc(1);
/** Fills counter and label up to one AES block. */
const LABEL_PADDING = Buffer.alloc(2);
const BINDING_BYTES = 32;
