import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { MaterialKind } from '../../../../src/domain/ports/key-vault.ts';
import { SoftwareVault } from '../../../../src/hsm/software/software-vault.ts';
import { openExportedKey } from '../../../support/exported-key-model.ts';

interface KeyVectors {
  readonly secret: string;
  readonly account: string;
  readonly keyId: string;
  readonly keys: readonly (MaterialKind &
    Readonly<
      Record<'imported' | 'materialId' | 'wrapped' | 'seed' | 'publicKey' | 'exportedKeyToken', string>
    >)[];
}

// What was stored once must open for ever: the file changes with no release.
const FILE = new URL('../../../../docs/vectors/kms-keys.json', import.meta.url);
const { secret, account, keyId, keys } = JSON.parse(readFileSync(FILE, 'utf8')) as KeyVectors;
const OWNER = { account, keyId };

const vault = new SoftwareVault({
  entropy: { randomBytes: (length) => new Uint8Array(length) },
  generations: [
    { number: 1, secret: bytes(secret) },
    { number: 2, secret: Buffer.alloc(32) },
  ],
});

describe('docs/vectors/kms-keys.json', () => {
  it('has a key of every sort', () => {
    expect(keys.map(({ spec }) => spec)).toEqual([
      'HMAC_224',
      'ECC_NIST_P256',
      'ECC_NIST_EDWARDS25519',
      'ML_DSA_44',
      'ML_KEM_512',
    ]);
  });

  it.for(keys)('has a token of $spec that the model opens', (given) => {
    expect(openExportedKey(bytes(secret), bytes(given.exportedKeyToken))).toMatchObject({
      ...{ version: 2, generation: 1, authentic: true, ...OWNER, materialId: given.materialId },
      ...{ material: bytes(given.wrapped), seed: bytes(given.seed), publicKey: bytes(given.publicKey) },
    });
  });

  it.for(keys)('has a token of $spec that a vault opens, with the id of what is imported', async (given) => {
    const key = { ...OWNER, materialId: given.materialId, token: bytes(given.exportedKeyToken) };
    const { materialId } = await vault.import(OWNER, given, bytes(given.imported));
    expect(materialId).toBe(given.materialId);
    const token = (await vault.rewrap(key)) ?? Buffer.alloc(0);
    expect(openExportedKey(Buffer.alloc(32), token)).toMatchObject({
      ...{ material: bytes(given.wrapped), seed: bytes(given.seed), publicKey: bytes(given.publicKey) },
    });
  });
});

function bytes(hex: string): Buffer {
  return Buffer.from(hex, 'hex');
}
