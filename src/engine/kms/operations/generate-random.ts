/** GenerateRandom: bytes of the vault's generator. */
import { KmsFault } from '../../../domain/kms/kms-fault.ts';
import type { NoKey, Operation } from '../operation.ts';
import { present } from '../present.ts';
import { refuseRecipient } from '../recipient.ts';

export const generateRandom: Operation<'GenerateRandom', NoKey> = {
  name: 'GenerateRandom',
  check({ numberOfBytes, customKeyStoreId, recipient }) {
    if (numberOfBytes === undefined) throw new KmsFault('ValidationException', 'NumberOfBytes is required.');
    refuseRecipient(recipient);
    if (customKeyStoreId === undefined) return;
    throw new KmsFault(
      'CustomKeyStoreNotFoundException',
      `There is no custom key store with the id ${customKeyStoreId}.`,
    );
  },
  keys: [],
  alsoNeeds: () => [{ action: 'GenerateRandom', resource: { kind: 'any' } }],
  async run({ input: { numberOfBytes }, services, context }) {
    return { plaintext: await services.vault.random(present(numberOfBytes, 'NumberOfBytes'), context) };
  },
};
