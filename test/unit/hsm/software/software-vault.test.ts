import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SYMMETRIC } from '../../../../src/domain/key/key-specs.ts';
import type { KeyVault } from '../../../../src/domain/ports/key-vault.ts';
import { SoftwareVault } from '../../../../src/hsm/software/software-vault.ts';
import {
  AAD,
  ALICE,
  context,
  encrypt,
  keyVaultContract,
  newKey,
  TEXT,
} from '../../../support/key-vault-contract.ts';

const entropy = { randomBytes: (length: number) => new Uint8Array(randomBytes(length)) };
const secrets = [randomBytes(32), randomBytes(32)] as const;
const [first, second] = secrets.map((secret, index) => ({ number: index + 1, secret })) as [never, never];

describe('a vault in software', () => {
  keyVaultContract(() => ({
    first: new SoftwareVault({ entropy, generations: [first] }),
    second: new SoftwareVault({ entropy, generations: [first, second] }),
    secrets,
  }));

  it('says that it is one', () => {
    expect(new SoftwareVault({ entropy }).kind).toBe('software');
  });

  it('opens nothing that another one made, when it has no secret of its own given', async () => {
    const { key } = await newKey(new SoftwareVault({ entropy }));
    await expect(encrypt(new SoftwareVault({ entropy }), key)).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('uses more keys than it keeps', async () => {
    const vault: KeyVault = new SoftwareVault({ entropy, cachedKeys: 2 });
    const keys = await Promise.all(Array.from({ length: 5 }, async () => (await newKey(vault)).key));
    for (const key of [...keys, ...keys]) {
      const message = { ...(await encrypt(vault, key)), aad: AAD };
      expect(Buffer.from(await vault.decrypt(key, message, context())).equals(TEXT)).toBe(true);
    }
  });

  it.for([
    { what: 'without a generation', act: () => new SoftwareVault({ entropy, generations: [] }) },
    {
      what: 'with a secret of 16 bytes',
      act: () => new SoftwareVault({ entropy, generations: [{ number: 1, secret: Buffer.alloc(16) }] }),
    },
  ])('cannot be made $what', ({ act }) => {
    expect(act).toThrow(expect.objectContaining({ name: 'Bug' }));
  });

  it.for([
    { what: 'seals 32 KiB at most', act: (vault: SoftwareVault) => vault.seal('seed', Buffer.alloc(32_769)) },
    {
      what: 'binds to an account of twelve digits',
      act: (vault: SoftwareVault) => vault.create({ ...ALICE, account: '12' }, SYMMETRIC),
    },
  ])('$what', async ({ act }) => {
    await expect(act(new SoftwareVault({ entropy }))).rejects.toMatchObject({ name: 'Bug' });
  });
});
