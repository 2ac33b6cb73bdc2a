/** Encrypt (XKS Proxy API specification, "Encrypt"). */
import { timingSafeEqual } from 'node:crypto';
import { Bug } from '../../domain/bug.ts';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { CallContext, Sealed } from '../../domain/ports/hsm.ts';
import { ACCEPTED_IV_BYTES, MAX_METADATA_BYTES, TAG_BYTES } from '../../domain/xks/limits.ts';
import { XksFault } from '../../domain/xks/xks-fault.ts';
import { associatedData } from './associated-data.ts';
import { enforceCiphertextForm, type SealedText } from './ciphertext-form.ts';
import { integrityValue } from './integrity-value.ts';
import { openCiphertext } from './open-ciphertext.ts';
import { type AdmittedKey, roleOf, type XksEngine } from './xks-engine.ts';

export interface EncryptInput {
  readonly plaintext: Uint8Array;
  /** Undefined when the caller sent none. */
  readonly aad: Uint8Array | undefined;
  /** The caller wants a ciphertextDataIntegrityValue. */
  readonly integrity: boolean;
}

export interface EncryptResult {
  readonly sealed: Sealed;
  readonly integrityValue: Uint8Array | undefined;
}

/**
 * Seals the plaintext. Where integrity is asked for, the value is computed before the ciphertext is opened
 * again: whatever goes wrong between the two then shows, here or at KMS, before the only copy of a data key
 * depends on it.
 * @req X-04 X-24 X-26 X-28 X-35
 */
export async function encrypt(
  engine: XksEngine,
  key: AdmittedKey,
  input: EncryptInput,
  context: CallContext,
): Promise<EncryptResult> {
  const { plaintext } = input;
  const sealed = await engine.aead.seal(
    {
      ...roleOf(key),
      plaintext,
      aad: associatedData(key.store.aadMode, input.aad),
    },
    context,
  );
  requireSealedForm(sealed, plaintext.length);
  if (!input.integrity) return { sealed, integrityValue: undefined };
  const value = integrityValue(input.aad, sealed);
  await requireReversible(engine, key, input, sealed, context);
  return { sealed, integrityValue: value };
}

/**
 * What the port promised; an AEAD that breaks it must not reach KMS.
 * @req X-28 X-29 X-30
 */
function requireSealedForm(sealed: Sealed, plaintextBytes: number): void {
  const sound =
    sealed.ciphertext.length === plaintextBytes &&
    ACCEPTED_IV_BYTES.includes(sealed.iv.length) &&
    sealed.tag.length === TAG_BYTES &&
    sealed.metadata.length <= MAX_METADATA_BYTES;
  if (!sound) throw new Bug('the AEAD returned a ciphertext, IV, tag or metadata of the wrong length');
}

/** @req X-35 */
async function requireReversible(
  engine: XksEngine,
  key: AdmittedKey,
  input: EncryptInput,
  sealed: Sealed,
  context: CallContext,
): Promise<void> {
  const received: SealedText = { ...sealed, aad: input.aad };
  let opened: Uint8Array;
  try {
    enforceCiphertextForm(key.store, key.mapped, received);
    opened = await openCiphertext(engine, key, received, context);
  } catch (error) {
    // Only these say that the ciphertext is bad; a token that is slow or gone has its own answer.
    const badCiphertext =
      error instanceof XksFault ||
      error instanceof Bug ||
      (error instanceof HsmFault && error.code === 'corrupt');
    if (badCiphertext) throw failedCheck(error);
    throw error;
  }
  const same = opened.length === input.plaintext.length && timingSafeEqual(opened, input.plaintext);
  if (!same) throw failedCheck();
}

function failedCheck(cause?: unknown): XksFault {
  return new XksFault(
    'InternalException',
    'The new ciphertext did not decrypt to its plaintext, so it was discarded.',
    { cause, logFields: { integrityCheck: 'failed' } },
  );
}
