import { describe, expect, it, test } from 'vitest';
import type { OpenRequest, SealRequest } from '../../../../src/domain/ports/hsm.ts';
import { SchemeAead } from '../../../../src/hsm/aead/scheme-aead.ts';
import type { CallToken } from '../../../../src/hsm/aead/token-call.ts';
import { decodeDerived } from '../../../../src/hsm/wire/messages.ts';

const CONTEXT = { tenant: 1, deadlineMs: 0 };
const ROLE = {
  key: { token: 'soft', selector: { label: 'foo' } },
  admitted: 'any object',
  scheme: 'cmac',
  generation: 258,
  keyName: 'foo',
} as const;
const entropy = { randomBytes: (length: number) => new Uint8Array(length).fill(length) };
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const NONCE = '10'.repeat(16);

/** An AEAD over a token that answers with these bytes, and what it was asked. */
function over(answer: Uint8Array) {
  const asked: { operation: string; body: Uint8Array }[] = [];
  const call: CallToken = async (_key, operation, body) => {
    asked.push({ operation, body });
    return answer;
  };
  return { aead: new SchemeAead(call, entropy), asked };
}

const sealRequest = (plaintext: Uint8Array): SealRequest => ({
  ...ROLE,
  plaintext,
  aad: (metadata) => Buffer.concat([Buffer.from('aad'), metadata]),
});
const openRequest = (change: Partial<OpenRequest> = {}): OpenRequest => ({
  ...ROLE,
  ciphertext: new Uint8Array(5),
  tag: new Uint8Array(16),
  iv: new Uint8Array(12),
  metadata: Buffer.from(`01020102${NONCE}`, 'hex'),
  aad: Buffer.from('all of it'),
  ...change,
});

describe('sealing with a derived key', () => {
  it('X-30 X-31: draws nonce and IV, and authenticates metadata with the nonce in them', async () => {
    const { aead, asked } = over(Buffer.from('fivebsixteen-bytes-tag'));
    const sealed = await aead.seal(sealRequest(Buffer.from('plain!')), CONTEXT);
    expect(hex(sealed.metadata)).toBe(`01020102${NONCE}`);
    expect(hex(sealed.iv)).toBe('0c'.repeat(12));
    expect([sealed.ciphertext, sealed.tag].map(String)).toEqual(['fivebs', 'ixteen-bytes-tag']);
    const message = decodeDerived(asked[0]?.body ?? new Uint8Array(0));
    expect(asked.map(({ operation }) => operation)).toEqual(['derivedEncrypt']);
    expect(message).toMatchObject({ scheme: 'cmac', selector: { label: 'foo' } });
    expect(hex(message.nonce)).toBe(NONCE);
    expect(hex(message.aad)).toBe(`${hex(Buffer.from('aad'))}01020102${NONCE}`);
    expect(String(message.input)).toBe('plain!');
  });

  it('X-29: does not believe a token that returns another length', async () => {
    const { aead } = over(new Uint8Array(21));
    await expect(aead.seal(sealRequest(new Uint8Array(6)), CONTEXT)).rejects.toMatchObject({
      code: 'internal',
    });
  });
});

describe('opening with a derived key', () => {
  it('X-39: derives from the nonce of the metadata', async () => {
    const { aead, asked } = over(Buffer.from('plain'));
    expect(String(await aead.open(openRequest(), CONTEXT))).toBe('plain');
    const message = decodeDerived(asked[0]?.body ?? new Uint8Array(0));
    expect(asked.map(({ operation }) => operation)).toEqual(['derivedDecrypt']);
    expect(hex(message.nonce)).toBe(NONCE);
    expect(message.input.length).toBe(21);
  });

  test.for([
    { what: 'metadata of another scheme', change: { metadata: Buffer.from(`01030102${NONCE}`, 'hex') } },
    { what: 'metadata of another generation', change: { metadata: Buffer.from(`01020103${NONCE}`, 'hex') } },
    { what: 'metadata of native GCM', change: { metadata: Buffer.from('01010102', 'hex') } },
    { what: 'no metadata', change: { metadata: new Uint8Array(0) } },
    { what: 'metadata of nobody', change: { metadata: Buffer.alloc(20, 9) } },
    { what: 'an IV of 16 bytes', change: { iv: new Uint8Array(16) } },
    { what: 'a tag of 15 bytes', change: { tag: new Uint8Array(15) } },
  ])('X-38 X-50: refuses $what before the token is asked', async ({ change }) => {
    const { aead, asked } = over(Buffer.from('plain'));
    await expect(aead.open(openRequest(change), CONTEXT)).rejects.toMatchObject({ code: 'corrupt' });
    expect(asked).toEqual([]);
  });

  it('X-39: does not believe a token that returns another length', async () => {
    const { aead } = over(new Uint8Array(4));
    await expect(aead.open(openRequest(), CONTEXT)).rejects.toMatchObject({ code: 'internal' });
  });
});

describe('the scheme of a request', () => {
  test.for([
    { scheme: 'native-gcm' as const, operation: 'gcmEncrypt' },
    { scheme: 'hmac' as const, operation: 'derivedEncrypt' },
    { scheme: 'cmac' as const, operation: 'derivedEncrypt' },
    { scheme: 'cbc-mac' as const, operation: 'derivedEncrypt' },
  ])('$scheme asks the token for $operation', async ({ scheme, operation }) => {
    const { aead, asked } = over(new Uint8Array(16));
    await aead.seal({ ...sealRequest(new Uint8Array(0)), scheme }, CONTEXT);
    expect(asked.map((each) => each.operation)).toEqual([operation]);
  });

  it('is counted only where keys wear out: in native GCM', async () => {
    const counted: string[] = [];
    const counter = { count: (key: { token: string }) => void counted.push(key.token) };
    const aead = new SchemeAead(async () => new Uint8Array(16), entropy, counter as never);
    const admitted = { label: 'foo' } as never;
    await aead.seal({ ...sealRequest(new Uint8Array(0)), admitted, scheme: 'hmac' }, CONTEXT);
    expect(counted).toEqual([]);
    await aead.seal({ ...sealRequest(new Uint8Array(0)), admitted, scheme: 'native-gcm' }, CONTEXT);
    expect(counted).toEqual(['soft']);
  });
});
