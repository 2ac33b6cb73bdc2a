/** The PKCS#11 calls of a scheme alone, and the scheme in the process that makes them: no process boundary. */
import type { Handle, PKCS11 } from 'pkcs11js';
import { type AeadScheme, type DerivedScheme, isDerivedScheme } from '../../src/domain/hsm/aead-scheme.ts';
import { prfInputs, roleBinding } from '../../src/hsm/aead/key-derivation.ts';
import { sealOnce } from '../../src/hsm/aead/one-time-gcm.ts';
import { profileOf } from '../../src/hsm/devices/profiles.ts';
import { deriveKey, withWiped } from '../../src/hsm/host/derived-key.ts';
import { type GcmInput, gcmEncrypt } from '../../src/hsm/pkcs11/aes-gcm.ts';
import { KeyLocator } from '../../src/hsm/pkcs11/key-locator.ts';
import { findToken, loadModule } from '../../src/hsm/pkcs11/pkcs11-module.ts';
import { evaluatePrf } from '../../src/hsm/pkcs11/prf.ts';
import { SessionPool } from '../../src/hsm/pkcs11/session-pool.ts';
import type { RawScheme } from './device-run.ts';
import { repeat } from './token-loop.ts';

export interface DeviceLoopJob {
  readonly module: string;
  readonly libraryParameters?: string;
  readonly profile: string;
  readonly tokenLabel: string;
  readonly pin: string;
  readonly keys: readonly { readonly scheme: AeadScheme; readonly label: string }[];
  readonly plaintextBytes: number;
  readonly aadBytes: number;
  /** For each loop. */
  readonly seconds: number;
}

/** In the order of the job's keys. */
export function runDeviceLoop(job: DeviceLoopJob): RawScheme[] {
  const library = loadModule(job.module, job.libraryParameters);
  const token = findToken(library, { label: job.tokenLabel });
  const sessions = new SessionPool(library, token.slot, profileOf(job.profile));
  sessions.login(job.pin);
  const keys = new KeyLocator(library, sessions, {
    tokenSerial: token.info.serial,
    showsAesKeysAlike: false,
  });
  return job.keys.map(({ scheme, label }) =>
    keys.withKey(
      { label },
      () => true,
      (session, key) => measure(library, session, key, scheme, job),
    ),
  );
}

function measure(
  library: PKCS11,
  session: Handle,
  key: Handle,
  scheme: AeadScheme,
  job: DeviceLoopJob,
): RawScheme {
  const message: GcmInput = {
    iv: Buffer.alloc(IV_BYTES, 1),
    aad: Buffer.alloc(job.aadBytes, 2),
    input: Buffer.alloc(job.plaintextBytes, 3),
  };
  if (!isDerivedScheme(scheme)) {
    const callsPerSecond = rate(() => gcmEncrypt(library, session, key, message), job.seconds);
    return { calls: 1, callsPerSecond, sealPerSecond: callsPerSecond };
  }
  const derivation = derivationOf(scheme, message.iv);
  const inputs = prfInputs(derivation);
  return {
    calls: inputs.length,
    callsPerSecond: rate(() => {
      for (const input of inputs) evaluatePrf(library, session, key, { scheme, input });
    }, job.seconds),
    sealPerSecond: rate(
      () => withWiped(deriveKey(library, session, key, derivation), (derived) => sealOnce(derived, message)),
      job.seconds,
    ),
  };
}

function derivationOf(scheme: DerivedScheme, iv: Uint8Array) {
  const binding = roleBinding({ keyName: 'foo', generation: 0, scheme });
  return { scheme, binding, nonce: Buffer.alloc(NONCE_BYTES, 4), iv };
}

function rate(work: () => void, seconds: number): number {
  repeat(work, WARM_UP_SECONDS);
  return repeat(work, seconds);
}

const IV_BYTES = 12;
const NONCE_BYTES = 16;
const WARM_UP_SECONDS = 0.3;
