/** The key hierarchy on a token that has what it takes: AES key wrap, and HMAC with session objects. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TokenVault } from '../../src/hsm/vault/token-vault.ts';
import { everyKindContract } from '../support/key-kinds-contract/every-kind.ts';
import { keyVaultContract, newKey } from '../support/key-vault-contract.ts';
import { SOFTHSM2 } from '../support/tokens/softhsm2-kind.ts';
import { type ContractRig, logIn } from './contract-rig.ts';

export function vaultContract(rig: ContractRig): void {
  if (rig.kind.wrapsKeys === undefined) return;
  describe('the key hierarchy', () => {
    const secrets = [randomBytes(32), randomBytes(32)] as const;
    const labels = ['portcullis-domain-contract-1', 'portcullis-domain-contract-2'];
    beforeAll(async () => {
      await using admin = await logIn(rig);
      for (const [index, label] of labels.entries()) {
        // opencryptoki tells no length of a key that was imported, so it makes its own.
        if (rig.kind.wrapsKeys) await admin.importDomainKeys(label, secrets[index] ?? randomBytes(32));
        else await admin.makeDomainKeys(label);
        await admin.openDomainKeys(label);
      }
    });
    afterAll(async () => {
      await using admin = await logIn(rig);
      for (const label of labels) await admin.destroyDomainKeys(label);
    });

    if (rig.kind.wrapsKeys) {
      const vaults = () => ({ first: vaultOf(1), second: vaultOf(2), secrets });
      keyVaultContract(vaults);
      // SoftHSM2 has been held against it in test/contract.
      if (rig.kind !== SOFTHSM2) everyKindContract(vaults, rig.kind.withoutSpecs);
    } else {
      it('is refused, since the token wraps no keys', async () => {
        await expect(newKey(vaultOf(1))).rejects.toMatchObject({ code: 'unsupported' });
      });
    }

    function vaultOf(current: number): TokenVault {
      const generations = labels.slice(0, current).map((label, index) => ({
        number: index + 1,
        token: 'soft',
        label,
        createdMs: 0,
        copies: 'none' as const,
      }));
      const entropy = { randomBytes: (length: number) => new Uint8Array(randomBytes(length)) };
      return new TokenVault({ tokens: rig.opened.fleet, entropy, domain: { current, generations } });
    }
  });
}
