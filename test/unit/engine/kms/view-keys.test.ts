import { describe, expect, it, test, vi } from 'vitest';
import { Bug } from '../../../../src/domain/bug.ts';
import type { KeyVault } from '../../../../src/domain/ports/key-vault.ts';
import { viewKeys } from '../../../../src/engine/kms/view-keys.ts';
import { newKeyOf } from './asymmetric/keys.ts';
import { callBy, OTHER_ACCOUNT, Rig } from './rig.ts';

describe('the view of a key', () => {
  it('has what it is, and all of its materials, and none of their contents', async () => {
    const rig = new Rig();
    const { id, arn } = await rig.newKey();
    const first = (await rig.record(id)).body.currentMaterialId;
    await rig.run('RotateKeyOnDemand', { keyId: id });
    const second = (await rig.record(id)).body.currentMaterialId;
    expect(await viewKeys(arn, rig.services)).toStrictEqual([
      {
        keyId: id,
        arn,
        spec: 'SYMMETRIC_DEFAULT',
        usage: 'ENCRYPT_DECRYPT',
        state: 'Enabled',
        origin: 'AWS_KMS',
        materials: [
          { materialId: first, current: false, generation: 1 },
          { materialId: second, current: true, generation: 1 },
        ],
        algorithms: [{ algorithm: 'SYMMETRIC_DEFAULT', worksIn: 'engine' }],
      },
    ]);
  });

  test.for([
    {
      keySpec: 'ECC_NIST_EDWARDS25519',
      keyUsage: 'SIGN_VERIFY',
      kind: 'software',
      algorithms: [
        { algorithm: 'ED25519_SHA_512', worksIn: 'engine', publicHalfIn: 'engine' },
        { algorithm: 'ED25519_PH_SHA_512', worksIn: 'engine', publicHalfIn: 'engine' },
      ],
    },
    {
      keySpec: 'ECC_NIST_P256',
      keyUsage: 'SIGN_VERIFY',
      kind: 'token',
      algorithms: [{ algorithm: 'ECDSA_SHA_256', worksIn: 'token', publicHalfIn: 'engine' }],
    },
    {
      keySpec: 'ML_KEM_768',
      keyUsage: 'ENCAPSULATE_DECAPSULATE',
      kind: 'token',
      algorithms: [{ algorithm: 'ML_KEM', worksIn: 'host', publicHalfIn: 'engine' }],
    },
    {
      keySpec: 'HMAC_384',
      keyUsage: 'GENERATE_VERIFY_MAC',
      kind: 'token',
      algorithms: [{ algorithm: 'HMAC_SHA_384', worksIn: 'token' }],
    },
  ] as const)('says where $keySpec works in a vault of kind $kind', async (row) => {
    const rig = new Rig();
    const { id } = await newKeyOf(rig, row.keySpec, row.keyUsage);
    const vault = { kind: row.kind, generationOf: () => 3 } as unknown as KeyVault;
    expect(await viewKeys(id, { store: rig.store, vault })).toMatchObject([
      { spec: row.keySpec, materials: [{ generation: 3 }], algorithms: row.algorithms },
    ]);
  });

  it('is found by its id in whatever account and Region', async () => {
    const rig = new Rig();
    await rig.newKey();
    const { id, arn } = await rig.newKey(callBy({ account: OTHER_ACCOUNT, region: 'us-east-1' }));
    expect(await viewKeys(id, rig.services)).toMatchObject([{ keyId: id, arn }]);
    expect(await viewKeys(arn.replace('us-east-1', 'us-west-2'), rig.services)).toEqual([]);
  });

  test.for(['alias/app', 'foo', 'arn:aws:kms:eu-central-1:111122223333:key/foo'])(
    'is none for %s',
    async (name) => {
      const rig = new Rig();
      const { id } = await rig.newKey();
      await rig.addAlias('alias/app', id);
      expect(await viewKeys(name, rig.services)).toEqual([]);
    },
  );

  it('has no generation of material that is damaged', async () => {
    const rig = new Rig();
    const { id } = await rig.newKey();
    const { materials } = (await rig.record(id)).body;
    await rig.alter(id, { materials: materials.map((material) => ({ ...material, token: 'AAAA' })) });
    expect(await viewKeys(id, rig.services)).toMatchObject([
      { materials: [{ materialId: materials[0]?.materialId, current: true }] },
    ]);
    expect((await viewKeys(id, rig.services))[0]?.materials[0]).not.toHaveProperty('generation');
  });

  it('hides no bug', async () => {
    const rig = new Rig();
    const { id } = await rig.newKey();
    const vault: KeyVault = rig.vault;
    vi.spyOn(vault, 'generationOf').mockImplementation(() => {
      throw new Bug('broken');
    });
    await expect(viewKeys(id, rig.services)).rejects.toThrow('broken');
  });
});
