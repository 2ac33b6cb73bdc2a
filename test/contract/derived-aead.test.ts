import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DerivedScheme } from '../../src/domain/hsm/aead-scheme.ts';
import type { CallContext, KeyDescription, KeyRole } from '../../src/domain/ports/hsm.ts';
import { checkValueInModel } from '../support/aead-model.ts';
import { crossCheck } from '../support/cross-check.ts';
import { importKeys } from '../support/import-key.ts';
import { until } from '../support/running-proxy.ts';
import { keyBytes, schemeKey } from '../support/scheme-keys.ts';
import { openTestFleet, type TestFleet } from '../support/test-fleet.ts';
import { createTestToken, type TestToken } from '../support/token.ts';

const SCHEMES = [{ scheme: 'hmac' }, { scheme: 'cmac' }, { scheme: 'cbc-mac' }] as const;
const KEYS = { hmac: schemeKey('hmac'), cmac: schemeKey('cmac'), 'cbc-mac': schemeKey('cbc-mac') };

let token: TestToken;
let opened: TestFleet;

beforeAll(async () => {
  token = await createTestToken();
  await token.addAesKey({ label: 'health', id: '0aff' });
  await importKeys(token, Object.values(KEYS));
  opened = openTestFleet(token);
  await until(() => opened.fleet.hosts().every(({ phase }) => phase === 'ready'));
});
afterAll(async () => {
  await opened.fleet[Symbol.asyncDispose]();
  await token[Symbol.asyncDispose]();
});

const context = (): CallContext => ({ tenant: 1, deadlineMs: performance.now() + 10_000 });
const plaintext = Buffer.from('twenty bytes of text');
const aadFor = (metadata: Uint8Array) => Buffer.concat([Buffer.from('aad'), metadata]);

function describeKey(label: string): Promise<KeyDescription> {
  return opened.fleet.describe({ token: 'soft', selector: { label } }, context());
}

async function roleOf(scheme: DerivedScheme, change: Partial<KeyRole> = {}): Promise<KeyRole> {
  const key = { token: 'soft', selector: { label: scheme } };
  return { key, admitted: await describeKey(scheme), scheme, generation: 1, keyName: 'foo', ...change };
}

async function seal(role: KeyRole, text: Uint8Array = plaintext) {
  return await opened.fleet.aead.seal({ ...role, plaintext: text, aad: aadFor }, context());
}

type SealedText = Awaited<ReturnType<typeof seal>>;

/** Opens with the associated data that belong to the metadata, unless told otherwise. */
function open(role: KeyRole, sealed: SealedText, aad: Uint8Array = aadFor(sealed.metadata)) {
  return opened.fleet.aead.open({ ...role, ...sealed, aad }, context());
}

describe('a derived key on SoftHSM2', () => {
  it.for(SCHEMES)('X-29 X-31: $scheme makes and opens what the software model does', async ({ scheme }) => {
    const { aead } = opened.fleet;
    const { key, admitted } = await roleOf(scheme);
    await crossCheck({ aead, key, admitted, scheme, value: keyBytes(KEYS[scheme]), context });
  });

  it.for(SCHEMES)('is found out by the cross-check when $scheme uses another key', async ({ scheme }) => {
    const { aead } = opened.fleet;
    const { key, admitted } = await roleOf(scheme);
    const value = randomBytes(32);
    await expect(crossCheck({ aead, key, admitted, scheme, value, context })).rejects.toThrow();
  });

  it.for(SCHEMES)('shows for $scheme the check value that the software model has', async ({ scheme }) => {
    const { kcvHex } = await describeKey(scheme);
    expect(kcvHex).toBe(checkValueInModel(scheme, keyBytes(KEYS[scheme])));
  });

  it.for(SCHEMES)('makes with $scheme another ciphertext, nonce and IV each time', async ({ scheme }) => {
    const role = await roleOf(scheme);
    const sealed = await Promise.all(Array.from({ length: 50 }, () => seal(role)));
    for (const part of ['ciphertext', 'iv', 'tag', 'metadata'] as const) {
      expect(new Set(sealed.map((each) => Buffer.from(each[part]).toString('hex'))).size).toBe(50);
    }
  });

  it.for(SCHEMES)('takes with $scheme as much as a frame holds, and refuses more', async ({ scheme }) => {
    const role = await roleOf(scheme);
    const largest = randomBytes(64 * 1024 - 200);
    expect(Buffer.from(await open(role, await seal(role, largest))).equals(largest)).toBe(true);
    await expect(seal(role, randomBytes(64 * 1024))).rejects.toMatchObject({ code: 'unsupported' });
  });
});

describe('what was altered on its way', () => {
  it.for(SCHEMES)(
    'X-38 X-50: $scheme refuses every flipped bit of ciphertext, tag, IV and metadata, on both sides of the AAD',
    async ({ scheme }) => {
      const role = await roleOf(scheme);
      const sealed = await seal(role, Buffer.from('text'));
      let tried = 0;
      for (const part of ['ciphertext', 'tag', 'iv', 'metadata'] as const) {
        for (let bit = 0; bit < sealed[part].length * 8; bit += 1) {
          const altered = { ...sealed, [part]: flipped(sealed[part], bit) };
          const aads =
            part === 'metadata' ? [aadFor(sealed.metadata), aadFor(altered.metadata)] : [undefined];
          for (const aad of aads) {
            await expect(open(role, altered, aad)).rejects.toMatchObject({ code: 'corrupt' });
            tried += 1;
          }
        }
      }
      expect(tried).toBe(32 + 128 + 96 + 2 * 160);
      expect(String(await open(role, sealed))).toBe('text');
    },
  );

  it.for(SCHEMES)('X-26 X-50: $scheme refuses every flipped bit of the AAD', async ({ scheme }) => {
    const role = await roleOf(scheme);
    const sealed = await seal(role);
    const aad = aadFor(sealed.metadata);
    for (let bit = 0; bit < aad.length * 8; bit += 1) {
      await expect(open(role, sealed, flipped(aad, bit))).rejects.toMatchObject({ code: 'corrupt' });
    }
  });

  it.for(SCHEMES)(
    'X-50: $scheme refuses another external key id, generation, cut or longer parts',
    async ({ scheme }) => {
      const role = await roleOf(scheme);
      const sealed = await seal(role);
      const { metadata } = sealed;
      const nextGeneration = Buffer.from(metadata);
      nextGeneration.writeUInt16BE(2, 2);
      const attempts = [
        open({ ...role, keyName: 'fop' }, sealed),
        open({ ...role, keyName: '' }, sealed),
        open({ ...role, generation: 2 }, sealed),
        open({ ...role, generation: 2 }, { ...sealed, metadata: nextGeneration }),
        open(role, { ...sealed, ciphertext: sealed.ciphertext.subarray(1) }),
        open(role, { ...sealed, ciphertext: Buffer.concat([sealed.ciphertext, Buffer.alloc(1)]) }),
        open(role, { ...sealed, tag: sealed.tag.subarray(1) }),
        open(role, { ...sealed, iv: Buffer.concat([sealed.iv, Buffer.alloc(4)]) }),
        open(role, { ...sealed, metadata: metadata.subarray(0, 19) }),
        open(role, { ...sealed, metadata: Buffer.concat([metadata, Buffer.alloc(1)]) }),
        open(role, { ...sealed, metadata: new Uint8Array(0) }),
      ];
      const codes = await Promise.all(attempts.map((each) => each.catch((error) => error.code)));
      expect(codes).toEqual(attempts.map(() => 'corrupt'));
    },
  );

  it('X-50: no scheme opens what another one made, also with the metadata rewritten and on one key', async () => {
    // A key of both kinds exists only here: admission would refuse it.
    const both = schemeKey('cmac', { label: 'both', idHex: 'd005', usages: ['encrypt', 'sign'] });
    await importKeys(token, [both]);
    const key = { token: 'soft', selector: { label: 'both' } };
    const admitted = await describeKey('both');
    const role = await roleOf('cmac', { key, admitted });
    const sealed = await seal(role);
    const rewritten = Buffer.from(sealed.metadata);
    rewritten.writeUInt8(4, 1);
    const other: KeyRole = { ...role, scheme: 'cbc-mac' };
    for (const metadata of [sealed.metadata, rewritten]) {
      await expect(open(other, { ...sealed, metadata })).rejects.toMatchObject({ code: 'corrupt' });
    }
    expect(String(await open(role, sealed))).toBe(String(plaintext));
  });

  it('X-50: another key of the same scheme opens nothing', async () => {
    await importKeys(token, [schemeKey('hmac', { label: 'other', idHex: 'd006' })]);
    const role = await roleOf('hmac');
    const key = { token: 'soft', selector: { label: 'other' } };
    const other = { ...role, key, admitted: await describeKey('other') };
    await expect(open(other, await seal(role))).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('costs the token host nothing', () => {
    expect(opened.fleet.hosts().map(({ phase }) => phase)).toEqual(['ready']);
    expect(opened.lines.filter(({ event }) => event === 'token-host.lost')).toEqual([]);
  });
});

function flipped(bytes: Uint8Array, bit: number): Buffer {
  const altered = Buffer.from(bytes);
  altered.writeUInt8(altered.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  return altered;
}
