/** ReEncrypt: from one key, or encryption context, to another, without the plaintext leaving the engine. */
import { parseBlob } from '../../../domain/kms/ciphertext-blob.ts';
import { checkContext } from '../../../domain/kms/encryption-context.ts';
import { checkCiphertextRequest, ignoresCiphertext } from '../ciphertext-request.ts';
import { requireEncryption } from '../key-algorithm.ts';
import type { Operation, TwoKeys } from '../operation.ts';
import { present } from '../present.ts';
import { resolveKeyOrAlias } from '../resolve-key.ts';
import { findSourceKey } from '../source-key.ts';
import { decryptUnder, encryptUnder } from '../symmetric-ciphertext.ts';

export const reEncrypt: Operation<'ReEncrypt', TwoKeys> = {
  name: 'ReEncrypt',
  countsAs: 'ReEncrypt',
  check(input) {
    checkCiphertextRequest(input, input.sourceKeyId, 'SourceKeyId');
    checkContext(input.sourceEncryptionContext);
    checkContext(input.destinationEncryptionContext);
  },
  keys: [
    {
      action: 'ReEncryptFrom',
      crossAccount: true,
      state: 'table',
      usage: 'ENCRYPT_DECRYPT',
      find: (input, lookup) =>
        findSourceKey(ignoresCiphertext(input) ? undefined : input.ciphertextBlob, input.sourceKeyId, lookup),
      fits: (key, { sourceEncryptionAlgorithm }) => requireEncryption(key, sourceEncryptionAlgorithm),
    },
    {
      action: 'ReEncryptTo',
      crossAccount: true,
      state: 'table',
      usage: 'ENCRYPT_DECRYPT',
      find: ({ destinationKeyId }, lookup) => resolveKeyOrAlias(destinationKeyId, lookup),
      fits: (key, { destinationEncryptionAlgorithm }) =>
        requireEncryption(key, destinationEncryptionAlgorithm),
    },
  ],
  async run({ input, keys: [source, destination], services: { vault }, context }) {
    const blob = parseBlob(present(input.ciphertextBlob, 'the ciphertext'));
    const encrypted = { blob, encryptionContext: input.sourceEncryptionContext };
    const plaintext = await decryptUnder(vault, source.stored.body, encrypted, context);
    try {
      const message = { plaintext, encryptionContext: input.destinationEncryptionContext };
      const made = await encryptUnder(vault, destination.stored.body, message, context);
      return {
        ciphertextBlob: made.blob,
        keyId: destination.arn,
        sourceKeyId: source.arn,
        sourceEncryptionAlgorithm: input.sourceEncryptionAlgorithm ?? 'SYMMETRIC_DEFAULT',
        destinationEncryptionAlgorithm: input.destinationEncryptionAlgorithm ?? 'SYMMETRIC_DEFAULT',
        sourceKeyMaterialId: blob.materialId,
        destinationKeyMaterialId: made.material.materialId,
      };
    } finally {
      plaintext.fill(0);
    }
  },
};
