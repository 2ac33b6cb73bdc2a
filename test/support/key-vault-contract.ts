/** What every key vault does, the same in software and in a token, held against the model of its formats. */

import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SYMMETRIC } from '../../src/domain/key/key-specs.ts';
import type {
  KeyVault,
  NewMaterial,
  SealPurpose,
  VaultCiphertext,
  VaultKey,
} from '../../src/domain/ports/key-vault.ts';
import {
  decryptInModel,
  encryptInModel,
  makeToken,
  materialIdOf,
  openToken,
  unsealInModel,
} from './vault-model.ts';

export interface VaultRig {
  /** Generation 1 of the domain's keys alone. */
  readonly first: KeyVault;
  /** The same and generation 2, which wraps. */
  readonly second: KeyVault;
  /** Of which the keys of the two generations are made. */
  readonly secrets: readonly [Uint8Array, Uint8Array];
}

export function keyVaultContract(rig: () => VaultRig): void {
  describe('new material', () => {
    it('has the id that the model gives it, and a token of generation 1 that the model opens', async () => {
      const { first, secrets } = rig();
      const made = await first.create(ALICE, SYMMETRIC, context());
      const material = openToken(secrets[0], made.token);
      expect(material).toHaveLength(32);
      expect(made.materialId).toBe(materialIdOf(material, ALICE));
      const expected = makeToken(secrets[0], material, {
        ...ALICE,
        generation: 1,
        materialId: made.materialId,
      });
      expect(hex(made.token)).toBe(hex(expected));
      expect(first.generationOf(made.token)).toBe(1);
    });

    it('is new each time', async () => {
      const { first } = rig();
      const made = await Promise.all(
        Array.from({ length: 20 }, () => first.create(ALICE, SYMMETRIC, context())),
      );
      expect(new Set(made.map(({ materialId }) => materialId)).size).toBe(20);
    });

    it('that is imported has one id for one key, another one for another key or account, and is wiped', async () => {
      const { first, secrets } = rig();
      const bytes = randomBytes(32);
      const ids: string[] = [];
      for (const key of [ALICE, ALICE, BOB, { ...ALICE, account: '444455556666' }]) {
        const given = Buffer.from(bytes);
        const { materialId, token } = await first.import(key, SYMMETRIC, given, context());
        expect(hex(given)).toBe('00'.repeat(32));
        expect(hex(openToken(secrets[0], token))).toBe(hex(bytes));
        expect(materialId).toBe(materialIdOf(bytes, key));
        ids.push(materialId);
      }
      expect(ids[1]).toBe(ids[0]);
      expect(new Set(ids).size).toBe(3);
    });
  });

  describe('a message', () => {
    it.for([0, 1, 32, 4096, 6144])('of %i bytes opens again, and in the model', async (length) => {
      const { first, secrets } = rig();
      const { key } = await newKey(first);
      const plaintext = randomBytes(length);
      const message = await encrypt(first, key, plaintext);
      expect(hex(await first.decrypt(key, { ...message, aad: AAD }, context()))).toBe(hex(plaintext));
      const opened = decryptInModel(openToken(secrets[0], key.token), key, { ...message, aad: AAD });
      expect(hex(opened)).toBe(hex(plaintext));
      expect([message.nonce.length, message.iv.length, message.tag.length]).toEqual([16, 12, 16]);
    });

    it('of the model opens', async () => {
      const { first, secrets } = rig();
      const material = randomBytes(32);
      const key = forged(secrets[0], material, ALICE);
      const message = encryptInModel(material, key, { plaintext: TEXT, aad: AAD });
      expect(hex(await first.decrypt(key, { ...message, aad: AAD }, context()))).toBe(hex(TEXT));
    });

    it('has another nonce, IV, ciphertext and tag each time, and its caller sees the first two', async () => {
      const { first } = rig();
      const { key } = await newKey(first);
      const seen: string[] = [];
      const aad = ({ nonce, iv }: Pick<VaultCiphertext, 'nonce' | 'iv'>): Uint8Array => {
        seen.push(hex(nonce) + hex(iv));
        return AAD;
      };
      const messages = await Promise.all(
        Array.from({ length: 30 }, () => first.encrypt(key, { plaintext: TEXT, aad }, context())),
      );
      for (const part of ['nonce', 'iv', 'ciphertext', 'tag'] as const)
        expect(new Set(messages.map((message) => hex(message[part]))).size).toBe(30);
      expect(seen).toEqual(messages.map(({ nonce, iv }) => hex(nonce) + hex(iv)));
    });

    it('is corrupt with any bit flipped in any of its parts, in its AAD, or in the exported key token', async () => {
      const { first } = rig();
      const { key } = await newKey(first);
      const message = { ...(await encrypt(first, key, Buffer.from('text'))), aad: AAD };
      let tried = 0;
      const corrupt = async (attempt: Promise<unknown>): Promise<void> => {
        await expect(attempt).rejects.toMatchObject({ name: 'HsmFault', code: 'corrupt' });
        tried += 1;
      };
      for (const part of ['nonce', 'iv', 'ciphertext', 'tag', 'aad'] as const)
        for (const bytes of flips(message[part]))
          await corrupt(first.decrypt(key, { ...message, [part]: bytes }, context()));
      for (const token of flips(key.token))
        await corrupt(first.decrypt({ ...key, token }, message, context()));
      expect(tried).toBe(8 * (16 + 12 + 4 + 16 + AAD.length + 160));
      expect(String(Buffer.from(await first.decrypt(key, message, context())))).toBe('text');
    }, 60_000);

    it('is corrupt when its parts or the token are cut or longer', async () => {
      const { first } = rig();
      const { key } = await newKey(first);
      const message = { ...(await encrypt(first, key)), aad: AAD };
      const attempts: Promise<unknown>[] = [];
      for (const part of ['nonce', 'iv', 'ciphertext', 'tag'] as const)
        for (const bytes of wrongLengths(message[part]))
          attempts.push(first.decrypt(key, { ...message, [part]: bytes }, context()));
      for (const token of [...wrongLengths(key.token), Buffer.alloc(0)])
        attempts.push(first.decrypt({ ...key, token }, message, context()));
      const codes = await Promise.all(attempts.map((attempt) => attempt.catch((error) => error.code)));
      expect(codes).toEqual(attempts.map(() => 'corrupt'));
    });
  });

  describe('a record that was swapped', () => {
    it.for([
      { what: 'another key', change: { keyId: BOB_ID } },
      { what: 'another account', change: { account: '444455556666' } },
      { what: 'another material id', change: { materialId: 'ab'.repeat(32) } },
    ])('is refused as $what', async ({ change }) => {
      const { first } = rig();
      const { key } = await newKey(first);
      const message = { ...(await encrypt(first, key)), aad: AAD };
      for (const attempt of [
        () => first.decrypt({ ...key, ...change }, message, context()),
        () => encrypt(first, { ...key, ...change }),
        () => rig().second.rewrap({ ...key, ...change }, context()),
      ])
        await expect(attempt()).rejects.toMatchObject({ name: 'HsmFault', code: 'corrupt' });
    });

    it('does not open what its own key made under another material', async () => {
      const { first } = rig();
      const { key } = await newKey(first);
      const { key: rotated } = await newKey(first);
      const message = { ...(await encrypt(first, key)), aad: AAD };
      await expect(first.decrypt(rotated, message, context())).rejects.toMatchObject({ code: 'corrupt' });
    });

    it.for([
      { what: 'spec', change: { spec: 2 } },
      { what: 'usage', change: { usage: 2 } },
      { what: 'version', change: { version: 2 } },
      { what: 'wrap algorithm', change: { wrapAlgorithm: 2 } },
      { what: 'generation', change: { generation: 9 } },
    ])(
      'is refused with a $what that this vault does not have, also when it authenticates',
      async ({ change }) => {
        const { first, secrets } = rig();
        const material = randomBytes(32);
        const key = forged(secrets[0], material, ALICE);
        const token = makeToken(secrets[0], material, { ...key, generation: 1, ...change });
        await expect(encrypt(first, { ...key, token })).rejects.toMatchObject({ code: 'corrupt' });
        await expect(encrypt(first, key)).resolves.toBeDefined();
      },
    );

    it('is refused when another domain made it', async () => {
      const { first } = rig();
      const key = forged(randomBytes(32), randomBytes(32), ALICE);
      await expect(encrypt(first, key)).rejects.toMatchObject({ code: 'corrupt' });
    });
  });

  describe('a seal', () => {
    it.for([0, 1, 40, 32 * 1024])('over %i bytes opens again, and in the model', async (length) => {
      const { first, secrets } = rig();
      const text = randomBytes(length);
      const sealed = await first.seal('marker', text, context());
      expect(sealed).toHaveLength(length + 47);
      expect(hex(await first.unseal('marker', sealed, context()))).toBe(hex(text));
      expect(hex(unsealInModel(secrets[0], 'marker', sealed))).toBe(hex(text));
    });

    it('of one purpose opens for no other one', async () => {
      const { first } = rig();
      for (const made of PURPOSES) {
        const sealed = await first.seal(made, TEXT, context());
        for (const asked of PURPOSES.filter((purpose) => purpose !== made))
          await expect(first.unseal(asked, sealed, context())).rejects.toMatchObject({ code: 'corrupt' });
      }
    });

    it('is corrupt with any bit flipped, cut, or longer', async () => {
      const { first } = rig();
      const sealed = await first.seal('grant-token', Buffer.from('text'), context());
      for (const bytes of [...flips(sealed), ...wrongLengths(sealed), Buffer.alloc(0), Buffer.of(1)])
        await expect(first.unseal('grant-token', bytes, context())).rejects.toMatchObject({
          name: 'HsmFault',
          code: 'corrupt',
        });
    });

    it('of the first generation opens in a vault of two', async () => {
      const { first, second } = rig();
      const sealed = await first.seal('seed', TEXT, context());
      expect(hex(await second.unseal('seed', sealed, context()))).toBe(hex(TEXT));
      const later = await second.seal('seed', TEXT, context());
      await expect(first.unseal('seed', later, context())).rejects.toMatchObject({ code: 'corrupt' });
    });
  });

  describe('a new generation of domain keys', () => {
    it('takes over material, which stays the same', async () => {
      const { first, second, secrets } = rig();
      const { key } = await newKey(first);
      const message = { ...(await encrypt(first, key)), aad: AAD };
      const token = await second.rewrap(key, context());
      expect(second.generationOf(token ?? Buffer.alloc(0))).toBe(2);
      const rewrapped = { ...key, token: token ?? Buffer.alloc(0) };
      expect(hex(await second.decrypt(rewrapped, message, context()))).toBe(hex(TEXT));
      expect(hex(openToken(secrets[1], rewrapped.token))).toBe(hex(openToken(secrets[0], key.token)));
      await expect(first.decrypt(rewrapped, message, context())).rejects.toMatchObject({ code: 'corrupt' });
    });

    it('wraps new material, and has nothing to do for it', async () => {
      const { second } = rig();
      const { key } = await newKey(second);
      expect(second.generationOf(key.token)).toBe(2);
      expect(await second.rewrap(key, context())).toBeUndefined();
    });

    it('leaves what is not wrapped again usable', async () => {
      const { first, second } = rig();
      const { key } = await newKey(first);
      const message = { ...(await encrypt(second, key)), aad: AAD };
      expect(hex(await first.decrypt(key, message, context()))).toBe(hex(TEXT));
    });

    it('takes over nothing that is not authentic', async () => {
      const { first, second } = rig();
      const { key } = await newKey(first);
      for (const token of [...flips(key.token)].slice(-100))
        await expect(second.rewrap({ ...key, token }, context())).rejects.toMatchObject({ code: 'corrupt' });
    });
  });

  it('gives random bytes, 1 to 1024 of them', async () => {
    const { first } = rig();
    for (const length of [1, 32, 1024]) expect(await first.random(length, context())).toHaveLength(length);
    const drawn = await Promise.all(Array.from({ length: 20 }, () => first.random(16, context())));
    expect(new Set(drawn.map(hex)).size).toBe(20);
  });

  it('still uses a key after it forgot what it kept of it', async () => {
    const { first } = rig();
    const { key } = await newKey(first);
    const message = { ...(await encrypt(first, key)), aad: AAD };
    first.forget([key.token, Buffer.from('no token')]);
    expect(hex(await first.decrypt(key, message, context()))).toBe(hex(TEXT));
  });

  it('says of no garbage which generation it has', () => {
    for (const bytes of [Buffer.alloc(0), Buffer.of(1), randomBytes(160)])
      expect(() => rig().first.generationOf(bytes)).toThrow(expect.objectContaining({ code: 'corrupt' }));
  });
}

/** Key and material of one call of `create`. */
export async function newKey(
  vault: KeyVault,
): Promise<{ readonly key: VaultKey; readonly made: NewMaterial }> {
  const made = await vault.create(ALICE, SYMMETRIC, context());
  return { key: { ...ALICE, ...made }, made };
}

export function encrypt(
  vault: KeyVault,
  key: VaultKey,
  plaintext: Uint8Array = TEXT,
): Promise<VaultCiphertext> {
  return vault.encrypt(key, { plaintext, aad: () => AAD }, context());
}

export function context() {
  return { tenant: 1, deadlineMs: performance.now() + 30_000 };
}

function forged(secret: Uint8Array, material: Uint8Array, key: typeof ALICE): VaultKey {
  const materialId = materialIdOf(material, key);
  return { ...key, materialId, token: makeToken(secret, material, { ...key, generation: 1, materialId }) };
}

function* flips(bytes: Uint8Array): Iterable<Buffer> {
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const altered = Buffer.from(bytes);
    altered.writeUInt8(altered.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    yield altered;
  }
}

function wrongLengths(bytes: Uint8Array): Buffer[] {
  return [
    Buffer.from(bytes.subarray(1)),
    Buffer.from(bytes.subarray(0, -1)),
    Buffer.concat([bytes, Buffer.alloc(1)]),
  ];
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

const BOB_ID = 'b0b00000-1111-4222-8333-444455556666';
export const ALICE = { account: '111122223333', keyId: 'a11ce000-1111-4222-8333-444455556666' };
export const BOB = { account: '111122223333', keyId: BOB_ID };
export const AAD = Buffer.from('associated data');
export const TEXT = Buffer.from('a text of some length');
const PURPOSES: readonly SealPurpose[] = [
  'marker',
  'grant-token',
  'import-token',
  'import-wrapping-key',
  'xks-secret',
  'seed',
];
