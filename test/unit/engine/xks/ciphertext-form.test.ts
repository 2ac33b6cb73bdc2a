import { describe, expect, it, test } from 'vitest';
import { enforceCiphertextForm } from '../../../../src/engine/xks/ciphertext-form.ts';
import { keyStore, mappedKey } from '../../domain/xks/samples.ts';
import { faultOf } from './rig.ts';

const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));
const sealed = (overrides: { iv?: number; tag?: number; metadata?: string } = {}) => ({
  ciphertext: new Uint8Array(5),
  iv: new Uint8Array(overrides.iv ?? 12),
  tag: new Uint8Array(overrides.tag ?? 16),
  metadata: hex(overrides.metadata ?? ''),
  aad: undefined,
});

describe('the form of a ciphertext', () => {
  test.for([{ ivBytes: 12 }, { ivBytes: 16 }])('X-37: an IV of $ivBytes bytes is taken', ({ ivBytes }) => {
    expect(() =>
      enforceCiphertextForm(keyStore([]), mappedKey('foo'), sealed({ iv: ivBytes })),
    ).not.toThrow();
  });

  test.for([
    { change: { iv: 0 }, detail: 'initializationVector has 0 bytes; it must have 12 or 16.' },
    { change: { iv: 11 }, detail: 'initializationVector has 11 bytes; it must have 12 or 16.' },
    { change: { iv: 13 }, detail: 'initializationVector has 13 bytes; it must have 12 or 16.' },
    { change: { iv: 17 }, detail: 'initializationVector has 17 bytes; it must have 12 or 16.' },
    { change: { tag: 15 }, detail: 'authenticationTag has 15 bytes; it must have 16.' },
    { change: { tag: 17 }, detail: 'authenticationTag has 17 bytes; it must have 16.' },
    { change: { metadata: '01'.repeat(21) }, detail: 'ciphertextMetadata has 21 bytes; it has at most 20.' },
    {
      change: { metadata: '01'.repeat(20) },
      detail: 'ciphertextMetadata is not of a kind that this proxy writes or was told to accept.',
    },
    {
      change: { metadata: '01010001' },
      detail: "The ciphertext was made with generation 1 of external key 'foo', which is not in use.",
    },
  ])('mistake 7: X-38 X-50: $detail', async ({ change, detail }) => {
    const fault = await faultOf(() => enforceCiphertextForm(keyStore([]), mappedKey('foo'), sealed(change)));
    expect(fault).toMatchObject({ code: 'InvalidCiphertextException', detail });
  });

  it('X-38: only the generation in use is opened', async () => {
    const mapped = mappedKey('foo', { generation: 258 });
    expect(() => enforceCiphertextForm(keyStore([]), mapped, sealed({ metadata: '01010102' }))).not.toThrow();
    expect((await faultOf(() => enforceCiphertextForm(keyStore([]), mapped, sealed()))).code).toBe(
      'InvalidCiphertextException',
    );
  });

  test.for([
    {
      scheme: 'hmac' as const,
      metadata: '',
      detail: "The ciphertext was made with scheme native-gcm; external key 'foo' has scheme hmac.",
    },
    {
      scheme: 'hmac' as const,
      metadata: `01020000${'00'.repeat(16)}`,
      detail: "The ciphertext was made with scheme cmac; external key 'foo' has scheme hmac.",
    },
    {
      scheme: 'native-gcm' as const,
      metadata: `01030000${'00'.repeat(16)}`,
      detail: "The ciphertext was made with scheme hmac; external key 'foo' has scheme native-gcm.",
    },
    {
      scheme: 'cbc-mac' as const,
      metadata: `01040001${'00'.repeat(16)}`,
      detail: "The ciphertext was made with generation 1 of external key 'foo', which is not in use.",
    },
    {
      scheme: 'cmac' as const,
      metadata: '01020000',
      detail: 'ciphertextMetadata is not of a kind that this proxy writes or was told to accept.',
    },
  ])(
    'X-38 X-50: under scheme $scheme, metadata "$metadata" are refused',
    async ({ scheme, metadata, detail }) => {
      const mapped = mappedKey('foo', { scheme });
      const fault = await faultOf(() => enforceCiphertextForm(keyStore([]), mapped, sealed({ metadata })));
      expect(fault).toMatchObject({ code: 'InvalidCiphertextException', detail });
    },
  );

  test.for([
    { scheme: 'hmac' as const, number: '03' },
    { scheme: 'cmac' as const, number: '02' },
    { scheme: 'cbc-mac' as const, number: '04' },
  ])(
    'X-37 X-50: scheme $scheme takes its own metadata, with an IV of 12 bytes alone',
    async ({ scheme, number }) => {
      const mapped = mappedKey('foo', { scheme, generation: 258 });
      const metadata = `01${number}0102${'ab'.repeat(16)}`;
      expect(() => enforceCiphertextForm(keyStore([]), mapped, sealed({ metadata }))).not.toThrow();
      const fault = await faultOf(() =>
        enforceCiphertextForm(keyStore([]), mapped, sealed({ metadata, iv: 16 })),
      );
      expect(fault).toMatchObject({
        code: 'InvalidCiphertextException',
        detail: `Scheme ${scheme} makes an initializationVector of 12 bytes.`,
      });
    },
  );

  it('mistake 6: the metadata of the earlier proxy is not for a key that derives', async () => {
    const moved = keyStore([], { aadMode: 'sha256', legacyMetadata: hex('aabbcc') });
    const mapped = mappedKey('foo', { scheme: 'hmac' });
    const fault = await faultOf(() => enforceCiphertextForm(moved, mapped, sealed({ metadata: 'aabbcc' })));
    expect(fault.detail).toBe(
      "The ciphertext was made with scheme native-gcm; external key 'foo' has scheme hmac.",
    );
  });

  it('mistake 6: the metadata of the earlier proxy is generation 0 in sha256 mode, and only there', async () => {
    const legacyMetadata = hex('aabbcc');
    const moved = keyStore([], { aadMode: 'sha256', legacyMetadata });
    const legacy = sealed({ metadata: 'aabbcc' });
    expect(() => enforceCiphertextForm(moved, mappedKey('foo'), legacy)).not.toThrow();
    expect(() => enforceCiphertextForm(moved, mappedKey('foo'), sealed())).not.toThrow();
    const spec = keyStore([], { aadMode: 'spec', legacyMetadata });
    const refusals = [
      await faultOf(() => enforceCiphertextForm(spec, mappedKey('foo'), legacy)),
      await faultOf(() => enforceCiphertextForm(moved, mappedKey('foo'), sealed({ metadata: 'aabbcd' }))),
      await faultOf(() => enforceCiphertextForm(moved, mappedKey('foo', { generation: 1 }), legacy)),
      await faultOf(() =>
        enforceCiphertextForm(keyStore([], { aadMode: 'sha256' }), mappedKey('foo'), legacy),
      ),
    ];
    expect(refusals.map(({ code }) => code)).toEqual(Array(4).fill('InvalidCiphertextException'));
  });

  it('mistake 6: X-38: legacy metadata never shadows a form of our own', async () => {
    const ours = hex('01010001');
    const store = keyStore([], { aadMode: 'sha256', legacyMetadata: ours });
    const received = sealed({ metadata: '01010001' });
    const current = mappedKey('foo', { generation: 1 });
    expect(() => enforceCiphertextForm(store, current, received)).not.toThrow();
    expect((await faultOf(() => enforceCiphertextForm(store, mappedKey('foo'), received))).code).toBe(
      'InvalidCiphertextException',
    );
  });

  it('mistake 6: X-38: a form reserved for later is not taken for the earlier proxy’s', async () => {
    const metadata = `0102${'00'.repeat(18)}`;
    const store = keyStore([], { aadMode: 'sha256', legacyMetadata: hex(metadata) });
    const refused = await faultOf(() => enforceCiphertextForm(store, mappedKey('foo'), sealed({ metadata })));
    expect(refused.code).toBe('InvalidCiphertextException');
  });
});
