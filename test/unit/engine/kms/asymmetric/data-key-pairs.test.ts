import { createPrivateKey, createPublicKey } from 'node:crypto';
import { ml_kem512, ml_kem768, ml_kem1024 } from '@noble/post-quantum/ml-kem.js';
import { describe, expect, it, test } from 'vitest';
import { HsmFault } from '../../../../../src/domain/hsm-fault.ts';
import { callBy, faultOf, Rig } from '../rig.ts';
import { openssl } from './openssl.ts';

const BOTH = ['GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext'] as const;
const encryptionContext = { for: 'a device' };

/** Lengths of SubjectPublicKeyInfo: RFC 5280 with RFC 8017, RFC 5480, RFC 8410, RFC 9935. `named` as openssl says it. */
const CLASSICAL = [
  { keyPairSpec: 'RSA_2048', publicBytes: 294, named: 'Private-Key: (2048 bit, 2 primes)' },
  { keyPairSpec: 'RSA_3072', publicBytes: 422, named: 'Private-Key: (3072 bit, 2 primes)' },
  { keyPairSpec: 'RSA_4096', publicBytes: 550, named: 'Private-Key: (4096 bit, 2 primes)' },
  { keyPairSpec: 'ECC_NIST_P256', publicBytes: 91, named: 'ASN1 OID: prime256v1' },
  { keyPairSpec: 'ECC_NIST_P384', publicBytes: 120, named: 'ASN1 OID: secp384r1' },
  { keyPairSpec: 'ECC_NIST_P521', publicBytes: 158, named: 'ASN1 OID: secp521r1' },
  { keyPairSpec: 'ECC_SECG_P256K1', publicBytes: 88, named: 'ASN1 OID: secp256k1' },
  { keyPairSpec: 'ECC_NIST_EDWARDS25519', publicBytes: 44, named: 'ED25519 Private-Key' },
] as const;

const LATTICE = [
  { keyPairSpec: 'ML_KEM_512', publicBytes: 822, kem: ml_kem512 },
  { keyPairSpec: 'ML_KEM_768', publicBytes: 1206, kem: ml_kem768 },
  { keyPairSpec: 'ML_KEM_1024', publicBytes: 1590, kem: ml_kem1024 },
] as const;

const EVERY = [...CLASSICAL, ...LATTICE];

async function opened(rig: Rig, ciphertextBlob: Uint8Array | undefined): Promise<Buffer> {
  const input = { ciphertextBlob: ciphertextBlob as Uint8Array, encryptionContext };
  return Buffer.from((await rig.run('Decrypt', input)).plaintext as Uint8Array);
}

describe('GenerateDataKeyPair', () => {
  test.for(EVERY)(
    'of $keyPairSpec answers with a public key of $publicBytes bytes and the private key, also encrypted',
    async ({ keyPairSpec, publicBytes }) => {
      const rig = new Rig();
      const key = await rig.newKey();
      const answer = await rig.run('GenerateDataKeyPair', { keyId: key.id, keyPairSpec, encryptionContext });
      expect(answer).toStrictEqual({
        publicKey: expect.any(Uint8Array),
        privateKeyPlaintext: expect.any(Uint8Array),
        privateKeyCiphertextBlob: expect.any(Uint8Array),
        keyPairSpec,
        keyId: key.arn,
        keyMaterialId: (await rig.record(key.id)).body.currentMaterialId,
      });
      expect(answer.publicKey).toHaveLength(publicBytes);
      const privateKey = Buffer.from(answer.privateKeyPlaintext as Uint8Array);
      expect(await opened(rig, answer.privateKeyCiphertextBlob)).toStrictEqual(privateKey);
      const parsed = createPublicKey(createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs8' }));
      expect(parsed.export({ type: 'spki', format: 'der' })).toStrictEqual(
        Buffer.from(answer.publicKey as Uint8Array),
      );
    },
  );

  test.for(CLASSICAL)('of $keyPairSpec is one that openssl knows', async ({ keyPairSpec, named }) => {
    const rig = new Rig();
    const key = await rig.newKey();
    const answer = await rig.run('GenerateDataKeyPair', { keyId: key.id, keyPairSpec });
    const files = { 'private.der': answer.privateKeyPlaintext as Uint8Array };
    const read = ['pkey', '-inform', 'DER', '-in', 'private.der'];
    expect(openssl([...read, '-pubout', '-outform', 'DER'], files)).toStrictEqual(
      Buffer.from(answer.publicKey as Uint8Array),
    );
    expect(openssl([...read, '-noout', '-text'], files).toString()).toContain(named);
  });

  test.for(LATTICE)(
    'of $keyPairSpec has its private key as a seed of 64 bytes, from which others make the same pair',
    async ({ keyPairSpec, kem }) => {
      const rig = new Rig();
      const key = await rig.newKey();
      const answer = await rig.run('GenerateDataKeyPair', { keyId: key.id, keyPairSpec });
      const privateKey = answer.privateKeyPlaintext as Uint8Array;
      expect(privateKey).toHaveLength(86);
      const { publicKey } = kem.keygen(privateKey.slice(22));
      expect(Buffer.from(answer.publicKey as Uint8Array).subarray(22)).toStrictEqual(Buffer.from(publicKey));
    },
  );

  it('makes another pair each time', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    for (const keyPairSpec of ['ECC_NIST_P256', 'ML_KEM_768'] as const) {
      const first = await rig.run('GenerateDataKeyPair', { keyId: key.id, keyPairSpec });
      const second = await rig.run('GenerateDataKeyPair', { keyId: key.id, keyPairSpec });
      expect(first.publicKey).not.toStrictEqual(second.publicKey);
    }
  });

  it('for an enclave is refused', async () => {
    const rig = new Rig();
    const call = rig.run('GenerateDataKeyPair', {
      keyId: 'alias/none',
      keyPairSpec: 'ECC_NIST_P256',
      recipient: {},
    });
    expect(await faultOf(call)).toStrictEqual({
      code: 'UnsupportedOperationException',
      detail: 'This engine does not support Recipient. Leave it out to get the answer in the clear.',
    });
  });

  it('of RSA lets other calls pass while it is made', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const ended: string[] = [];
    const pair = rig
      .run('GenerateDataKeyPair', { keyId: key.id, keyPairSpec: 'RSA_4096' })
      .then(() => ended.push('pair'));
    for (const keyPairSpec of ['ECC_NIST_P256', 'ML_KEM_768'] as const) {
      await rig.run('GenerateDataKeyPair', { keyId: key.id, keyPairSpec });
      await rig.run('Encrypt', { keyId: key.id, plaintext: Buffer.from('quick') });
      ended.push('others');
    }
    await pair;
    expect(ended).toStrictEqual(['others', 'others', 'pair']);
  });

  it('of RSA is not begun when nobody waits for it any more', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const late = { ...callBy(), deadlineMs: 0 };
    const call = rig.run('GenerateDataKeyPair', { keyId: key.id, keyPairSpec: 'RSA_4096' }, late);
    expect(await faultOf(call)).toMatchObject({ code: 'timeout' });
  });
});

describe('GenerateDataKeyPairWithoutPlaintext', () => {
  test.for(['ECC_NIST_P384', 'ML_KEM_512'] as const)(
    'of %s answers without the private key, which its blob still opens to',
    async (keyPairSpec) => {
      const rig = new Rig();
      const key = await rig.newKey();
      const request = { keyId: key.id, keyPairSpec, encryptionContext };
      const answer = await rig.run('GenerateDataKeyPairWithoutPlaintext', request);
      expect(answer).toStrictEqual({
        publicKey: expect.any(Uint8Array),
        privateKeyCiphertextBlob: expect.any(Uint8Array),
        keyPairSpec,
        keyId: key.arn,
        keyMaterialId: (await rig.record(key.id)).body.currentMaterialId,
      });
      const privateKey = await opened(rig, answer.privateKeyCiphertextBlob);
      const parsed = createPublicKey(createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs8' }));
      expect(parsed.export({ type: 'spki', format: 'der' })).toStrictEqual(
        Buffer.from(answer.publicKey as Uint8Array),
      );
    },
  );

  it('wipes the private key', async () => {
    const { rig, request, seen } = await watched();
    await rig.run('GenerateDataKeyPairWithoutPlaintext', request);
    expect(seen.map((bytes) => [...bytes])).toStrictEqual([new Array(48).fill(0)]);
  });
});

describe.each(BOTH)('%s', (name) => {
  it('wipes a private key that could not be encrypted', async () => {
    const { rig, request, seen } = await watched();
    const { encrypt } = rig.vault;
    rig.vault.encrypt = async (...call) => {
      await encrypt.apply(rig.vault, call);
      throw new HsmFault('timeout', 'too slow');
    };
    expect(await faultOf(rig.run(name, request))).toMatchObject({ code: 'timeout' });
    expect(seen.map((bytes) => [...bytes])).toStrictEqual([new Array(48).fill(0)]);
  });

  it('has no pairs of SM2, whatever the key', async () => {
    const call = new Rig().run(name, { keyId: 'alias/none', keyPairSpec: 'SM2' });
    expect(await faultOf(call)).toStrictEqual({
      code: 'UnsupportedOperationException',
      detail: 'This engine does not make SM2 key pairs, which AWS offers in China alone.',
    });
  });

  it('binds the blob to its encryption context', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const request = { keyId: key.id, keyPairSpec: 'ECC_NIST_P256', encryptionContext } as const;
    const { privateKeyCiphertextBlob } = await rig.run(name, request);
    const ciphertextBlob = privateKeyCiphertextBlob as Uint8Array;
    expect(await faultOf(rig.run('Decrypt', { ciphertextBlob }))).toStrictEqual({
      code: 'InvalidCiphertextException',
      detail: undefined,
    });
  });

  it('refuses a context that is too long', async () => {
    const long = { a: 'b'.repeat(8192) };
    const rig = new Rig();
    const { id: keyId } = await rig.newKey();
    const request = { keyId, keyPairSpec: 'ECC_NIST_P256', encryptionContext: long } as const;
    expect(await faultOf(rig.run(name, request))).toMatchObject({ code: 'ValidationException' });
  });

  test.for([
    {
      title: 'that encrypts otherwise',
      change: { spec: 'RSA_2048' },
      code: 'InvalidKeyUsageException',
      text: 'Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048.',
    },
    {
      title: 'that is for something else',
      change: { spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC' },
      code: 'InvalidKeyUsageException',
      text: `<ARN> key usage is GENERATE_VERIFY_MAC which is not valid for ${name}.`,
    },
    {
      title: 'of a custom key store',
      change: { origin: 'AWS_CLOUDHSM' },
      code: 'UnsupportedOperationException',
      text: '<ARN> origin is AWS_CLOUDHSM which is not valid for this operation.',
    },
    {
      title: 'that is disabled',
      change: { state: 'Disabled' },
      code: 'DisabledException',
      text: '<ARN> is disabled.',
    },
    {
      title: 'that waits for its deletion',
      change: { state: 'PendingDeletion' },
      code: 'KMSInvalidStateException',
      text: '<ARN> is pending deletion.',
    },
    {
      title: 'that waits for its material',
      change: { state: 'PendingImport' },
      code: 'KMSInvalidStateException',
      text: '<ARN> is pending import.',
    },
  ] as const)('refuses a key $title', async ({ change, code, text }) => {
    const rig = new Rig();
    const key = await rig.newKey();
    await rig.alter(key.id, change);
    const call = rig.run(name, { keyId: key.id, keyPairSpec: 'ECC_NIST_P256' });
    expect(await faultOf(call)).toStrictEqual({ code, detail: text.replace('<ARN>', key.arn) });
  });

  it('of a dry run makes nothing', async () => {
    const { rig, request, seen } = await watched();
    expect(await faultOf(rig.run(name, { ...request, dryRun: true }))).toStrictEqual({
      code: 'DryRunOperationException',
      detail: 'The request would have succeeded, but the DryRun option is set.',
    });
    expect(seen).toStrictEqual([]);
  });

  it('is the last use of its key', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    await rig.run(name, { keyId: key.id, keyPairSpec: 'ECC_NIST_P256' });
    expect(await rig.run('GetKeyLastUsage', { keyId: key.id })).toMatchObject({
      keyLastUsage: { operation: name },
    });
  });
});

/** A rig that keeps hold of the private keys that its vault was asked to encrypt. */
async function watched() {
  const rig = new Rig();
  const key = await rig.newKey();
  const seen: Uint8Array[] = [];
  const { encrypt } = rig.vault;
  rig.vault.encrypt = (...call) => {
    seen.push(call[1].plaintext);
    return encrypt.apply(rig.vault, call);
  };
  return { rig, seen, request: { keyId: key.id, keyPairSpec: 'ECC_NIST_EDWARDS25519' } as const };
}
