import { createDecipheriv, webcrypto } from 'node:crypto';
import { describe, expect, it, test } from 'vitest';
import { Bug } from '../../../../src/domain/bug.ts';
import { HsmFault } from '../../../../src/domain/hsm-fault.ts';
import type { SealedText } from '../../../../src/engine/xks/ciphertext-form.ts';
import { decrypt } from '../../../../src/engine/xks/decrypt.ts';
import { encrypt } from '../../../../src/engine/xks/encrypt.ts';
import { CONTEXT, faultOf, rig } from './rig.ts';

const text = (value: string) => new Uint8Array(Buffer.from(value));
const PLAINTEXT = text('made by KMS');
const AAD = text('project=nile');

function flip(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[0] = (copy[0] ?? 0) ^ 1;
  return copy;
}

describe('Encrypt and Decrypt', () => {
  test.for([
    { what: 'with AAD', aad: AAD, store: {}, key: {} },
    { what: 'without AAD', aad: undefined, store: {}, key: {} },
    { what: 'in sha256 mode', aad: AAD, store: { aadMode: 'sha256' as const }, key: {} },
    { what: 'with generation 1', aad: AAD, store: {}, key: { generation: 1 } },
  ])('X-04 X-28 X-39: what was encrypted $what decrypts again', async ({ aad, store, key }) => {
    const { engine, key: admitted } = await rig({ store, key });
    const { sealed, integrityValue } = await encrypt(
      engine,
      admitted,
      { plaintext: PLAINTEXT, aad, integrity: false },
      CONTEXT,
    );
    expect(sealed.ciphertext.length).toBe(PLAINTEXT.length);
    expect([sealed.iv.length, sealed.tag.length]).toEqual([12, 16]);
    expect(integrityValue).toBeUndefined();
    expect(Buffer.from(await decrypt(engine, admitted, { ...sealed, aad }, CONTEXT))).toEqual(
      Buffer.from(PLAINTEXT),
    );
  });

  it('X-26 X-32: another AES-GCM opens it with the layout of the specification', async () => {
    const value = new Uint8Array(32).fill(7);
    const { engine, key } = await rig({ object: { value } });
    const { sealed } = await encrypt(
      engine,
      key,
      { plaintext: PLAINTEXT, aad: text('ab'), integrity: false },
      CONTEXT,
    );
    const decipher = createDecipheriv('aes-256-gcm', value, sealed.iv);
    decipher.setAAD(Buffer.from('0002616200', 'hex'));
    decipher.setAuthTag(sealed.tag);
    expect(Buffer.concat([decipher.update(sealed.ciphertext), decipher.final()])).toEqual(
      Buffer.from(PLAINTEXT),
    );
  });

  it('mistake 6: X-32: what was encrypted without AAD opens with an empty one, in spec mode', async () => {
    const { engine, key } = await rig();
    const { sealed } = await encrypt(
      engine,
      key,
      { plaintext: PLAINTEXT, aad: undefined, integrity: false },
      CONTEXT,
    );
    const opened = await decrypt(engine, key, { ...sealed, aad: new Uint8Array(0) }, CONTEXT);
    expect(Buffer.from(opened)).toEqual(Buffer.from(PLAINTEXT));
  });

  it('an empty plaintext makes an empty ciphertext and a tag', async () => {
    const { engine, key } = await rig();
    const empty = new Uint8Array(0);
    const { sealed } = await encrypt(
      engine,
      key,
      { plaintext: empty, aad: undefined, integrity: true },
      CONTEXT,
    );
    expect(sealed.ciphertext.length).toBe(0);
    expect((await decrypt(engine, key, { ...sealed, aad: undefined }, CONTEXT)).length).toBe(0);
  });

  const ALTERATIONS: readonly { what: string; alter: (sealed: SealedText) => SealedText }[] = [
    { what: 'ciphertext', alter: (sealed) => ({ ...sealed, ciphertext: flip(sealed.ciphertext) }) },
    { what: 'IV', alter: (sealed) => ({ ...sealed, iv: flip(sealed.iv) }) },
    { what: 'tag', alter: (sealed) => ({ ...sealed, tag: flip(sealed.tag) }) },
    { what: 'AAD', alter: (sealed) => ({ ...sealed, aad: flip(AAD) }) },
    { what: 'presence of the AAD', alter: (sealed) => ({ ...sealed, aad: undefined }) },
    { what: 'metadata', alter: (sealed) => ({ ...sealed, metadata: flip(sealed.metadata) }) },
    { what: 'presence of the metadata', alter: (sealed) => ({ ...sealed, metadata: new Uint8Array(0) }) },
  ];
  test.for(ALTERATIONS)('mistake 9: X-31 X-38 X-50: a changed $what is found out', async ({ alter }) => {
    const { engine, key } = await rig({ key: { generation: 1 } });
    const { sealed } = await encrypt(
      engine,
      key,
      { plaintext: PLAINTEXT, aad: AAD, integrity: false },
      CONTEXT,
    );
    const fault = await faultOf(() => decrypt(engine, key, alter({ ...sealed, aad: AAD }), CONTEXT));
    expect(fault.code).toBe('corrupt');
  });

  it('X-39: a port whose plaintext has another length is a bug', async () => {
    const { engine, key, hsm } = await rig();
    const { sealed } = await encrypt(
      engine,
      key,
      { plaintext: PLAINTEXT, aad: AAD, integrity: false },
      CONTEXT,
    );
    hsm.alterOpened = (plaintext) => plaintext.subarray(1);
    await expect(decrypt(engine, key, { ...sealed, aad: AAD }, CONTEXT)).rejects.toThrow(Bug);
  });

  test.for([
    { what: 'ciphertext', change: { ciphertext: new Uint8Array(1) } },
    { what: 'IV', change: { iv: new Uint8Array(8) } },
    { what: 'tag', change: { tag: new Uint8Array(12) } },
    { what: 'metadata', change: { metadata: new Uint8Array(21) } },
  ])(
    'mistake 9: X-29 X-30: a port whose $what has the wrong length never reaches KMS',
    async ({ change }) => {
      const { engine, key, hsm } = await rig();
      hsm.alterSealed = (sealed) => ({ ...sealed, ...change });
      const input = { plaintext: PLAINTEXT, aad: AAD, integrity: false };
      await expect(encrypt(engine, key, input, CONTEXT)).rejects.toThrow(Bug);
    },
  );

  it('the deadline and the tenant of the call reach the token', async () => {
    const { engine, key, hsm } = await rig();
    await encrypt(engine, key, { plaintext: PLAINTEXT, aad: AAD, integrity: true }, CONTEXT);
    expect(hsm.calls.map(({ operation, context }) => [operation, context])).toEqual([
      ['describe', CONTEXT],
      ['seal', CONTEXT],
      ['open', CONTEXT],
    ]);
  });
});

describe('Encrypt with an integrity value', () => {
  const input = { plaintext: PLAINTEXT, aad: AAD, integrity: true };

  it('X-27 X-34: returns SHA-256 over the parts KMS receives, over the caller’s own AAD even in sha256 mode', async () => {
    const { engine, key } = await rig({ store: { aadMode: 'sha256' }, key: { generation: 1 } });
    const { sealed, integrityValue } = await encrypt(engine, key, input, CONTEXT);
    const parts = Buffer.concat([
      AAD,
      Buffer.from('01010001', 'hex'),
      sealed.iv,
      sealed.ciphertext,
      sealed.tag,
    ]);
    expect(Buffer.from(integrityValue ?? [])).toEqual(
      Buffer.from(await webcrypto.subtle.digest('SHA-256', parts)),
    );
  });

  it('X-35: the ciphertext is opened once, before the answer; without the request, not at all', async () => {
    const { engine, key, hsm } = await rig();
    await encrypt(engine, key, input, CONTEXT);
    expect(hsm.count('open')).toBe(1);
    await encrypt(engine, key, { ...input, integrity: false }, CONTEXT);
    expect(hsm.count('open')).toBe(1);
  });

  it('X-35: a ciphertext that does not authenticate is discarded', async () => {
    const { engine, key, hsm } = await rig();
    hsm.alterSealed = (sealed) => ({ ...sealed, tag: flip(sealed.tag) });
    expect(await faultOf(() => encrypt(engine, key, input, CONTEXT))).toMatchObject({
      code: 'InternalException',
      detail: 'The new ciphertext did not decrypt to its plaintext, so it was discarded.',
      logFields: { integrityCheck: 'failed' },
      cause: { code: 'corrupt' },
    });
  });

  test.for([
    { what: 'another text', alter: flip },
    { what: 'a text of another length', alter: (plaintext: Uint8Array) => plaintext.subarray(1) },
  ])('X-35: a ciphertext that opens to $what is discarded', async ({ alter }) => {
    const { engine, key, hsm } = await rig();
    hsm.alterOpened = alter;
    expect((await faultOf(() => encrypt(engine, key, input, CONTEXT))).code).toBe('InternalException');
  });

  it('X-35: metadata that Decrypt would refuse is found by the check', async () => {
    const { engine, key, hsm } = await rig();
    hsm.alterSealed = (sealed) => ({ ...sealed, metadata: new Uint8Array([9, 9]) });
    expect(await faultOf(() => encrypt(engine, key, input, CONTEXT))).toMatchObject({
      code: 'InternalException',
      cause: { code: 'InvalidCiphertextException' },
    });
  });

  it('X-58: a token that is late for the check is late, not wrong', async () => {
    const { engine, key, hsm } = await rig();
    hsm.failOn({ operation: 'open' }, new HsmFault('timeout', 'no answer in time'));
    expect((await faultOf(() => encrypt(engine, key, input, CONTEXT))).code).toBe('timeout');
  });

  it('X-35: a key that configuration lets only encrypt checks its work all the same', async () => {
    const { engine, key, hsm } = await rig({ key: { usages: new Set(['ENCRYPT']) } });
    expect((await encrypt(engine, key, input, CONTEXT)).integrityValue?.length).toBe(32);
    expect(hsm.count('open')).toBe(1);
  });
});
