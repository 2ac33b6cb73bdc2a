/** Private keys made by node:crypto, as PKCS#8 that a vault takes in. */
import { createPrivateKey, generateKeyPair, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { KeySpec } from '../../../src/domain/kms/api/enums.ts';

/** A private key of the spec, always the same one, since those of RSA take a while. */
export function samplePrivateKey(spec: KeySpec): Promise<KeyObject> {
  const made = SAMPLES.get(spec) ?? newPrivateKey(spec);
  SAMPLES.set(spec, made);
  return made;
}

async function newPrivateKey(spec: KeySpec): Promise<KeyObject> {
  const bits = /^RSA_(\d+)$/.exec(spec)?.[1];
  if (bits !== undefined)
    return (await promisify(generateKeyPair)('rsa', { modulusLength: Number(bits) })).privateKey;
  const namedCurve = CURVES[spec];
  if (namedCurve !== undefined) return generateKeyPairSync('ec', { namedCurve }).privateKey;
  return generateKeyPairSync(SEEDED[spec] as 'ed25519').privateKey;
}

/** PKCS#8; of post-quantum keys in the form that has the seed alone. */
export function pkcs8Of(key: KeyObject): Buffer {
  const type = String(key.asymmetricKeyType);
  if (ALGORITHM_NUMBERS[type] === undefined) return key.export({ type: 'pkcs8', format: 'der' });
  return pkcs8OfSeed(type, key.export({ format: 'raw-seed' }));
}

/** PKCS#8 of what an exported key token of this spec has in it. */
export function pkcs8OfParts(
  spec: KeySpec,
  { material, seed }: { readonly material: Buffer; readonly seed: Buffer },
): Buffer {
  if (material.length === 0) return pkcs8OfSeed(SEEDED[spec] ?? '', seed);
  return pkcs8Of(createPrivateKey({ key: material, format: 'der', type: 'pkcs8' }));
}

/** Put together by hand. */
function pkcs8OfSeed(type: string, seed: Buffer): Buffer {
  if (type === 'ed25519')
    return Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const oid = [0x60, 0x86, 0x48, 1, 0x65, 3, 4, ...(ALGORITHM_NUMBERS[type] ?? [])];
  const head = [0x30, 20 + seed.length, 2, 1, 0, 0x30, 0x0b, 6, 9, ...oid];
  return Buffer.concat([Buffer.from([...head, 4, 2 + seed.length, 0x80, seed.length]), seed]);
}

/** `04 ‖ x ‖ y`. */
export function pointOf(key: KeyObject): Buffer {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  return Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
}

/** Specs of which no more keys than necessary are made. */
export const SLOW_TO_MAKE: readonly KeySpec[] = ['RSA_3072', 'RSA_4096'];

const SAMPLES = new Map<KeySpec, Promise<KeyObject>>();
const CURVES: Readonly<Partial<Record<KeySpec, string>>> = {
  ECC_NIST_P256: 'P-256',
  ECC_NIST_P384: 'P-384',
  ECC_NIST_P521: 'P-521',
  ECC_SECG_P256K1: 'secp256k1',
};
const SEEDED: Readonly<Partial<Record<KeySpec, string>>> = {
  ECC_NIST_EDWARDS25519: 'ed25519',
  ML_DSA_44: 'ml-dsa-44',
  ML_DSA_65: 'ml-dsa-65',
  ML_DSA_87: 'ml-dsa-87',
  ML_KEM_512: 'ml-kem-512',
  ML_KEM_768: 'ml-kem-768',
  ML_KEM_1024: 'ml-kem-1024',
};
/** The end of 2.16.840.1.101.3.4. */
const ALGORITHM_NUMBERS: Readonly<Record<string, readonly number[]>> = {
  'ml-dsa-44': [3, 17],
  'ml-dsa-65': [3, 18],
  'ml-dsa-87': [3, 19],
  'ml-kem-512': [4, 1],
  'ml-kem-768': [4, 2],
  'ml-kem-1024': [4, 3],
};
