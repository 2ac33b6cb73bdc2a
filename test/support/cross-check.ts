/**
 * Holds a token against the software model: what the token makes opens in the model, and what the model makes
 * opens on the token, whatever token it is. The value of its key must be known.
 */
import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import type { DerivedScheme } from '../../src/domain/hsm/aead-scheme.ts';
import type { Admitted, Aead, CallContext, KeyRole, TokenKey } from '../../src/domain/ports/hsm.ts';
import { aadInModel, type ModelDerivation, openInModel, sealInModel } from './aead-model.ts';

/** A key on some token, and the way to it. */
export interface KnownKey {
  readonly aead: Aead;
  readonly key: TokenKey;
  readonly admitted: Admitted;
  readonly scheme: DerivedScheme;
  /** What the token holds. */
  readonly value: Uint8Array;
  /** Of each call. */
  readonly context: () => CallContext;
}

/** Plaintexts and associated data of all sizes up to the largest, in several roles. */
export async function crossCheck(known: KnownKey): Promise<void> {
  for (const { externalKeyId, generation, plaintextBytes, aadBytes } of CASES) {
    const role = roleOf(known, externalKeyId, generation);
    const texts = { plaintext: randomBytes(plaintextBytes), callerAad: randomBytes(aadBytes) };
    await tokenToModel(known, role, texts);
    await modelToToken(known, role, texts);
  }
}

interface Texts {
  readonly plaintext: Buffer;
  readonly callerAad: Buffer;
}

async function tokenToModel(known: KnownKey, role: KeyRole, { plaintext, callerAad }: Texts): Promise<void> {
  const aad = (metadata: Uint8Array): Uint8Array => aadInModel(callerAad, metadata);
  const sealed = await known.aead.seal({ ...role, plaintext, aad }, known.context());
  const metadata = Buffer.from(sealed.metadata);
  expect(metadata.length).toBe(20);
  const derivation = derivationOf(known, role, metadata.subarray(4), sealed.iv);
  const again = sealInModel(derivation, plaintext, callerAad);
  expect([metadata, sealed.ciphertext, sealed.tag].map(hex)).toEqual(
    [again.metadata, again.ciphertext, again.tag].map(hex),
  );
  const opened = openInModel(derivation, {
    aad: aadInModel(callerAad, metadata),
    ciphertext: Buffer.from(sealed.ciphertext),
    tag: Buffer.from(sealed.tag),
  });
  expect(opened && hex(opened)).toBe(hex(plaintext));
}

async function modelToToken(known: KnownKey, role: KeyRole, { plaintext, callerAad }: Texts): Promise<void> {
  const derivation = derivationOf(known, role, randomBytes(16), randomBytes(12));
  const sealed = sealInModel(derivation, plaintext, callerAad);
  const opened = await known.aead.open({ ...role, ...sealed, iv: derivation.iv }, known.context());
  expect(hex(opened)).toBe(hex(plaintext));
}

function roleOf({ key, admitted, scheme }: KnownKey, keyName: string, generation: number): KeyRole {
  return { key, admitted, scheme, generation, keyName };
}

function derivationOf(
  { scheme, value }: KnownKey,
  { keyName, generation }: KeyRole,
  nonce: Uint8Array,
  iv: Uint8Array,
): ModelDerivation {
  return { scheme, key: value, externalKeyId: keyName, generation, nonce, iv };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

const CASES = [
  { externalKeyId: 'foo', generation: 0, plaintextBytes: 0, aadBytes: 0 },
  { externalKeyId: 'foo', generation: 1, plaintextBytes: 1, aadBytes: 1 },
  { externalKeyId: 'a.b_c-D9', generation: 255, plaintextBytes: 16, aadBytes: 15 },
  { externalKeyId: 'x'.repeat(128), generation: 256, plaintextBytes: 100, aadBytes: 300 },
  { externalKeyId: '-', generation: 65_535, plaintextBytes: 4_300, aadBytes: 8_192 },
];
