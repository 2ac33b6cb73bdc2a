import { describe, expect, it, test } from 'vitest';
import { AEAD_SCHEMES, type AeadScheme } from '../../../../src/domain/hsm/aead-scheme.ts';
import { HsmFault } from '../../../../src/domain/hsm-fault.ts';
import type { KeyDescription } from '../../../../src/domain/ports/hsm.ts';
import type { KeyStore, MappedKey } from '../../../../src/domain/xks/key-store.ts';
import {
  enforceCiphertextForm,
  openingGeneration,
  type SealedText,
} from '../../../../src/engine/xks/ciphertext-form.ts';
import { decrypt } from '../../../../src/engine/xks/decrypt.ts';
import { encrypt } from '../../../../src/engine/xks/encrypt.ts';
import { tokensOf } from '../../../../src/engine/xks/get-health-status.ts';
import { lookAtKey, requireUsage } from '../../../../src/engine/xks/key-state.ts';
import { surveyKeys } from '../../../../src/engine/xks/key-survey.ts';
import { ObjectClaims } from '../../../../src/engine/xks/object-claims.ts';
import { FakeHsm } from '../../../support/fake-hsm.ts';
import { keyStore, mappedKey } from '../../domain/xks/samples.ts';
import { CONTEXT, engineOver, faultOf } from './rig.ts';

const SECRET = { keyType: 'GENERIC_SECRET', canEncrypt: false, canDecrypt: false, canSign: true } as const;
const OBJECTS: Readonly<Record<AeadScheme, Partial<KeyDescription>>> = {
  'native-gcm': {},
  hmac: SECRET,
  cmac: { ...SECRET, keyType: 'AES' },
  'cbc-mac': { canDecrypt: false },
};
const PLAINTEXT = 'a data key of AWS KMS';
const AAD = new Uint8Array([1, 2, 3]);
const ENCRYPT_INPUT = { plaintext: new TextEncoder().encode(PLAINTEXT), aad: AAD, integrity: true };
const DECRYPT_ONLY = { usages: new Set(['DECRYPT'] as const), currentGeneration: 1 };

const at = (token: string, generation: number, scheme: AeadScheme, more: Partial<MappedKey> = {}) =>
  mappedKey('foo', { key: { token, selector: { label: 'foo' } }, generation, scheme, ...more });

/** Generation 0 on token `old`, and generation 1 on token `new`, which encrypts. */
function house(schemes: readonly [AeadScheme, AeadScheme], overrides: Partial<KeyStore> = {}) {
  const hsm = new FakeHsm();
  hsm.addKey('old', 'foo', OBJECTS[schemes[0]]);
  hsm.addKey('new', 'foo', OBJECTS[schemes[1]]);
  const before = at('old', 0, schemes[0]);
  const older = at('old', 0, schemes[0], DECRYPT_ONLY);
  const current = at('new', 1, schemes[1], { otherGenerations: [older] });
  return { hsm, before, older, current, store: keyStore([current], overrides) };
}

async function sealWith(hsm: FakeHsm, store: KeyStore, mapped: MappedKey): Promise<SealedText> {
  const engine = engineOver(hsm);
  const key = await lookAtKey(engine, new ObjectClaims([store]), store, mapped, CONTEXT);
  const { sealed } = await encrypt(engine, key, ENCRYPT_INPUT, CONTEXT);
  return { ...sealed, aad: AAD };
}

async function openWith(
  hsm: FakeHsm,
  store: KeyStore,
  mapped: MappedKey,
  sealed: SealedText,
): Promise<string> {
  const engine = engineOver(hsm);
  const opening = openingGeneration(store, mapped, sealed.metadata);
  const key = await lookAtKey(engine, new ObjectClaims([store]), store, opening, CONTEXT);
  requireUsage(key, 'DECRYPT');
  enforceCiphertextForm(store, opening, sealed);
  return new TextDecoder().decode(await decrypt(engine, key, sealed, CONTEXT));
}

const MIXTURES = AEAD_SCHEMES.flatMap((older) => AEAD_SCHEMES.map((current) => ({ older, current })));

describe('generations of one key', () => {
  test.for(MIXTURES)(
    'X-30 X-33 X-38: from $older to $current, both generations are opened, and only the current one is made',
    async ({ older, current }) => {
      const { hsm, before, current: entry, store } = house([older, current]);
      const sealedBefore = await sealWith(hsm, keyStore([before]), before);
      const sealedNow = await sealWith(hsm, store, entry);
      expect(await openWith(hsm, store, entry, sealedBefore)).toBe(PLAINTEXT);
      expect(await openWith(hsm, store, entry, sealedNow)).toBe(PLAINTEXT);
      const sealers = hsm.calls.filter(({ operation }) => operation === 'seal').map(({ key }) => key.token);
      expect(sealers).toEqual(['old', 'new']);
    },
  );

  test.for(MIXTURES)(
    'X-38: a proxy that has $current only distributed opens what others encrypt, and encrypts with $older',
    async ({ older, current }) => {
      const { hsm, store, current: switched } = house([older, current]);
      const next = at('new', 1, current, { usages: new Set(['DECRYPT']), currentGeneration: 0 });
      const distributed = at('old', 0, older, { otherGenerations: [next] });
      const itsStore = keyStore([distributed]);
      const theirs = await sealWith(hsm, store, switched);
      const ours = await sealWith(hsm, itsStore, distributed);
      expect(await openWith(hsm, itsStore, distributed, theirs)).toBe(PLAINTEXT);
      expect(await openWith(hsm, store, switched, ours)).toBe(PLAINTEXT);
      expect(openingGeneration(itsStore, distributed, ours.metadata)).toBe(distributed);
    },
  );

  it('X-38 X-50: a ciphertext of a generation that is not listed is invalid, whatever its scheme', async () => {
    const { hsm, store, current } = house(['native-gcm', 'hmac']);
    const foreign = { ...(await sealWith(hsm, store, current)), metadata: Uint8Array.of(1, 1, 0, 2) };
    expect(await faultOf(() => openWith(hsm, store, current, foreign))).toMatchObject({
      code: 'InvalidCiphertextException',
      detail: "The ciphertext was made with generation 2 of external key 'foo', which is not in use.",
    });
  });

  it('X-38 X-50: the scheme of one generation is not taken for that of another', async () => {
    const { hsm, before, store, current } = house(['native-gcm', 'hmac']);
    const sealed = await sealWith(hsm, keyStore([before]), before);
    const moved = { ...sealed, metadata: Uint8Array.of(1, 1, 0, 1) };
    expect(await faultOf(() => openWith(hsm, store, current, moved))).toMatchObject({
      code: 'InvalidCiphertextException',
      detail:
        "The ciphertext was made with scheme native-gcm; external key 'foo' (generation 1) has scheme hmac.",
    });
  });

  it('mistake 6: X-38: metadata of an earlier proxy lead to generation 0', () => {
    const legacyMetadata = Uint8Array.of(0xaa, 0xbb);
    const { store, current, older } = house(['native-gcm', 'hmac'], { aadMode: 'sha256', legacyMetadata });
    expect(openingGeneration(store, current, legacyMetadata)).toBe(older);
    expect(openingGeneration(store, current, Uint8Array.of(0xaa))).toBe(current);
  });

  it('X-51: a generation that is not current refuses to encrypt, whatever its object can do', async () => {
    const { hsm, older, store } = house(['native-gcm', 'hmac']);
    const claims = new ObjectClaims([store]);
    const key = await lookAtKey(engineOver(hsm), claims, store, older, CONTEXT);
    expect(await faultOf(() => requireUsage(key, 'ENCRYPT'))).toMatchObject({
      code: 'InvalidKeyUsageException',
      detail: expect.stringMatching(/^External key 'foo' \(generation 0\) does not allow ENCRYPT: /),
    });
  });

  test.for([
    { broken: 'old', serving: 'new' },
    { broken: 'new', serving: 'old' },
  ])('X-49: a generation whose token $broken fails stops no other', async ({ broken, serving }) => {
    const { hsm, before, store, current } = house(['native-gcm', 'hmac']);
    const sealed = {
      old: await sealWith(hsm, keyStore([before]), before),
      new: await sealWith(hsm, store, current),
    };
    hsm.failOn({ token: broken }, new HsmFault('unavailable', 'switched off'));
    const open = (token: string) => openWith(hsm, store, current, sealed[token as 'old' | 'new']);
    expect(await open(serving)).toBe(PLAINTEXT);
    expect((await faultOf(() => open(broken))).code).toBe('unavailable');
  });

  it('X-09 X-49: the survey names each generation and what is wrong with it', async () => {
    const { hsm, store } = house(['native-gcm', 'hmac']);
    hsm.failOn({ token: 'old' }, new HsmFault('not-found', 'no key label=foo'));
    const findings = await surveyKeys({
      stores: [store],
      healthKeys: [],
      tokens: ['old', 'new'],
      directory: hsm,
      clock: { nowMs: () => 0, monotonicMs: () => 1000 },
      pause: async () => undefined,
      signal: new AbortController().signal,
    });
    expect(findings.map(({ mapped, usages, refusal }) => [mapped.generation, usages, refusal])).toEqual([
      [1, ['ENCRYPT', 'DECRYPT'], undefined],
      [0, [], 'the token answered not-found: no key label=foo'],
    ]);
  });

  it('X-09 X-49: one object behind two generations is refused unless both say shared', async () => {
    const hsm = new FakeHsm();
    hsm.addKey('soft', 'foo', { idHex: '01' });
    const refusal = async (shared: boolean) => {
      const other = mappedKey('foo', { key: { token: 'soft', selector: { idHex: '01' } }, shared });
      const current = mappedKey('foo', { generation: 1, otherGenerations: [other], shared });
      const store = keyStore([current]);
      const claims = new ObjectClaims([store]);
      await faultOf(() => lookAtKey(engineOver(hsm), claims, store, other, CONTEXT)).catch(() => undefined);
      claims.claim('/one', current, await hsm.describe(current.key, CONTEXT));
      return claims.refusal(current);
    };
    expect(await refusal(false)).toBe(
      'its object also stands behind generation 0 of the same external key, and shared is not set',
    );
    expect(await refusal(true)).toBeUndefined();
  });

  it('X-66: a reload takes over what is known of every generation, also of one that was switched', async () => {
    const { hsm, older, current, store } = house(['native-gcm', 'hmac']);
    const claims = new ObjectClaims([store]);
    claims.claim('/one', current, await hsm.describe(current.key, CONTEXT));
    claims.claim('/one', older, await hsm.describe(older.key, CONTEXT));
    const nowOlder = at('new', 1, 'hmac', { currentGeneration: 0 });
    const nowCurrent = at('old', 0, 'native-gcm', { otherGenerations: [nowOlder] });
    const next = new ObjectClaims([keyStore([nowCurrent])]);
    next.inherit(claims);
    expect(next.descriptionOf(nowOlder)?.tokenSerial).toBe('serial-of-new');
    expect(next.descriptionOf(nowCurrent)?.tokenSerial).toBe('serial-of-old');
  });

  it('X-40: the health of a key store is that of the tokens of all generations', () => {
    const { store } = house(['native-gcm', 'hmac']);
    expect(tokensOf(store)).toEqual(['new', 'old']);
  });
});
