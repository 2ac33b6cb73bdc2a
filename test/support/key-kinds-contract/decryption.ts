import { constants, type KeyObject, publicEncrypt, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { RsaEncryptionRow } from '../../../src/domain/key/algorithms.ts';
import { context, hex } from '../key-vault-contract.ts';
import { encryptByOpenSsl } from './by-openssl.ts';
import type { KindRig } from './kind-rig.ts';

export function decryptionContract(rig: KindRig): void {
  const rows = rig.rowsOf('rsa-oaep');

  describe('RSA decryption', () => {
    it.for(rows)('by a key of $spec with $algorithm opens what node:crypto encrypted', async (row) => {
      const key = await rig.key(row);
      const publicKey = await rig.publicKey(key, row);
      for (const length of [0, 1, 32, row.maxPlaintextBytes]) {
        const plaintext = randomBytes(length);
        const ciphertext = encryptOaep(publicKey, row, plaintext);
        const opened = await rig.vaults.first.decryptRsa(key, row, ciphertext, context());
        expect(hex(opened)).toBe(hex(plaintext));
      }
    });

    it.for(rows)('by a key of $spec with $algorithm opens what openssl encrypted', async (row) => {
      const key = await rig.key(row);
      const ciphertext = await encryptByOpenSsl(await rig.publicKey(key, row), row, Buffer.from('plaintext'));
      const opened = await rig.vaults.first.decryptRsa(key, row, ciphertext, context());
      expect(String(Buffer.from(opened))).toBe('plaintext');
    });

    it.for(rows)(
      'by a key of $spec with $algorithm says the same of everything that does not open',
      async (row) => {
        const key = await rig.key(row);
        const publicKey = await rig.publicKey(key, row);
        const good = encryptOaep(publicKey, row, Buffer.from('plaintext'));
        const otherHash = row.hash === 'sha1' ? 'sha256' : 'sha1';
        const padding = constants.RSA_PKCS1_PADDING;
        const bad = [
          encryptOaep(publicKey, { hash: otherHash }, Buffer.from('plaintext')),
          encryptOaep(publicKey, row, Buffer.from('plaintext'), Buffer.from('a label')),
          publicEncrypt({ key: publicKey, padding }, Buffer.from('plaintext')),
          Buffer.from(good).fill(good.readUInt8(9) ^ 1, 9, 10),
          Buffer.alloc(good.length),
          Buffer.alloc(good.length, 0xff),
          good.subarray(1),
          Buffer.concat([good, Buffer.alloc(1)]),
          Buffer.concat([Buffer.alloc(1), good]),
          Buffer.alloc(0),
        ];
        const told = await Promise.all(
          bad.map((ciphertext) =>
            rig.vaults.first.decryptRsa(key, row, ciphertext, context()).catch((error) => error.message),
          ),
        );
        expect(told).toEqual(bad.map(() => told[0]));
        expect(told[0]).toMatch(/^corrupt: /);
      },
    );
  });
}

function encryptOaep(
  key: KeyObject,
  { hash: oaepHash }: Pick<RsaEncryptionRow, 'hash'>,
  plaintext: Uint8Array,
  oaepLabel?: Uint8Array,
): Buffer {
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  return publicEncrypt({ key, padding, oaepHash, ...(oaepLabel && { oaepLabel }) }, plaintext);
}
