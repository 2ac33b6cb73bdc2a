/** (a) The token alone: our own PKCS#11 calls in one process, one after the other, on one prepared session. */
import type { Handle, PKCS11 } from 'pkcs11js';
import { softhsm2 } from '../../src/hsm/devices/softhsm2.ts';
import { type GcmInput, gcmDecrypt, gcmEncrypt } from '../../src/hsm/pkcs11/aes-gcm.ts';
import { KeyLocator } from '../../src/hsm/pkcs11/key-locator.ts';
import { findToken, loadModule } from '../../src/hsm/pkcs11/pkcs11-module.ts';
import { SessionPool } from '../../src/hsm/pkcs11/session-pool.ts';
import type { TokenLoop } from './bench-run.ts';

export interface TokenLoopJob {
  readonly module: string;
  readonly tokenLabel: string;
  readonly pin: string;
  readonly keyLabel: string;
  readonly plaintextBytes: number;
  readonly aadBytes: number;
  /** For each of the three loops. */
  readonly seconds: number;
}

export function runTokenLoop(job: TokenLoopJob): TokenLoop {
  const library = loadModule(job.module);
  const token = findToken(library, { label: job.tokenLabel });
  const sessions = new SessionPool(library, token.slot, softhsm2);
  sessions.login(job.pin);
  const keys = new KeyLocator(library, sessions, {
    tokenSerial: token.info.serial,
    showsAesKeysAlike: false,
  });
  return keys.withKey(
    { label: job.keyLabel },
    () => true,
    (session, key) => measure(library, session, key, job),
  );
}

function measure(library: PKCS11, session: Handle, key: Handle, job: TokenLoopJob): TokenLoop {
  const message: GcmInput = {
    iv: Buffer.alloc(IV_BYTES, 1),
    aad: Buffer.alloc(job.aadBytes, 2),
    input: Buffer.alloc(job.plaintextBytes, 3),
  };
  const sealed: GcmInput = { ...message, input: gcmEncrypt(library, session, key, message) };
  const encrypt = () => gcmEncrypt(library, session, key, message);
  const decrypt = () => gcmDecrypt(library, session, key, sealed);
  repeat(encrypt, WARM_UP_SECONDS);
  repeat(decrypt, WARM_UP_SECONDS);
  return {
    seconds: job.seconds,
    encryptPerSecond: repeat(encrypt, job.seconds),
    decryptPerSecond: repeat(decrypt, job.seconds),
    encryptAndDecryptPerSecond: repeat(() => {
      encrypt();
      decrypt();
    }, job.seconds),
  };
}

/** Calls in a second. */
export function repeat(work: () => void, seconds: number): number {
  const startedMs = performance.now();
  let calls = 0;
  let elapsedMs = 0;
  while (elapsedMs < seconds * 1000) {
    for (let call = 0; call < CALLS_BETWEEN_LOOKS; call += 1) work();
    calls += CALLS_BETWEEN_LOOKS;
    elapsedMs = performance.now() - startedMs;
  }
  return Math.round(calls / (elapsedMs / 1000));
}

const IV_BYTES = 12;
const WARM_UP_SECONDS = 0.3;
const CALLS_BETWEEN_LOOKS = 100;
