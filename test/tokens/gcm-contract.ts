/** AES-256-GCM by the token's own mechanism, held against OpenSSL's. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import type { KeyRole, OpenRequest, Sealed } from '../../src/domain/ports/hsm.ts';
import { until } from '../support/running-proxy.ts';
import { CONTRACT_KEYS, type ContractKey, type ContractRig, context, KNOWN_KEY } from './contract-rig.ts';
import { skipWithout } from './skip-without.ts';

const AAD = Buffer.from('department=10,project=nile');

export function gcmContract(rig: ContractRig): void {
  const seal = (name: ContractKey, plaintext: Uint8Array, aad: Uint8Array = AAD): Promise<Sealed> =>
    rig.opened.fleet.aead.seal({ ...roleOf(name), plaintext, aad: () => aad }, context());
  const open = async (name: ContractKey, sealed: Message): Promise<Buffer> =>
    Buffer.from(
      await rig.opened.fleet.aead.open(
        { aad: AAD, metadata: new Uint8Array(0), ...sealed, ...roleOf(name) },
        context(),
      ),
    );
  const pids = (): unknown => rig.opened.fleet.hosts().map(({ pid }) => pid);

  it.for([0, 1, 15, 16, 17, 4096])('decrypts the %i bytes that it encrypted', async (length, { skip }) => {
    skipWithout(rig, 'aes', skip);
    const plaintext = randomBytes(length);
    const sealed = await seal('aes', plaintext);
    expect([sealed.iv.length, sealed.tag.length, sealed.ciphertext.length]).toEqual([12, 16, length]);
    expect(await open('aes', sealed)).toEqual(plaintext);
  });

  it('encrypts without associated data', async ({ skip }) => {
    skipWithout(rig, 'aes', skip);
    const none = new Uint8Array(0);
    const plaintext = randomBytes(40);
    expect(await open('aes', { ...(await seal('aes', plaintext, none)), aad: none })).toEqual(plaintext);
  });

  it('never repeats itself', async ({ skip }) => {
    skipWithout(rig, 'aes', skip);
    const plaintext = randomBytes(20);
    const all = await Promise.all(Array.from({ length: 100 }, () => seal('aes', plaintext)));
    expect(new Set(all.map(({ iv }) => Buffer.from(iv).toString('hex'))).size).toBe(100);
    expect(new Set(all.map(({ ciphertext }) => Buffer.from(ciphertext).toString('hex'))).size).toBe(100);
  });

  it('encrypts what OpenSSL decrypts with the same key', async ({ skip }) => {
    skipWithout(rig, 'known', skip);
    const plaintext = randomBytes(100);
    const { iv, tag, ciphertext } = await seal('known', plaintext);
    const decipher = createDecipheriv('aes-256-gcm', KNOWN_KEY, iv).setAAD(AAD).setAuthTag(tag);
    expect(Buffer.concat([decipher.update(ciphertext), decipher.final()])).toEqual(plaintext);
  });

  it.for([12, 16])('decrypts what OpenSSL encrypted under an IV of %i bytes', async (ivBytes, { skip }) => {
    skipWithout(rig, 'known', skip);
    for (const length of [0, 33]) {
      const plaintext = randomBytes(length);
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv('aes-256-gcm', KNOWN_KEY, iv).setAAD(AAD);
      const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
      expect(await open('known', { iv, ciphertext, tag: cipher.getAuthTag() })).toEqual(plaintext);
    }
  });

  it.for(['ciphertext', 'iv', 'tag', 'aad'] as const)(
    'takes one wrong bit in the %s for corrupt data, and serves on',
    async (field, { skip }) => {
      skipWithout(rig, 'aes', skip);
      const before = pids();
      const plaintext = randomBytes(48);
      const sealed = { ...(await seal('aes', plaintext)), aad: AAD };
      await expect(open('aes', { ...sealed, [field]: withFlippedBit(sealed[field]) })).rejects.toMatchObject({
        code: 'corrupt',
      });
      expect(await open('aes', sealed)).toEqual(plaintext);
      expect(pids()).toEqual(before);
    },
  );

  it('takes what another key encrypted for corrupt data', async ({ skip }) => {
    skipWithout(rig, 'aes', skip);
    skipWithout(rig, 'known', skip);
    await expect(open('known', await seal('aes', randomBytes(20)))).rejects.toMatchObject({
      code: 'corrupt',
    });
  });

  it('does not decrypt with a key that may only encrypt', async ({ skip }) => {
    skipWithout(rig, 'encryptOnly', skip);
    const opened = open('encryptOnly', await seal('encryptOnly', randomBytes(20)));
    // NSS calls it a key of the wrong type.
    await expect(opened).rejects.toMatchObject({ code: expect.stringMatching(/^(usage|unsupported)$/) });
  });

  it('is healthy', async ({ skip }) => {
    skipWithout(rig, 'health', skip);
    await until(() => rig.opened.fleet.health.health(['soft'])[0]?.status === 'ACTIVE');
    expect(rig.opened.fleet.health.health(['soft'])).toMatchObject([{ status: 'ACTIVE', reason: '' }]);
  });
}

/** A token without GCM is refused as one, and not taken for a broken one. */
export function noGcmContract(rig: ContractRig): void {
  it('refuses to encrypt, for there is no GCM, and stays as it is', async ({ skip }) => {
    skipWithout(rig, 'aes', skip);
    const { fleet } = rig.opened;
    const before = fleet.hosts();
    const request = { ...roleOf('aes'), plaintext: randomBytes(20) };
    await expect(
      fleet.aead.seal({ ...request, aad: (metadata) => metadata }, context()),
    ).rejects.toMatchObject({
      code: 'unsupported',
    });
    expect(fleet.hosts()).toEqual(before);
  });

  it('is not healthy, and says why', async () => {
    const { health } = rig.opened.fleet;
    await until(() => /CKM_AES_GCM/.test(health.health(['soft'])[0]?.reason ?? ''));
    expect(health.health(['soft'])).toMatchObject([{ status: 'UNAVAILABLE' }]);
  });
}

type Message = Pick<OpenRequest, 'iv' | 'tag' | 'ciphertext'> & { readonly aad?: Uint8Array };

function roleOf(name: ContractKey): KeyRole {
  const key = { token: 'soft', selector: { label: CONTRACT_KEYS[name].label } };
  return { key, admitted: 'any object', scheme: 'native-gcm', generation: 0, keyName: 'foo' };
}

function withFlippedBit(bytes: Uint8Array): Buffer {
  const flipped = Buffer.from(bytes);
  flipped.writeUInt8(flipped.readUInt8(0) ^ 1, 0);
  return flipped;
}
