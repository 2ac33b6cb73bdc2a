/** What the doctor finds of a token, held against what this kind is known for and against a second opinion. */
import { describe, expect, it } from 'vitest';
import { FEATURES, type Feature, type FeatureFinding } from '../../src/hsm/devices/features.ts';
import type { KnownAnswer, MechanismName } from '../support/tokens/workbench-orders.ts';
import { type ContractRig, logIn } from './contract-rig.ts';

export function probeContract(rig: ContractRig): void {
  const { lacks } = rig.kind;
  describe('a probe', () => {
    it('tells every feature, and leaves no key', async () => {
      await using admin = await logIn(rig);
      const before = await admin.listKeys();
      expect((await admin.probe()).map(({ feature }) => feature)).toEqual(FEATURES);
      expect(await admin.listKeys()).toEqual(before);
    });

    it('finds by trial what this kind can do, and what it cannot', async ({ skip }) => {
      skip(lacks === undefined, 'nobody has said what a token of this kind cannot do');
      await using admin = await logIn(rig);
      const tested = (await admin.probe()).filter(({ capability }) => capability === 'tested');
      expect(tested.map(({ feature }) => feature)).toEqual(
        FEATURES.filter((each) => lacks?.includes(each) === false),
      );
    });

    it.for<{ feature: Feature; mechanism: MechanismName }>([
      { feature: 'aes-gcm', mechanism: 'CKM_AES_GCM' },
      { feature: 'aes-cmac', mechanism: 'CKM_AES_CMAC' },
      { feature: 'aes-cbc', mechanism: 'CKM_AES_CBC' },
      { feature: 'hmac-sha256', mechanism: 'CKM_SHA256_HMAC' },
    ])('says nothing else of $feature than somebody else found of $mechanism', async (row) => {
      await using admin = await logIn(rig);
      const found = (await admin.probe()).find(({ feature }) => feature === row.feature);
      expect(contradict(found, rig.answers[row.mechanism])).toBe(false);
    });
  });
}

/** What could not be tried contradicts nothing. */
function contradict(found: FeatureFinding | undefined, answer: KnownAnswer): boolean {
  if (found === undefined) return true;
  return found.capability !== 'listed' && (found.capability === 'tested') !== (answer === 'right');
}
