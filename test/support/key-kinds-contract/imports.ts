import { createPublicKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { AlgorithmRow } from '../../../src/domain/key/algorithms.ts';
import type { KeySpec } from '../../../src/domain/kms/api/enums.ts';
import { ALICE, BOB, context, hex } from '../key-vault-contract.ts';
import type { KindRig } from './kind-rig.ts';
import { pkcs8Of, SLOW_TO_MAKE, samplePrivateKey } from './sample-keys.ts';
import { useOf } from './use-of-kind.ts';

export function importContract(rig: KindRig): void {
  const specs = [...new Set(rig.pairs.map(({ spec }) => spec))];

  describe('a private key that is imported', () => {
    it.for(rig.pairs)(
      'of $spec for $usage has one id for one key, and another one for another',
      async (kind) => {
        const { first } = rig.vaults;
        const sample = await samplePrivateKey(kind.spec);
        const ids: string[] = [];
        for (const owner of [ALICE, ALICE, BOB, { ...ALICE, account: '444455556666' }]) {
          const given = pkcs8Of(sample);
          const made = await first.import(owner, kind, given, context());
          expect(hex(given)).toBe('00'.repeat(given.length));
          const shown = await first.publicKey({ ...owner, ...made }, kind, context());
          expect(hex(shown)).toBe(hex(createPublicKey(sample).export({ type: 'spki', format: 'der' })));
          ids.push(made.materialId);
        }
        expect(ids[1]).toBe(ids[0]);
        expect(new Set(ids).size).toBe(3);
      },
    );

    it.for(rig.pairs)('of $spec for $usage works', async (kind) => {
      const key = await rig.importKey(kind, pkcs8Of(await samplePrivateKey(kind.spec)));
      const row = rig.rows.find(({ spec, usage }) => spec === kind.spec && usage === kind.usage);
      const use = await useOf(rig, row as AlgorithmRow, key);
      await expect(use(rig.vaults.first, key)).resolves.toBeDefined();
    });

    it.for(specs)('is refused where it is no key of %s, and wiped', async (spec) => {
      const kind = rig.pairs.find((pair) => pair.spec === spec) ?? { spec, usage: 'SIGN_VERIFY' as const };
      const others = specs.filter((other) => other !== spec && !SLOW_TO_MAKE.includes(other));
      const good = pkcs8Of(await samplePrivateKey(SMALL[spec] ?? spec));
      const bad = [
        ...(await Promise.all(others.map(async (other) => pkcs8Of(await samplePrivateKey(other))))),
        Buffer.concat([good, Buffer.alloc(1)]),
        good.subarray(0, -1),
        Buffer.from('garbage'),
        randomBytes(48),
        Buffer.alloc(0),
      ];
      for (const given of bad) {
        const refused = rig.vaults.first.import(ALICE, kind, given, context());
        await expect(refused).rejects.toMatchObject({ name: 'HsmFault', code: 'usage' });
        expect(hex(given)).toBe('00'.repeat(given.length));
      }
    });
  });

  describe('an imported secret', () => {
    it.for(rig.rowsOf('hmac'))('of $spec has as many bytes as its MAC', async (row) => {
      const material = randomBytes(row.macBytes);
      const [one, two] = [await rig.importKey(row, material), await rig.importKey(row, material)];
      expect(one.materialId).toBe(two.materialId);
      for (const length of [0, row.macBytes - 1, row.macBytes + 1]) {
        const refused = rig.vaults.first.import(ALICE, row, randomBytes(length), context());
        await expect(refused).rejects.toMatchObject({ name: 'HsmFault', code: 'usage' });
      }
    });
  });
}

/** Whose key is refused for another spec's, cut, or with a byte too many. */
const SMALL: Readonly<Partial<Record<KeySpec, KeySpec>>> = { RSA_3072: 'RSA_2048', RSA_4096: 'RSA_2048' };
