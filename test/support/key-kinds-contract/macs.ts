import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openExportedKey } from '../exported-key-model.ts';
import { context, hex } from '../key-vault-contract.ts';
import type { KindRig } from './kind-rig.ts';

export function macContract(rig: KindRig): void {
  describe('a MAC', () => {
    it.for(rig.rowsOf('hmac'))('by a key of $spec is the one that node:crypto computes', async (row) => {
      const { first, secrets } = rig.vaults;
      const material = randomBytes(row.macBytes);
      const imported = await rig.importKey(row, material);
      const made = await rig.key(row);
      const ofMade = openExportedKey(secrets[0], made.token).material;
      // SoftHSM2 wraps 28 bytes with four zeros behind them: to HMAC the same key (RFC 2104).
      expect(hex(ofMade.subarray(row.macBytes))).toMatch(/^(0{8})?$/);
      for (const message of [Buffer.of(0), Buffer.from('a message'), randomBytes(4096)]) {
        for (const [key, bytes] of [[imported, material] as const, [made, ofMade] as const]) {
          const expected = createHmac(row.hash, bytes).update(message).digest('hex');
          expect(hex(await first.mac(key, row, message, context()))).toBe(expected);
        }
      }
    });
  });
}
