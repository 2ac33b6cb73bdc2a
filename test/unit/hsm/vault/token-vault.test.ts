import { randomBytes } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { SYMMETRIC } from '../../../../src/domain/key/key-specs.ts';
import type { DomainGeneration } from '../../../../src/domain/ports/record-store.ts';
import type { VaultTokens } from '../../../../src/hsm/fleet.ts';
import { TokenVault } from '../../../../src/hsm/vault/token-vault.ts';
import { ALICE, BOB, context, encrypt } from '../../../support/key-vault-contract.ts';
import { makeToken, materialIdOf } from '../../../support/vault-model.ts';
import { entropy } from './domain-rig.ts';

const GENERATIONS: readonly DomainGeneration[] = [
  { number: 1, token: 'old', label: 'one', createdMs: 0, copies: 'none', retiredMs: 5 },
  { number: 2, token: 'old', label: 'two', createdMs: 0, copies: 'none' },
  { number: 3, token: 'new', label: 'three', createdMs: 0, copies: 'none' },
];

/** Tokens that answer everything alike. */
function rigOf(answer: Uint8Array) {
  const callNear = vi.fn<VaultTokens['callNear']>(() => Promise.resolve(answer));
  const tell = vi.fn<VaultTokens['tell']>();
  const domain = { current: 3, generations: GENERATIONS };
  return { callNear, tell, vault: new TokenVault({ tokens: { callNear, tell }, entropy, domain }) };
}

function keyOf(generation: number) {
  const material = randomBytes(32);
  const materialId = materialIdOf(material, ALICE);
  const token = makeToken(randomBytes(32), material, { ...ALICE, generation, materialId });
  return { ...ALICE, materialId, token };
}

describe('a vault over tokens', () => {
  it('says that it is one', () => {
    expect(rigOf(Buffer.alloc(0)).vault.kind).toBe('token');
  });

  it.for([
    { generation: 1, token: 'old' },
    { generation: 3, token: 'new' },
  ])('sends what generation $generation wrapped to the token $token', async ({ generation, token }) => {
    const { vault, callNear } = rigOf(Buffer.alloc(37));
    await encrypt(vault, keyOf(generation));
    expect(callNear.mock.calls.map(([name, operation]) => [name, operation])).toEqual([
      [token, 'vaultEncrypt'],
    ]);
  });

  it('looks for the keys of generations that are not retired', async () => {
    const { vault, callNear } = rigOf(Buffer.alloc(0));
    await vault.check(context());
    expect(callNear.mock.calls.map(([name, , body]) => [name, String(body)])).toEqual([
      ['old', '{"label":"two"}'],
      ['new', '{"label":"three"}'],
    ]);
  });

  it('wraps nothing again from one token to another', async () => {
    const { vault, callNear } = rigOf(Buffer.alloc(0));
    await expect(vault.rewrap(keyOf(2), context())).rejects.toMatchObject({
      code: 'unsupported',
      detail: expect.stringContaining('import the older generation on new from its shares'),
    });
    expect(callNear).not.toHaveBeenCalled();
  });

  it('lets every token forget', () => {
    const { vault, tell } = rigOf(Buffer.alloc(0));
    const token = Buffer.from('token');
    vault.forget([token]);
    expect(tell.mock.calls).toEqual([
      ['old', 'vaultForget', token],
      ['new', 'vaultForget', token],
    ]);
  });

  it.for([
    { what: 'an encryption', act: (vault: TokenVault) => encrypt(vault, keyOf(3)) },
    { what: 'random bytes', act: (vault: TokenVault) => vault.random(16, context()) },
  ])('refuses $what of the wrong length', async ({ act }) => {
    await expect(act(rigOf(Buffer.alloc(5)).vault)).rejects.toMatchObject({ code: 'internal' });
  });

  it('refuses material that is for another key', async () => {
    const { vault } = rigOf(keyOf(3).token);
    await expect(vault.create(BOB, SYMMETRIC, context())).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('wipes imported material also when the token takes none', async () => {
    const { vault, callNear } = rigOf(Buffer.alloc(0));
    callNear.mockRejectedValue(new Error('away'));
    const material = randomBytes(32);
    await expect(vault.import(ALICE, SYMMETRIC, material, context())).rejects.toThrow('away');
    expect(material.equals(Buffer.alloc(32))).toBe(true);
    expect(Buffer.from(callNear.mock.calls[0]?.[2] ?? []).every((byte) => byte === 0)).toBe(true);
  });

  it.for([
    {
      what: 'seals 32 KiB at most',
      act: (vault: TokenVault) => vault.seal('seed', Buffer.alloc(32_769), context()),
    },
    {
      what: 'adopts a domain that has the generation which wraps',
      act: (vault: TokenVault) => vault.adopt({ current: 4, generations: GENERATIONS }, context()),
    },
  ])('$what', async ({ act }) => {
    await expect(act(rigOf(Buffer.alloc(0)).vault)).rejects.toMatchObject({ name: 'Bug' });
  });
});
