import { describe, expect, it, test } from 'vitest';
import { getKeyMetadata } from '../../../../src/engine/xks/get-key-metadata.ts';
import {
  lookAtKey,
  requireEnabledKey,
  requireEnabledStore,
  requireUsage,
} from '../../../../src/engine/xks/key-state.ts';
import { ObjectClaims } from '../../../../src/engine/xks/object-claims.ts';
import { FakeHsm } from '../../../support/fake-hsm.ts';
import { keyStore, mappedKey } from '../../domain/xks/samples.ts';
import { CONTEXT, engineOver, faultOf, rig } from './rig.ts';

describe('state and usage', () => {
  it('X-49: a disabled key store is refused, an enabled one is not', async () => {
    expect(() => requireEnabledStore(keyStore([]))).not.toThrow();
    expect(await faultOf(() => requireEnabledStore(keyStore([], { status: 'DISABLED' })))).toMatchObject({
      code: 'InvalidStateException',
      detail: 'This key store is disabled in the proxy configuration.',
    });
  });

  it('X-23 X-49: a disabled key is refused, an enabled one is not', async () => {
    expect(() => requireEnabledKey(mappedKey('foo'))).not.toThrow();
    expect(await faultOf(() => requireEnabledKey(mappedKey('foo', { status: 'DISABLED' })))).toMatchObject({
      code: 'InvalidStateException',
      detail: "External key 'foo' is disabled in the proxy configuration.",
    });
  });

  test.for([
    { object: { bits: 128 }, reason: 'it has 128 bits, and AES_256 needs 256' },
    {
      object: { extractable: true },
      reason: 'it is extractable (CKA_EXTRACTABLE), and allowExtractable is not set for it',
    },
  ])('mistake 8: X-20: the object is refused with the reason: $reason', async ({ object, reason }) => {
    expect(await faultOf(() => rig({ object }))).toMatchObject({
      code: 'InvalidStateException',
      detail: `External key 'foo' is refused by the proxy: ${reason}.`,
    });
  });

  it('mistake 8: two objects under one label are ambiguous, and no object is not found', async () => {
    const hsm = new FakeHsm();
    hsm.addKey('soft', 'twin', { idHex: '01' });
    hsm.addKey('soft', 'twin', { idHex: '02' });
    const store = keyStore([mappedKey('twin'), mappedKey('gone')]);
    const look = (id: string) =>
      faultOf(() => lookAtKey(engineOver(hsm), new ObjectClaims([store]), store, mappedKey(id), CONTEXT));
    expect([(await look('twin')).code, (await look('gone')).code]).toEqual(['ambiguous', 'not-found']);
  });

  test.for([
    { usage: 'ENCRYPT' as const, object: { canEncrypt: false } },
    { usage: 'ENCRYPT' as const, object: { canDecrypt: false } },
    { usage: 'DECRYPT' as const, object: { canDecrypt: false } },
  ])('X-51: $usage needs the attribute on the token', async ({ usage, object }) => {
    const { key } = await rig({ object });
    expect(await faultOf(() => requireUsage(key, usage))).toMatchObject({
      code: 'InvalidKeyUsageException',
      detail: `External key 'foo' does not allow ${usage}: its attributes on the token or the proxy configuration leave it out.`,
    });
  });

  it('X-51: configuration narrows usage, and what is left passes', async () => {
    const { key } = await rig({ key: { usages: new Set(['DECRYPT']) } });
    expect(() => requireUsage(key, 'DECRYPT')).not.toThrow();
    expect((await faultOf(() => requireUsage(key, 'ENCRYPT'))).code).toBe('InvalidKeyUsageException');
  });

  test.for([
    { scheme: 'hmac' as const, object: { keyType: 'GENERIC_SECRET' as const, canSign: true } },
    { scheme: 'cmac' as const, object: { canSign: true } },
    { scheme: 'cbc-mac' as const, object: { canEncrypt: true } },
  ])('X-20 X-21: to AWS KMS, a key of scheme $scheme is an AES-256 key', async ({ scheme, object }) => {
    const { key } = await rig({
      key: { scheme },
      object: { canEncrypt: false, canDecrypt: false, ...object },
    });
    expect(getKeyMetadata(key)).toEqual({
      keySpec: 'AES_256',
      usages: ['ENCRYPT', 'DECRYPT'],
      status: 'ENABLED',
    });
  });

  test.for([{ status: 'ENABLED' as const }, { status: 'DISABLED' as const }])(
    'X-04 X-19 X-20 X-21 X-22 X-23: metadata of a key that is $status',
    async ({ status }) => {
      const { key } = await rig({ key: { status } });
      expect(getKeyMetadata(key)).toEqual({ keySpec: 'AES_256', usages: ['ENCRYPT', 'DECRYPT'], status });
    },
  );
});
