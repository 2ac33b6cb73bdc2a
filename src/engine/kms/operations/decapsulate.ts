/**
 * Decapsulate: the shared secret again. What was not made for this key gives another secret and no error, as FIPS 203
 * (implicit rejection) has it.
 */
import type { EncapsulationRow } from '../../../domain/key/algorithms.ts';
import { invalidCiphertext } from '../../../domain/kms/ciphertext-blob.ts';
import { requireAlgorithm } from '../key-algorithm.ts';
import { currentMaterial, usable } from '../key-material.ts';
import { usedKey } from '../key-roles.ts';
import type { FoundKey, Input, OneKey, Operation } from '../operation.ts';

export const decapsulate: Operation<'Decapsulate', OneKey> = {
  name: 'Decapsulate',
  countsAs: 'Decapsulate',
  keys: usedKey('Decapsulate', 'ENCAPSULATE_DECAPSULATE', { fits: (key, input) => void rowFor(key, input) }),
  async run({ input, keys: [key], services: { vault }, context }) {
    const { body } = key.stored;
    const { key: own } = usable(body, currentMaterial(body));
    const row = rowFor(key, input);
    return {
      keyId: key.arn,
      sharedSecret: await vault.decapsulate(own, row, input.sharedSecretCiphertextBlob, context),
      encapsulationAlgorithm: input.encapsulationAlgorithm,
    };
  },
};

function rowFor(key: FoundKey, input: Input<'Decapsulate'>): EncapsulationRow {
  const row = requireAlgorithm(key, 'ENCAPSULATE_DECAPSULATE', input.encapsulationAlgorithm);
  if (input.sharedSecretCiphertextBlob.length !== row.ciphertextBytes) throw invalidCiphertext();
  return row;
}
