import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { context } from '../key-vault-contract.ts';
import { verifyByOpenSsl } from './by-openssl.ts';
import type { KindRig } from './kind-rig.ts';
import { requestsFor, verdicts } from './signature-check.ts';

export function signatureContract(rig: KindRig): void {
  const rows = rig.rowsOf('rsa-pkcs1', 'rsa-pss', 'ecdsa', 'ed25519', 'ed25519ph', 'ml-dsa');

  describe('a signature', () => {
    it.for(rows)(
      'by a key of $spec with $algorithm verifies elsewhere, for its message alone',
      async (row) => {
        const key = await rig.key(row);
        const publicKey = await rig.publicKey(key, row);
        for (const message of [Buffer.of(0), Buffer.from('a message'), randomBytes(4096)]) {
          for (const request of requestsFor(row, publicKey, message)) {
            const signature = await rig.vaults.first.sign(key, request, context());
            const others = verdicts(row, publicKey, Buffer.from('another one'), signature);
            expect(new Set(verdicts(row, publicKey, message, signature))).toEqual(new Set([true]));
            expect(new Set(others)).toEqual(new Set([false]));
          }
        }
      },
    );

    it.for(rig.rowsOf('rsa-pkcs1', 'rsa-pss', 'ecdsa', 'ed25519'))(
      'by a key of $spec with $algorithm verifies with openssl, for its message alone',
      async (row) => {
        const key = await rig.key(row);
        const publicKey = await rig.publicKey(key, row);
        const message = Buffer.from('a message');
        for (const request of requestsFor(row, publicKey, message)) {
          const signature = await rig.vaults.first.sign(key, request, context());
          await expect(verifyByOpenSsl(row, publicKey, message, signature)).resolves.toMatch(
            /Verified|Success/,
          );
          const other = verifyByOpenSsl(row, publicKey, Buffer.from('another one'), signature);
          await expect(other).rejects.toMatchObject({ code: 1 });
        }
      },
    );

    // One of two numbers needs a zero in front.
    it.for(rig.rowsOf('ecdsa'))('of $spec has the form of DER, 64 times', async (row) => {
      const key = await rig.key(row);
      const publicKey = await rig.publicKey(key, row);
      const lengths = new Set<number>();
      for (let number = 0; number < 64; number += 1) {
        const message = Buffer.from(`message ${number}`);
        for (const request of requestsFor(row, publicKey, message)) {
          const signature = await rig.vaults.first.sign(key, request, context());
          expect(new Set(verdicts(row, publicKey, message, signature))).toEqual(new Set([true]));
          lengths.add(signature.length);
        }
      }
      expect(lengths.size).toBeGreaterThan(1);
    });
  });
}
