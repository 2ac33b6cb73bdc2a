/**
 * The key that opens a ciphertext, for Decrypt and ReEncrypt: the one that a symmetric blob names, which has to be the
 * one that the request names, where it names any; for any other algorithm that of the request.
 */
import { type CiphertextBlob, parseBlob } from '../../domain/kms/ciphertext-blob.ts';
import { isKeyId } from '../../domain/kms/key-identifier.ts';
import { KmsFault } from '../../domain/kms/kms-fault.ts';
import type { KmsAction } from '../../domain/ports/authorizer.ts';
import { type CiphertextKey, namesItsKey } from './ciphertext-request.ts';
import { type EncryptionChoice, requireDecryptable } from './encryption.ts';
import type { FoundKey, Input, KeyLookup, KeyRole } from './operation.ts';
import { present } from './present.ts';
import { findKey, foreignKeyDenied, resolveKeyOrAlias } from './resolve-key.ts';
import { type Soon, whenThere } from './when-there.ts';

/** Without a ciphertext (a dry run that leaves it aside) there has to be a key id. */
type CiphertextSource = CiphertextKey & { readonly ciphertext: Uint8Array | undefined };

/**
 * The key that the request names, or else the one that the ciphertext names. Faults: those of naming a key,
 * `InvalidCiphertextException`, `AccessDeniedException`.
 */
function findSourceKey(source: CiphertextSource, lookup: KeyLookup): Soon<FoundKey> {
  const { ciphertext, keyId } = source;
  if (ciphertext === undefined || !namesItsKey(source)) {
    return resolveKeyOrAlias(present(keyId, 'the key id of a ciphertext that names no key'), lookup);
  }
  const blob = parseBlob(ciphertext);
  if (keyId === undefined || namesForeignKey(keyId, blob, lookup)) return findKeyOfBlob(blob, lookup);
  return resolveKeyOrAlias(keyId, lookup);
}

/**
 * Fault `IncorrectKeyException` for another key than that of the ciphertext. It says that the key exists, so it is only for
 * those who may use that key.
 */
function requireKeyOf(source: CiphertextSource, { stored }: FoundKey): void {
  const { ciphertext } = source;
  if (ciphertext === undefined || source.keyId === undefined || !namesItsKey(source)) return;
  const blob = parseBlob(ciphertext);
  const { account, keyId } = stored.body;
  if (account !== blob.account || keyId !== blob.keyId) throw incorrectKey();
}

/** The key that opens the ciphertext of a request, as a role of its operation. */
export function sourceKey<N extends 'Decrypt' | 'ReEncrypt'>(
  action: KmsAction,
  sourceOf: (input: Input<N>) => CiphertextSource & EncryptionChoice,
): KeyRole<N> {
  return {
    action,
    crossAccount: true,
    state: 'table',
    usage: 'ENCRYPT_DECRYPT',
    find: (input, lookup) => findSourceKey(sourceOf(input), lookup),
    isTheOne: (key, input) => requireKeyOf(sourceOf(input), key),
    fits: (key, input) => requireDecryptable(key, sourceOf(input), sourceOf(input).ciphertext),
  };
}

/** A bare id means the key of the ciphertext's account where it is that key's: AWS lets callers of other accounts do so. */
function namesForeignKey(keyId: string, blob: CiphertextBlob, { call }: KeyLookup): boolean {
  return isKeyId(keyId) && keyId === blob.keyId && blob.account !== call.caller.account;
}

/** The answer is the same for a key that never was and for one that the caller can't reach. */
function findKeyOfBlob(blob: CiphertextBlob, lookup: KeyLookup): Soon<FoundKey> {
  return whenThere(findKey(blob, lookup), (key) => {
    if (key !== undefined) return key;
    if (lookup.services.settings.missingKeyText === 'since-2025') {
      throw foreignKeyDenied(lookup.call, lookup.action);
    }
    throw new KmsFault(
      'AccessDeniedException',
      'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
    );
  });
}

function incorrectKey(): KmsFault {
  return new KmsFault(
    'IncorrectKeyException',
    'The key ID in the request does not identify a CMK that can perform this operation.',
  );
}
