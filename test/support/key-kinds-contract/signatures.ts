import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { context } from '../key-vault-contract.ts';
import type { KindRig } from './kind-rig.ts';
import { requestsFor, verifies } from './signature-check.ts';

export function signatureContract(rig: KindRig): void {
  const rows = rig.rowsOf('rsa-pkcs1', 'rsa-pss', 'ecdsa', 'ed25519', 'ed25519ph', 'ml-dsa');

  describe('a signature', () => {
    it.for(rows)(
      'by a key of $spec with $algorithm verifies elsewhere, for its message alone',
      async (row) => {
        const key = await rig.key(row);
        const publicKey = await rig.publicKey(key);
        for (const message of [Buffer.of(0), Buffer.from('a message'), randomBytes(4096)]) {
          for (const request of requestsFor(row, publicKey, message)) {
            const signature = await rig.vaults.first.sign(key, request, context());
            expect(verifies(row, publicKey, message, signature)).toBe(true);
            expect(verifies(row, publicKey, Buffer.from('another one'), signature)).toBe(false);
          }
        }
      },
    );

    // One of two numbers needs a zero in front.
    it.for(rig.rowsOf('ecdsa'))('of $spec has the form of DER, 64 times', async (row) => {
      const key = await rig.key(row);
      const publicKey = await rig.publicKey(key);
      const lengths = new Set<number>();
      for (let number = 0; number < 64; number += 1) {
        const message = Buffer.from(`message ${number}`);
        for (const request of requestsFor(row, publicKey, message)) {
          const signature = await rig.vaults.first.sign(key, request, context());
          expect(verifies(row, publicKey, message, signature)).toBe(true);
          lengths.add(signature.length);
        }
      }
      expect(lengths.size).toBeGreaterThan(1);
    });
  });
}
