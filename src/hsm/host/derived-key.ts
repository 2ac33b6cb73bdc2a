/** Lends a key that the token derives for one message, and wipes it when the work is done, however it ended. */
import type { Handle, PKCS11 } from 'pkcs11js';
import type { DerivedScheme } from '../../domain/hsm/aead-scheme.ts';
import { DERIVED_KEY_BYTES, type Derivation, prfInputs } from '../aead/key-derivation.ts';
import { Pkcs11Failure } from '../pkcs11/pkcs11-failure.ts';
import { evaluatePrf } from '../pkcs11/prf.ts';

/** Asks the token for the derived key, in memory that is nobody else's. The caller wipes it. */
export function deriveKey(library: PKCS11, session: Handle, key: Handle, derivation: Derivation): Buffer {
  const { scheme } = derivation;
  return deriveFrom(library, session, key, { scheme, inputs: prfInputs(derivation) });
}

/** The same from inputs that were put together elsewhere: the function's values at them, joined. */
export function deriveFrom(
  library: PKCS11,
  session: Handle,
  key: Handle,
  { scheme, inputs }: { readonly scheme: DerivedScheme; readonly inputs: readonly Buffer[] },
): Buffer {
  const derived = Buffer.alloc(DERIVED_KEY_BYTES);
  let at = 0;
  try {
    for (const input of inputs) {
      const value = evaluatePrf(library, session, key, { scheme, input });
      at += value.copy(derived, at);
      value.fill(0);
    }
    requireRandomLooking(derived);
    return derived;
  } catch (error) {
    derived.fill(0);
    throw error;
  }
}

/**
 * A device that writes nothing, or answers every input alike, makes two equal halves; chance does once in
 * 2^128. Whoever knew its answer could read every message.
 */
function requireRandomLooking(derived: Buffer): void {
  const middle = DERIVED_KEY_BYTES / 2;
  if (!derived.subarray(0, middle).equals(derived.subarray(middle))) return;
  throw new Pkcs11Failure(
    'unavailable',
    'the token derived a key of two equal halves, which is no key',
    { functionName: '', value: 0, blame: 'ambiguous' },
    new Error('two equal halves'),
  );
}

/** Runs `work` with the key, which is zeros afterwards. */
export function withWiped<T>(derived: Buffer, work: (key: Buffer) => T): T {
  try {
    return work(derived);
  } finally {
    derived.fill(0);
  }
}
