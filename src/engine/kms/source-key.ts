/**
 * The key that opens a ciphertext, for Decrypt and ReEncrypt: the one that a symmetric blob names, which has to be the
 * one that the request names, where it names any; for any other algorithm that of the request.
 */
import { type CiphertextBlob, parseBlob } from '../../domain/kms/ciphertext-blob.ts';
import { isKeyId } from '../../domain/kms/key-identifier.ts';
import { KmsFault } from '../../domain/kms/kms-fault.ts';
import { type CiphertextKey, namesItsKey } from './ciphertext-request.ts';
import type { FoundKey, KeyLookup } from './operation.ts';
import { present } from './present.ts';
import { findKey, foreignKeyDenied, resolveKeyOrAlias } from './resolve-key.ts';

/**
 * Faults: those of naming a key, `InvalidCiphertextException`, `IncorrectKeyException`, `AccessDeniedException`.
 * Without a ciphertext (a dry run that leaves it aside) there has to be a key id.
 */
export async function findSourceKey(
  source: CiphertextKey & { readonly ciphertext: Uint8Array | undefined },
  lookup: KeyLookup,
): Promise<FoundKey> {
  const { ciphertext, keyId } = source;
  if (ciphertext === undefined || !namesItsKey(source)) {
    return resolveKeyOrAlias(present(keyId, 'the key id of a ciphertext that names no key'), lookup);
  }
  const blob = parseBlob(ciphertext);
  if (keyId === undefined || namesForeignKey(keyId, blob, lookup)) return findKeyOfBlob(blob, lookup);
  const named = await resolveKeyOrAlias(keyId, lookup);
  const { account, keyId: id } = named.stored.body;
  if (account !== blob.account || id !== blob.keyId) throw incorrectKey();
  return named;
}

/** A bare id means the key of the ciphertext's account where it is that key's: AWS lets callers of other accounts do so. */
function namesForeignKey(keyId: string, blob: CiphertextBlob, { call }: KeyLookup): boolean {
  return isKeyId(keyId) && keyId === blob.keyId && blob.account !== call.caller.account;
}

/** The answer is the same for a key that never was and for one that the caller can't reach. */
async function findKeyOfBlob(blob: CiphertextBlob, lookup: KeyLookup): Promise<FoundKey> {
  const key = await findKey(blob, lookup);
  if (key !== undefined) return key;
  if (lookup.services.settings.missingKeyText === 'since-2025') {
    throw foreignKeyDenied(lookup.call, lookup.action);
  }
  throw new KmsFault(
    'AccessDeniedException',
    'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
  );
}

function incorrectKey(): KmsFault {
  return new KmsFault(
    'IncorrectKeyException',
    'The key ID in the request does not identify a CMK that can perform this operation.',
  );
}
