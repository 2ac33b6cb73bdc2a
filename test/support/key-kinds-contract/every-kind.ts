/** What every key vault does with keys that are not symmetric, the same in software and in a token. */
import { describe, expect, it } from 'vitest';
import { KEY_KINDS } from '../../../src/domain/key/key-specs.ts';
import type { KeySpec } from '../../../src/domain/kms/api/enums.ts';
import { ALICE, context, type VaultRig } from '../key-vault-contract.ts';
import { decryptionContract } from './decryption.ts';
import { importContract } from './imports.ts';
import { KindRig } from './kind-rig.ts';
import { macContract } from './macs.ts';
import { sharedSecretContract } from './shared-secrets.ts';
import { signatureContract } from './signatures.ts';
import { storedKeyContract } from './stored-keys.ts';

/** `without`: the specs that the vault under test cannot have, and says so of. */
export function everyKindContract(vaults: () => VaultRig, without: readonly KeySpec[] = []): void {
  const rig = new KindRig(vaults, without);
  const kinds = KEY_KINDS.filter(({ spec }) => without.includes(spec));

  describe(`keys of ${rig.kinds.length} kinds, ${kinds.length} are unsupported`, () => {
    it('are all kinds of keys but the symmetric one', () => {
      expect(rig.kinds.length + kinds.length).toBe(24);
    });

    for (const { spec, usage } of kinds) {
      it(`of ${spec} for ${usage} are refused`, async () => {
        const made = vaults().first.create(ALICE, { spec, usage }, context());
        await expect(made).rejects.toMatchObject({ name: 'HsmFault', code: 'unsupported' });
      });
    }

    signatureContract(rig);
    macContract(rig);
    decryptionContract(rig);
    sharedSecretContract(rig);
    importContract(rig);
    storedKeyContract(rig);
  });
}
