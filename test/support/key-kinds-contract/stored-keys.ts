import { hash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { AlgorithmRow } from '../../../src/domain/key/algorithms.ts';
import type { VaultKey } from '../../../src/domain/ports/key-vault.ts';
import { SoftwareVault } from '../../../src/hsm/software/software-vault.ts';
import { authenticate, macMaterialIdOf, openExportedKey, publicMaterialIdOf } from '../exported-key-model.ts';
import { AAD, BOB, context, hex, TEXT } from '../key-vault-contract.ts';
import type { KindRig } from './kind-rig.ts';
import { pkcs8OfParts, SLOW_TO_MAKE } from './sample-keys.ts';
import { type Use, useOf } from './use-of-kind.ts';

/** Bytes of SubjectPublicKeyInfo, from the developer guide of AWS KMS. */
const PUBLIC_KEY_BYTES: Readonly<Record<string, number>> = {
  RSA_2048: 294,
  RSA_3072: 422,
  RSA_4096: 550,
  ECC_NIST_P256: 91,
  ECC_NIST_P384: 120,
  ECC_NIST_P521: 158,
  ECC_SECG_P256K1: 88,
  ECC_NIST_EDWARDS25519: 44,
  ML_DSA_44: 1334,
  ML_DSA_65: 1974,
  ML_DSA_87: 2614,
  ML_KEM_512: 822,
  ML_KEM_768: 1206,
  ML_KEM_1024: 1590,
};
const HASHES: Readonly<Record<string, string>> = {
  HMAC_224: 'sha224',
  HMAC_256: 'sha256',
  HMAC_384: 'sha384',
  HMAC_512: 'sha512',
};
/** Where the parts of a token of a key id of 36 characters are. */
const SPEC_AT = 85;

export function storedKeyContract(rig: KindRig): void {
  const used = rig.kinds.map((kind) => {
    const row = rig.rows.find(({ spec, usage }) => spec === kind.spec && usage === kind.usage);
    return { ...kind, row: row as AlgorithmRow };
  });

  describe('a key with a public half', () => {
    it.for(rig.pairs)('of $spec for $usage shows it, and is known by it', async (kind) => {
      const key = await rig.key(kind);
      const der = await rig.vaults.first.publicKey(key, kind, context());
      expect(der).toHaveLength(PUBLIC_KEY_BYTES[kind.spec] ?? 0);
      expect(key.materialId).toBe(publicMaterialIdOf(der, key));
      const opened = openExportedKey(rig.vaults.secrets[0], key.token);
      expect(opened).toMatchObject({
        ...{ version: 2, generation: 1, authentic: true },
        ...{ account: key.account, keyId: key.keyId, materialId: key.materialId },
      });
      expect(hex(opened.publicKey)).toBe(hex(der));
    });

    const quick = rig.pairs.filter(({ spec }) => !SLOW_TO_MAKE.includes(spec));
    it.for(quick)('of $spec for $usage is another one each time', async (kind) => {
      const [one, two] = [await rig.key(kind), await rig.newKey(kind)];
      expect(one.materialId).not.toBe(two.materialId);
    });
  });

  describe('an HMAC key', () => {
    it.for(rig.rowsOf('hmac'))('of $spec has no public half, and is known by its MAC', async (row) => {
      const key = await rig.key(row);
      const { material, authentic } = openExportedKey(rig.vaults.secrets[0], key.token);
      expect(authentic).toBe(true);
      expect(key.materialId).toBe(macMaterialIdOf(HASHES[row.spec] ?? '', material, key));
      const shown = rig.vaults.first.publicKey(key, row, context());
      await expect(shown).rejects.toMatchObject({ name: 'HsmFault', code: 'usage' });
    });
  });

  describe('a stored key', () => {
    it.for(used)(
      'of $spec for $usage is refused as that of another key, account or material',
      async ({ row }) => {
        const { key, use } = await usable(rig, row);
        for (const change of [
          { keyId: BOB.keyId },
          { account: '444455556666' },
          { materialId: 'ab'.repeat(32) },
        ])
          await expectCorrupt(rig, { ...key, ...change }, { key, row, use });
      },
    );

    it.for(used)('of $spec for $usage is refused with any byte altered, cut or longer', async ({ row }) => {
      const { key, use } = await usable(rig, row);
      for (let at = 0; at < key.token.length; at += Math.ceil(key.token.length / 150)) {
        const token = Buffer.from(key.token);
        token.writeUInt8(token.readUInt8(at) ^ (1 << (at % 8)), at);
        await expect(use(rig.vaults.first, { ...key, token })).rejects.toMatchObject({ code: 'corrupt' });
      }
      const longer = Buffer.concat([key.token, Buffer.alloc(1)]);
      for (const token of [key.token.subarray(1), key.token.subarray(0, -1), longer, Buffer.alloc(0)])
        await expectCorrupt(rig, { ...key, token }, { key, row, use });
    });

    it.for(used)('of $spec for $usage is refused as another kind of key', async ({ row }) => {
      const key = await rig.key(row);
      const others = used.filter(({ spec, usage }) => spec !== row.spec || usage !== row.usage);
      for (const other of others) {
        const { first } = rig.vaults;
        const foreign = (await usable(rig, other.row)).use(first, key);
        await expect(foreign).rejects.toMatchObject({ name: 'HsmFault', code: 'corrupt' });
        const shown = first.publicKey(key, other, context());
        await expect(shown).rejects.toMatchObject({ name: 'HsmFault', code: 'corrupt' });
      }
      const message = { plaintext: TEXT, aad: () => AAD };
      const encrypted = rig.vaults.first.encrypt(key, message, context());
      await expect(encrypted).rejects.toMatchObject({ name: 'HsmFault', code: 'corrupt' });
    });

    it.for(used)(
      'of $spec for $usage is refused with numbers that are none, also when it authenticates',
      async ({ row }) => {
        const { key, use } = await usable(rig, row);
        for (const [at, value] of [
          [0, 1],
          [0, 3],
          [1, 9],
          [3, 7],
          [SPEC_AT, 99],
          [SPEC_AT + 1, 99],
        ] as const) {
          const altered = Buffer.from(key.token);
          altered[at] = value;
          await expectCorrupt(
            rig,
            { ...key, token: authenticate(rig.vaults.secrets[0], altered) },
            { key, row, use },
          );
        }
        const same = authenticate(rig.vaults.secrets[0], key.token);
        await expect(use(rig.vaults.first, { ...key, token: same })).resolves.toBeDefined();
      },
    );

    it.for(used)(
      'of $spec for $usage works on under the next generation, and not in a vault without it',
      async ({ row }) => {
        const { first, second, secrets } = rig.vaults;
        const { key, use } = await usable(rig, row);
        const token = (await second.rewrap(key, context())) ?? Buffer.alloc(0);
        const rewrapped = { ...key, token };
        expect(second.generationOf(token)).toBe(2);
        await expect(use(second, rewrapped)).resolves.toBeDefined();
        await expect(use(first, rewrapped)).rejects.toMatchObject({ code: 'corrupt' });
        expect(await second.rewrap(rewrapped, context())).toBeUndefined();
        const [before, after] = [openExportedKey(secrets[0], key.token), openExportedKey(secrets[1], token)];
        expect(after).toMatchObject({ generation: 2, materialId: key.materialId, authentic: true });
        for (const part of ['material', 'seed', 'publicKey'] as const)
          expect(hash('sha256', after[part])).toBe(hash('sha256', before[part]));
      },
    );

    it.for(used)('of $spec for $usage works in a vault in software that has the domain', async ({ row }) => {
      const { key, use } = await usable(rig, row);
      await expect(use(softwareOf(rig), key)).resolves.toBeDefined();
    });

    it.for(used)('of $spec for $usage works that a vault in software made of it', async ({ row }) => {
      const key = await rig.key(row);
      const { material, seed } = openExportedKey(rig.vaults.secrets[0], key.token);
      const given =
        row.kind === 'hmac' ? material.subarray(0, row.macBytes) : pkcs8OfParts(row.spec, { material, seed });
      const made = await softwareOf(rig).import(key, row, given);
      expect(made.materialId).toBe(key.materialId);
      const copy = { ...key, token: made.token };
      const use = await useOf(rig, row, copy);
      await expect(use(rig.vaults.first, copy)).resolves.toBeDefined();
    });

    it.for(used)('of $spec for $usage still works after it was forgotten', async ({ row }) => {
      const { key, use } = await usable(rig, row);
      rig.vaults.first.forget([key.token]);
      await expect(use(rig.vaults.first, key)).resolves.toBeDefined();
    });
  });
}

function softwareOf(rig: KindRig): SoftwareVault {
  const entropy = { randomBytes: (length: number) => new Uint8Array(randomBytes(length)) };
  return new SoftwareVault({ entropy, generations: [{ number: 1, secret: rig.vaults.secrets[0] }] });
}

interface KeyInUse {
  readonly key: VaultKey;
  readonly row: AlgorithmRow;
  readonly use: Use;
}

/** The rig's key of this kind, and what it is for. */
async function usable(rig: KindRig, row: AlgorithmRow): Promise<KeyInUse> {
  const key = await rig.key(row);
  return { key, row, use: await useOf(rig, row, key) };
}

/** Everything that a vault does with a stored key of this kind. */
async function expectCorrupt(rig: KindRig, key: VaultKey, { row, use }: KeyInUse): Promise<void> {
  const { first, second } = rig.vaults;
  const attempts = [use(first, key), second.rewrap(key, context()), first.publicKey(key, row, context())];
  const faults = await Promise.all(attempts.map((attempt) => attempt.catch((error) => error.code)));
  expect(faults).toEqual(['corrupt', 'corrupt', 'corrupt']);
}
