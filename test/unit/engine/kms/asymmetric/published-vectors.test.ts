/** Published vectors through the API, where it lets what they fix be fixed; the others are the vault's. */
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { shake256 } from '@noble/hashes/sha3.js';
import { describe, expect, it } from 'vitest';
import type { KeySpec, SigningAlgorithmSpec } from '../../../../../src/domain/kms/api/enums.ts';
import { faultOf, Rig } from '../rig.ts';
import { keyWithMaterial } from './keys.ts';

type Case<Field extends string> = Readonly<Record<Field, string>> & { readonly spec: KeySpec };

const ECDSA = vectors<{ cases: Case<'privateKey' | 'publicKey' | 'message' | 'signature'>[] }>(
  'rfc6979.json',
);
const EDDSA = vectors<{ ed25519: Case<'title' | 'seed' | 'publicKey' | 'message' | 'signature'>[] }>(
  'rfc8032.json',
);
const ML_KEM = vectors<{
  cases: Case<
    'd' | 'z' | 'encapsulationKey' | 'ciphertext' | 'sharedSecret' | 'foreignCiphertext' | 'rejectionSecret'
  >[];
}>('ml-kem-kat.json');
const ML_DSA = vectors<{ cases: Case<'xi' | 'publicKey' | 'context' | 'message' | 'signature'>[] }>(
  'ml-dsa-kat.json',
);
const ALGORITHMS: Readonly<Partial<Record<KeySpec, readonly [SigningAlgorithmSpec, string]>>> = {
  ECC_NIST_P256: ['ECDSA_SHA_256', 'sha256'],
  ECC_NIST_P384: ['ECDSA_SHA_384', 'sha384'],
  ECC_NIST_P521: ['ECDSA_SHA_512', 'sha512'],
  ECC_SECG_P256K1: ['ECDSA_SHA_256', 'sha256'],
};
/** RFC 9881 and RFC 9935: what stands before the seed, alone in its PKCS#8. */
const BEFORE_SEED: Readonly<Partial<Record<KeySpec, string>>> = {
  ML_DSA_44: '3034020100300b060960864801650304031104228020',
  ML_DSA_65: '3034020100300b060960864801650304031204228020',
  ML_DSA_87: '3034020100300b060960864801650304031304228020',
  ML_KEM_512: '3054020100300b060960864801650304040104428040',
  ML_KEM_768: '3054020100300b060960864801650304040204428040',
  ML_KEM_1024: '3054020100300b060960864801650304040304428040',
};
const RIG = new Rig();

describe('RFC 6979', () => {
  it.for(ECDSA.cases)('Verify takes the signature of "$message" by the key on $spec', async (given) => {
    const { spec } = given;
    const { id } = await keyWithMaterial(RIG, { spec, usage: 'SIGN_VERIFY' }, bytes(given.privateKey));
    const [signingAlgorithm, hashName] = ALGORITHMS[spec] ?? ['SM2DSA', 'none'];
    const message = Buffer.from(given.message);
    const request = { keyId: id, signingAlgorithm, signature: bytes(given.signature) };

    expect(hex((await RIG.run('GetPublicKey', { keyId: id })).publicKey)).toBe(given.publicKey);
    expect(await RIG.run('Verify', { ...request, message })).toMatchObject({ signatureValid: true });
    const digest = hash(hashName, message, 'buffer');
    expect(await RIG.run('Verify', { ...request, message: digest, messageType: 'DIGEST' })).toMatchObject({
      signatureValid: true,
    });
  });
});

describe('RFC 8032', () => {
  it.for(EDDSA.ed25519.filter(({ message }) => message !== ''))(
    'Sign and Verify have the signature of $title by Ed25519',
    async (given) => {
      const kind = { spec: 'ECC_NIST_EDWARDS25519', usage: 'SIGN_VERIFY' } as const;
      const pkcs8 = bytes(`302e020100300506032b657004220420${given.seed}`);
      const { id, arn } = await keyWithMaterial(RIG, kind, pkcs8);
      const request = {
        keyId: id,
        message: bytes(given.message),
        signingAlgorithm: 'ED25519_SHA_512',
      } as const;

      const { publicKey } = await RIG.run('GetPublicKey', { keyId: id });
      expect(hex(publicKey)).toBe(`302a300506032b6570032100${given.publicKey}`);
      const { signature } = await RIG.run('Sign', request);
      expect(hex(signature)).toBe(given.signature);
      expect(await RIG.run('Verify', { ...request, signature: bytes(given.signature) })).toStrictEqual({
        keyId: arn,
        signatureValid: true,
        signingAlgorithm: 'ED25519_SHA_512',
      });
    },
  );
});

describe('FIPS 203', () => {
  it.for(ML_KEM.cases)('Decapsulate has the known answers of $spec', async (given) => {
    const kind = { spec: given.spec, usage: 'ENCAPSULATE_DECAPSULATE' } as const;
    const { id } = await keyWithMaterial(RIG, kind, seedOf(given.spec, given.d + given.z));
    const open = async (ciphertext: string): Promise<string> => {
      const { sharedSecret } = await RIG.run('Decapsulate', {
        keyId: id,
        encapsulationAlgorithm: 'ML_KEM',
        sharedSecretCiphertextBlob: bytes(ciphertext),
      });
      return hex(sharedSecret);
    };

    const { publicKey } = await RIG.run('GetPublicKey', { keyId: id });
    expect(hex(publicKey).endsWith(given.encapsulationKey)).toBe(true);
    expect(await open(given.ciphertext)).toBe(given.sharedSecret);
    expect(await open(given.foreignCiphertext)).toBe(given.rejectionSecret);
  });
});

describe('FIPS 204', () => {
  // These signatures are for a context, and the API's own context is empty: μ has it.
  it.for(ML_DSA.cases)('Verify takes the known signature of $spec by its μ', async (given) => {
    const kind = { spec: given.spec, usage: 'SIGN_VERIFY' } as const;
    const { id } = await keyWithMaterial(RIG, kind, seedOf(given.spec, given.xi));
    const context = bytes(given.context);
    const message = bytes(given.message);
    const formatted = Buffer.concat([Buffer.of(0, context.length), context, message]);
    const tr = shake256(bytes(given.publicKey), { dkLen: 64 });
    const mu = shake256(Buffer.concat([tr, formatted]), { dkLen: 64 });
    const request = {
      keyId: id,
      signingAlgorithm: 'ML_DSA_SHAKE_256',
      signature: bytes(given.signature),
    } as const;

    expect(await RIG.run('Verify', { ...request, message: mu, messageType: 'EXTERNAL_MU' })).toMatchObject({
      signatureValid: true,
    });
    expect(await faultOf(RIG.run('Verify', { ...request, message }))).toMatchObject({
      code: 'KMSInvalidSignatureException',
    });
  });
});

function vectors<Content>(name: string): Content {
  const file = new URL(`../../../../fixtures/vectors/${name}`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Content;
}

function seedOf(spec: KeySpec, seed: string): Buffer {
  return bytes(`${BEFORE_SEED[spec]}${seed}`);
}

function bytes(value: string): Buffer {
  return Buffer.from(value, 'hex');
}

function hex(value: Uint8Array | undefined): string {
  return Buffer.from(value ?? []).toString('hex');
}
