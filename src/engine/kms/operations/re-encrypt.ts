/** ReEncrypt: from one key, or encryption context, to another, without the plaintext leaving the engine. */
import { checkContext } from '../../../domain/kms/encryption-context.ts';
import { checkCiphertextRequest, ciphertextOf } from '../ciphertext-request.ts';
import { decryptBy, encryptFor, requireEncryptable } from '../encryption.ts';
import type { Input, Operation, TwoKeys } from '../operation.ts';
import { present } from '../present.ts';
import { resolveKeyOrAlias } from '../resolve-key.ts';
import { sourceKey } from '../source-key.ts';

export const reEncrypt: Operation<'ReEncrypt', TwoKeys> = {
  name: 'ReEncrypt',
  countsAs: 'ReEncrypt',
  precheck: (input) => checkCiphertextRequest(input, sourceOf(input), 'SourceKeyId'),
  check(input) {
    checkContext(input.sourceEncryptionContext);
    checkContext(input.destinationEncryptionContext);
  },
  keys: [
    sourceKey('ReEncryptFrom', sourceOf),
    {
      action: 'ReEncryptTo',
      crossAccount: true,
      state: 'table',
      usage: 'ENCRYPT_DECRYPT',
      find: ({ destinationKeyId }, lookup) => resolveKeyOrAlias(destinationKeyId, lookup),
      fits: (key, input) => requireEncryptable(key, destinationOf(input)),
    },
  ],
  async run({ input, keys: [source, destination], services: { vault }, context }) {
    const ciphertext = present(input.ciphertextBlob, 'the ciphertext');
    const opened = await decryptBy(source, { ...sourceOf(input), ciphertext }, vault, context);
    const { plaintext } = opened;
    try {
      const made = await encryptFor(destination, { ...destinationOf(input), plaintext }, vault, context);
      return {
        ciphertextBlob: made.ciphertext,
        keyId: destination.arn,
        sourceKeyId: source.arn,
        sourceEncryptionAlgorithm: input.sourceEncryptionAlgorithm ?? 'SYMMETRIC_DEFAULT',
        destinationEncryptionAlgorithm: input.destinationEncryptionAlgorithm ?? 'SYMMETRIC_DEFAULT',
        ...(opened.materialId !== undefined && { sourceKeyMaterialId: opened.materialId }),
        ...(made.materialId !== undefined && { destinationKeyMaterialId: made.materialId }),
      };
    } finally {
      plaintext.fill(0);
    }
  },
};

function sourceOf(input: Input<'ReEncrypt'>) {
  return {
    keyId: input.sourceKeyId,
    algorithm: input.sourceEncryptionAlgorithm,
    encryptionContext: input.sourceEncryptionContext,
    ciphertext: ciphertextOf(input),
  };
}

function destinationOf(input: Input<'ReEncrypt'>) {
  return {
    algorithm: input.destinationEncryptionAlgorithm,
    encryptionContext: input.destinationEncryptionContext,
  };
}
