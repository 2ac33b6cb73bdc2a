/** DeriveSharedSecret: what both sides of a key agreement have in common, without a key derivation after it. */
import { requireAlgorithm } from '../key-algorithm.ts';
import { currentMaterial, usable } from '../key-material.ts';
import { usedKey } from '../key-roles.ts';
import type { FoundKey, Input, OneKey, Operation } from '../operation.ts';
import { peerPoint } from '../peer-public-key.ts';
import { refuseRecipient } from '../recipient.ts';

export const deriveSharedSecret: Operation<'DeriveSharedSecret', OneKey> = {
  name: 'DeriveSharedSecret',
  countsAs: 'DeriveSharedSecret',
  precheck: ({ recipient }) => refuseRecipient(recipient),
  keys: usedKey('DeriveSharedSecret', 'KEY_AGREEMENT', { fits: (key, input) => void agreement(key, input) }),
  async run({ input, keys: [key], services: { vault }, context }) {
    const { row, peer } = agreement(key, input);
    const { body } = key.stored;
    const { key: own } = usable(body, currentMaterial(body));
    return {
      keyId: key.arn,
      sharedSecret: await vault.agree(own, row, peer, context),
      keyAgreementAlgorithm: input.keyAgreementAlgorithm,
      keyOrigin: body.origin,
    };
  },
};

function agreement(key: FoundKey, { keyAgreementAlgorithm, publicKey }: Input<'DeriveSharedSecret'>) {
  const row = requireAlgorithm(key, 'KEY_AGREEMENT', keyAgreementAlgorithm);
  return { row, peer: peerPoint(row, publicKey) };
}
