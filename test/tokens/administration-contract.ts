/** Keys made and listed as the command line does it. */
import { describe, expect, it } from 'vitest';
import { CONTRACT_KEYS, type ContractRig, logIn, MADE_KEY, NOBODY } from './contract-rig.ts';
import { skipWithout } from './skip-without.ts';

export function administrationContract(rig: ContractRig): void {
  describe('administration', () => {
    it('lists every key once', async ({ skip }) => {
      for (const name of ['aes', 'twin', 'otherTwin'] as const) skipWithout(rig, name, skip);
      await using admin = await logIn(rig);
      const wanted = (['aes', 'twin', 'otherTwin'] as const).map((name) => CONTRACT_KEYS[name].idHex);
      const ids = (await admin.listKeys()).map(({ idHex }) => idHex);
      expect(ids.filter((idHex) => wanted.some((id) => id === idHex)).sort()).toEqual(wanted);
    });

    it('makes an AES-256 key that never leaves the token, for encryption and decryption', async ({
      skip,
    }) => {
      skipWithout(rig, 'aes', skip);
      await using admin = await logIn(rig);
      await admin.generateKey({ ...MADE_KEY, scheme: 'native-gcm' });
      expect((await admin.listKeys()).find(({ idHex }) => idHex === MADE_KEY.idHex)).toMatchObject({
        keyType: 'AES',
        bits: 256,
        canEncrypt: true,
        canDecrypt: true,
        extractable: false,
        sensitive: true,
        label: MADE_KEY.label,
      });
    });

    it('makes no key under an id that is taken, and leaves the key that has it alone', async ({ skip }) => {
      skipWithout(rig, 'aes', skip);
      await using admin = await logIn(rig);
      const { idHex, label } = CONTRACT_KEYS.aes;
      const before = await rig.describe({ idHex });
      await expect(
        admin.generateKey({ label: NOBODY.label, idHex, scheme: 'native-gcm' }),
      ).rejects.toMatchObject({ code: 'ambiguous' });
      expect((await admin.listKeys()).filter((key) => key.idHex === idHex)).toEqual([before]);
      expect(before.label).toBe(label);
    });
  });
}
