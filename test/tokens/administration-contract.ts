/** Keys made and listed as the command line does it. */
import { describe, expect, it } from 'vitest';
import { onlyKey } from '../../src/cli/key-choice.ts';
import { fittingScheme } from '../../src/domain/xks/scheme-fitness.ts';
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

    it.for([
      { scheme: 'hmac', like: 'mac', mechanism: 'CKM_SHA256_HMAC' },
      { scheme: 'cmac', like: 'cmac', mechanism: 'CKM_AES_CMAC' },
      { scheme: 'cbc-mac', like: 'encryptOnly', mechanism: 'CKM_AES_CBC' },
    ] as const)('makes a key that fits scheme $scheme', async ({ scheme, like, mechanism }, { skip }) => {
      skip(rig.answers[mechanism] !== 'right', `the token answers ${rig.answers[mechanism]} to ${mechanism}`);
      skipWithout(rig, like, skip);
      await using admin = await logIn(rig);
      const idHex = `${MADE_KEY.idHex}${Buffer.from(scheme).toString('hex')}`;
      await admin.generateKey({ label: MADE_KEY.label, idHex, scheme });
      const made = onlyKey(await admin.listKeys(), { idHex });
      expect(fittingScheme(made)).toBe(scheme);
      expect(made).toMatchObject({ sensitive: true, extractable: false });
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
