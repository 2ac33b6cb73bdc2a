import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { findAlgorithm, type MacRow, type MlDsaRow } from '../../../../src/domain/key/algorithms.ts';
import { SoftwareDomain } from '../../../../src/hsm/software/software-domain.ts';
import { SoftwareVault } from '../../../../src/hsm/software/software-vault.ts';
import { ALICE } from '../../../support/key-vault-contract.ts';

const entropy = { randomBytes: (length: number) => new Uint8Array(randomBytes(length)) };
const secret = randomBytes(32);
const domain = new SoftwareDomain(1, secret, entropy);
const vault = new SoftwareVault({ entropy, generations: [{ number: 1, secret }] });
const HMAC = { spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC' } as const;
const ML_DSA = { spec: 'ML_DSA_44', usage: 'SIGN_VERIFY' } as const;
const OWNER = { ...ALICE, materialId: 'ab'.repeat(32) };

describe('an exported key token that authenticates', () => {
  it('is refused where a secret is sealed that belongs wrapped', async () => {
    const parts = { wrapped: Buffer.alloc(0), sealed: randomBytes(32) };
    const key = { ...OWNER, token: domain.export(parts, { ...OWNER, ...HMAC }) };
    const row = findAlgorithm(HMAC, 'HMAC_SHA_256') as MacRow;
    await expect(vault.mac(key, row, Buffer.of(1))).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('is refused where a seed is wrapped that belongs sealed', async () => {
    const key = { ...OWNER, token: domain.export({ wrapped: randomBytes(32) }, { ...OWNER, ...ML_DSA }) };
    const row = findAlgorithm(ML_DSA, 'ML_DSA_SHAKE_256') as MlDsaRow;
    const signed = vault.sign(key, { row, form: 'message', input: Buffer.of(1) });
    await expect(signed).rejects.toMatchObject({ code: 'corrupt' });
  });
});
