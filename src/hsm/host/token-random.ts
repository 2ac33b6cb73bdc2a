import type { PKCS11 } from 'pkcs11js';
import { callPkcs11 } from '../pkcs11/pkcs11-failure.ts';
import type { SessionPool } from '../pkcs11/session-pool.ts';
import { contradiction } from './domain-keys.ts';

/** Bytes of the token's generator. A token whose bytes are all the same is at fault. */
export function randomOfToken(library: PKCS11, sessions: SessionPool, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  sessions.withSession((session) =>
    callPkcs11('C_GenerateRandom', () => library.C_GenerateRandom(session, bytes)),
  );
  if (length >= TELLING_BYTES && bytes.every((byte) => byte === bytes[0])) {
    throw contradiction('the random bytes of the token are all the same');
  }
  return bytes;
}

/** So many equal bytes are no chance: 2^-120. */
const TELLING_BYTES = 16;
