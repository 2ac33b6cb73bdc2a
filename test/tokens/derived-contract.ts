/** The schemes that derive, each where the token has its mechanism, held against the software model. */
import { expect, it } from 'vitest';
import type { DerivedScheme } from '../../src/domain/hsm/aead-scheme.ts';
import type { KeyRole } from '../../src/domain/ports/hsm.ts';
import { fittingScheme } from '../../src/domain/xks/scheme-fitness.ts';
import { SCHEME_MECHANISMS } from '../../src/hsm/devices/scheme-mechanisms.ts';
import { checkValueInModel } from '../support/aead-model.ts';
import { crossCheck } from '../support/cross-check.ts';
import { until } from '../support/running-proxy.ts';
import { openTestFleet } from '../support/test-fleet.ts';
import type { MechanismName } from '../support/tokens/workbench-orders.ts';
import { CONTRACT_KEYS, type ContractRig, context, KNOWN_KEY } from './contract-rig.ts';
import { skipWithout } from './skip-without.ts';

const KEYS = { hmac: 'hmac', cmac: 'cmac', 'cbc-mac': 'cbcMac' } as const;
/** opencryptoki tells no length of a secret that was imported. */
const MADE_KEYS = { hmac: 'mac', cmac: 'cmac', 'cbc-mac': 'encryptOnly' } as const;
/** Enough for a card that has to be enumerated first. */
const HEALTHY_MS = 60_000;
const SCHEMES: readonly DerivedScheme[] = ['hmac', 'cmac', 'cbc-mac'];

export function derivedContract(rig: ContractRig): void {
  const able = SCHEMES.filter((scheme) => rig.answers[mechanismOf(scheme)] === 'right');
  const unable = SCHEMES.filter((scheme) => !able.includes(scheme));

  for (const scheme of able) {
    it(`finds that a key made for ${scheme} fits`, async ({ skip }) => {
      skipWithout(rig, MADE_KEYS[scheme], skip);
      const { label } = CONTRACT_KEYS[MADE_KEYS[scheme]];
      expect(fittingScheme(await rig.describe({ label }))).toBe(scheme);
    });

    it(`shows for ${scheme} the check value of the software model`, async ({ skip }) => {
      skipWithout(rig, KEYS[scheme], skip);
      const { kcvHex } = await rig.describe(selectorOf(scheme));
      expect(kcvHex).toBe(checkValueInModel(scheme, KNOWN_KEY));
    });

    it(`is healthy by a health key of ${scheme}`, async ({ skip }) => {
      skipWithout(rig, MADE_KEYS[scheme], skip);
      const { label } = CONTRACT_KEYS[MADE_KEYS[scheme]];
      const { profile } = rig.kind;
      const { fleet } = openTestFleet(rig.token, { token: { profile, healthKey: { label, scheme } } });
      try {
        await until(() => fleet.health.health(['soft'])[0]?.status === 'ACTIVE', { withinMs: HEALTHY_MS });
        expect(fleet.health.health(['soft'])).toMatchObject([{ status: 'ACTIVE', reason: '' }]);
      } finally {
        await fleet[Symbol.asyncDispose]();
      }
    });

    it(`makes and opens with ${scheme} what the software model does`, async ({ skip }) => {
      skipWithout(rig, KEYS[scheme], skip);
      const { aead } = rig.opened.fleet;
      const { key } = roleOf(scheme);
      const admitted = await rig.describe(key.selector);
      await crossCheck({ aead, key, admitted, scheme, value: KNOWN_KEY, context });
    });

    it(`takes with ${scheme} one wrong bit for corrupt data, and serves on`, async ({ skip }) => {
      skipWithout(rig, KEYS[scheme], skip);
      const before = rig.opened.fleet.hosts().map(({ pid }) => pid);
      const sealed = await seal(scheme);
      for (const part of ['ciphertext', 'iv', 'tag', 'metadata'] as const) {
        const flipped = Buffer.from(sealed[part]);
        flipped.writeUInt8(flipped.readUInt8(flipped.length - 1) ^ 1, flipped.length - 1);
        await expect(open(scheme, { ...sealed, [part]: flipped })).rejects.toMatchObject({ code: 'corrupt' });
      }
      await expect(open(scheme, sealed, { keyName: 'bar' })).rejects.toMatchObject({ code: 'corrupt' });
      expect(String(await open(scheme, sealed))).toBe('plain');
      expect(rig.opened.fleet.hosts().map(({ pid }) => pid)).toEqual(before);
    });
  }

  for (const scheme of unable) {
    it(`refuses to derive with ${scheme}, and stays as it is`, async ({ skip }) => {
      skipWithout(rig, KEYS[scheme], skip);
      const before = rig.opened.fleet.hosts();
      await expect(seal(scheme)).rejects.toMatchObject({ code: 'unsupported' });
      expect(rig.opened.fleet.hosts()).toEqual(before);
    });
  }

  async function seal(scheme: DerivedScheme) {
    const aad = () => Buffer.from('aad');
    const plaintext = Buffer.from('plain');
    return await rig.opened.fleet.aead.seal({ ...roleOf(scheme), plaintext, aad }, context());
  }

  function open(
    scheme: DerivedScheme,
    sealed: Awaited<ReturnType<typeof seal>>,
    change: Partial<KeyRole> = {},
  ): Promise<Uint8Array> {
    const request = { ...roleOf(scheme), ...change, ...sealed, aad: Buffer.from('aad') };
    return rig.opened.fleet.aead.open(request, context());
  }
}

function mechanismOf(scheme: DerivedScheme): MechanismName {
  return SCHEME_MECHANISMS[scheme].name as MechanismName;
}

function selectorOf(scheme: DerivedScheme): KeyRole['key']['selector'] {
  return { label: CONTRACT_KEYS[KEYS[scheme]].label };
}

function roleOf(scheme: DerivedScheme): KeyRole {
  const key = { token: 'soft', selector: selectorOf(scheme) };
  return { key, admitted: 'any object', scheme, generation: 0, keyName: 'foo' };
}
