/**
 * What Portcullis does with a token, the same for every kind: keys are found and described as they are, GCM is
 * OpenSSL's GCM or is refused, and a PIN is tried once.
 */
import { createCipheriv } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TokenKind } from '../support/tokens/token-kind.ts';
import { administrationContract } from './administration-contract.ts';
import { CONTRACT_KEYS, type ContractRig, KNOWN_KEY, NOBODY, openContractRig } from './contract-rig.ts';
import { derivedContract } from './derived-contract.ts';
import { gcmContract, noGcmContract } from './gcm-contract.ts';
import { pinContract } from './pin-contract.ts';
import { probeContract } from './probe-contract.ts';
import { skipWithout } from './skip-without.ts';
import { vaultContract } from './vault-contract.ts';

/** Defines the suite over one kind of token. Provisions a token at once, for what it can do decides what is tested. */
export async function tokenContract(kind: TokenKind): Promise<void> {
  if (kind.absent !== undefined) {
    const { absent } = kind;
    it(`the contract suite over ${kind.name}`, ({ skip }) => skip(absent));
    return;
  }
  const rig = await openContractRig(kind);
  describe(kind.name, () => {
    beforeAll(() => rig.ready());
    afterAll(() => rig[Symbol.asyncDispose]());

    openingContract(rig);
    keyContract(rig);
    if (rig.answers.CKM_AES_GCM === 'right') gcmContract(rig);
    else noGcmContract(rig);
    derivedContract(rig);
    administrationContract(rig);
    probeContract(rig);
    vaultContract(rig);
    pinContract(kind);
  });
}

function openingContract(rig: ContractRig): void {
  it('does what a token of this kind does at least', () => {
    const { mechanisms } = rig.kind;
    expect(mechanisms.map((name) => [name, rig.answers[name]])).toEqual(
      mechanisms.map((name) => [name, 'right']),
    );
  });

  it('is opened and logged in to by one host, which says what its GCM is worth', () => {
    const ready = rig.opened.lines.filter(({ event }) => event === 'token-host.ready');
    expect(ready).toHaveLength(1);
    expect(ready[0]?.fields['gcm']).toBe(rig.answers.CKM_AES_GCM === 'right' ? 'tested' : 'missing');
  });
}

function keyContract(rig: ContractRig): void {
  const { aes, known, mac, extractable, encryptOnly, otherTwin } = CONTRACT_KEYS;
  it.for([
    { by: 'label', selector: { label: aes.label } },
    { by: 'id', selector: { idHex: aes.idHex } },
    { by: 'label and id', selector: { label: aes.label, idHex: aes.idHex } },
  ])('finds a key by $by and describes it', async ({ selector }, { skip }) => {
    skipWithout(rig, 'aes', skip);
    expect(await rig.describe(selector)).toMatchObject({
      keyType: 'AES',
      bits: 256,
      canEncrypt: true,
      canDecrypt: true,
      extractable: false,
      sensitive: true,
      label: aes.label,
      idHex: aes.idHex,
    });
  });

  it('shows the check value that OpenSSL computes of the same key', async ({ skip }) => {
    skipWithout(rig, 'known', skip);
    const { kcvHex, bits } = await rig.describe({ label: known.label });
    const block = createCipheriv('aes-256-ecb', KNOWN_KEY, null).update(Buffer.alloc(16));
    expect([kcvHex, bits]).toEqual([block.subarray(0, 3).toString('hex'), 256]);
  });

  it('describes a key for HMAC as one that encrypts nothing', async ({ skip }) => {
    skipWithout(rig, 'mac', skip);
    expect(await rig.describe({ label: mac.label })).toMatchObject({
      keyType: 'GENERIC_SECRET',
      bits: 256,
      canEncrypt: false,
      canDecrypt: false,
      extractable: false,
      sensitive: true,
    });
  });

  it('shows that a key may be extracted, or may not decrypt', async ({ skip }) => {
    skipWithout(rig, 'extractable', skip);
    skipWithout(rig, 'encryptOnly', skip);
    expect(await rig.describe({ label: extractable.label })).toMatchObject({
      extractable: true,
    });
    expect(await rig.describe({ label: encryptOnly.label })).toMatchObject({
      canEncrypt: true,
      canDecrypt: false,
    });
  });

  it.for([
    { of: 'an unknown label', selector: { label: NOBODY.label } },
    { of: 'an unknown id', selector: { idHex: NOBODY.idHex } },
    { of: 'the label of one key and the id of another', selector: { label: aes.label, idHex: known.idHex } },
  ])('finds no key of $of', async ({ selector }) => {
    await expect(rig.describe(selector)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('does not choose between two keys with one label, which an id tells apart', async ({ skip }) => {
    skipWithout(rig, 'twin', skip);
    skipWithout(rig, 'otherTwin', skip);
    await expect(rig.describe({ label: otherTwin.label })).rejects.toMatchObject({
      code: 'ambiguous',
    });
    const { label, idHex } = otherTwin;
    expect(await rig.describe({ label, idHex })).toMatchObject({ idHex });
  });
}
