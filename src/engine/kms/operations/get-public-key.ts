/** GetPublicKey: the public half of a key pair, for use outside, also while the key is disabled. */
import { kindMembers } from '../../../domain/key/key-metadata.ts';
import { KmsFault } from '../../../domain/kms/kms-fault.ts';
import type { FoundKey, OneKey, Operation } from '../operation.ts';
import { publicHalf } from '../public-half.ts';
import { resolveKeyOrAlias } from '../resolve-key.ts';

export const getPublicKey: Operation<'GetPublicKey', OneKey> = {
  name: 'GetPublicKey',
  keys: [
    {
      action: 'GetPublicKey',
      crossAccount: true,
      state: 'table',
      find: ({ keyId }, lookup) => resolveKeyOrAlias(keyId, lookup),
      fits: requireMaterial,
    },
  ],
  async run({ keys: [{ stored, arn }], services, context }) {
    const { spki } = await publicHalf(services.vault, stored.body, context);
    return { keyId: arn, publicKey: spki, ...kindMembers(stored.body) };
  },
};

/** The state table lets a key pass that waits for its import; before the first one it has no public half. */
function requireMaterial({ stored, arn }: FoundKey): void {
  if (stored.body.currentMaterialId !== undefined) return;
  throw new KmsFault('KMSInvalidStateException', `${arn} is pending import.`);
}
