import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KeyRole } from '../../src/domain/ports/hsm.ts';
import { SchemeAead } from '../../src/hsm/aead/scheme-aead.ts';
import { loadModule } from '../../src/hsm/pkcs11/pkcs11-module.ts';
import { encodeJson } from '../../src/hsm/wire/messages.ts';
import { type AeadVectors, gcmAadOf, type Received } from '../support/aead-vectors.ts';
import { importKeys } from '../support/import-key.ts';
import { type InProcessHost, openInProcessHost } from '../support/in-process-host.ts';
import { schemeKey } from '../support/scheme-keys.ts';
import { createTestToken, type TestToken } from '../support/token.ts';

// The file itself, as another implementation would read it.
const FILE = join(import.meta.dirname, '../../docs/vectors/xks-aead.json');
const vectors = JSON.parse(readFileSync(FILE, 'utf8')) as AeadVectors;
const bytes = (text: string) => Buffer.from(text, 'hex');
const hex = (data: Uint8Array) => Buffer.from(data).toString('hex');

let token: TestToken;
let host: InProcessHost;

beforeAll(async () => {
  token = await createTestToken();
  const keys = new Map([...vectors.valid, ...vectors.invalid].map((vector) => [labelOf(vector), vector]));
  await importKeys(
    token,
    [...keys].map(([label, { scheme, key }], index) =>
      schemeKey(scheme, { label, idHex: `f0${index.toString(16).padStart(2, '0')}`, valueHex: key }),
    ),
  );
  process.env['SOFTHSM2_CONF'] = token.env.SOFTHSM2_CONF;
  host = await openInProcessHost(loadModule(token.paths.module), token);
  await host.prepare();
});
afterAll(async () => {
  host.link.lose('end of test');
  await token[Symbol.asyncDispose]();
});

function labelOf({ scheme, key }: Received): string {
  return `${scheme} ${key.slice(0, 8)} ${key.slice(-8)}`;
}

function roleOf(vector: Received): KeyRole {
  const { scheme, externalKeyId, generation } = vector;
  const key = { token: 'soft', selector: { label: labelOf(vector) } };
  return { key, admitted: 'any object', scheme, generation, keyName: externalKeyId };
}

/** An AEAD that draws these bytes, in this order. */
function drawing(...drawn: readonly Buffer[]): SchemeAead {
  const left = [...drawn];
  return new SchemeAead(host.call, { randomBytes: () => left.shift() ?? new Uint8Array(0) });
}

const context = () => ({ tenant: 1, deadlineMs: performance.now() + 10_000 });

function open(vector: Received): Promise<Uint8Array> {
  const request = {
    ...roleOf(vector),
    ciphertext: bytes(vector.ciphertext),
    tag: bytes(vector.authenticationTag),
    iv: bytes(vector.iv),
    metadata: bytes(vector.ciphertextMetadata),
    aad: gcmAadOf(vector),
  };
  return drawing().open(request, context());
}

describe('the published test vectors, with their keys in SoftHSM2', () => {
  it.for(vectors.valid)('X-31 X-32: $name comes out as published', async (vector) => {
    const metadata = bytes(vector.ciphertextMetadata);
    const request = {
      ...roleOf(vector),
      plaintext: bytes(vector.plaintext),
      aad: (written: Uint8Array) => {
        expect(hex(written)).toBe(hex(metadata));
        return bytes(vector.gcmAad);
      },
    };
    const sealed = await drawing(bytes(vector.nonce), bytes(vector.iv)).seal(request, context());
    expect([sealed.metadata, sealed.iv, sealed.ciphertext, sealed.tag].map(hex)).toEqual([
      vector.ciphertextMetadata,
      vector.iv,
      vector.ciphertext,
      vector.authenticationTag,
    ]);
    expect(hex(gcmAadOf(vector))).toBe(vector.gcmAad);
    expect(hex(await open(vector))).toBe(vector.plaintext);
  });

  it.for(vectors.valid)('$name has the published check value', async (vector) => {
    const body = await host.link.call('describe', encodeJson({ label: labelOf(vector) }));
    expect(JSON.parse(Buffer.from(body).toString()).kcvHex).toBe(vector.keyCheckValue);
  });

  it.for(vectors.invalid)('X-38 X-50: $name is refused', async (vector) => {
    await expect(open(vector)).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('are as many as they should be', () => {
    expect([vectors.valid.length, vectors.invalid.length]).toEqual([17, 69]);
  });
});
