import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';
import { describe, expect, it } from 'vitest';
import type { KeySpec } from '../../../../src/domain/kms/api/enums.ts';
import { importPrivateKey } from '../../../../src/hsm/asymmetric/import-private-key.ts';
import { formOf, seedFormOf } from '../../../../src/hsm/asymmetric/key-forms.ts';
import { wipeMaterial } from '../../../../src/hsm/asymmetric/private-material.ts';
import { materialOfSeed, seedPkcs8 } from '../../../../src/hsm/asymmetric/seed-key.ts';
import { fromHex, integer, octets, sequence, tagged } from './der.ts';

/** RFC 8410, RFC 9881 and RFC 9935: what comes before the seed. */
const SPECS: readonly { spec: KeySpec; seedBytes: number; prefix: string }[] = [
  { spec: 'ECC_NIST_EDWARDS25519', seedBytes: 32, prefix: '302e020100300506032b657004220420' },
  { spec: 'ML_DSA_44', seedBytes: 32, prefix: '3034020100300b060960864801650304031104228020' },
  { spec: 'ML_DSA_65', seedBytes: 32, prefix: '3034020100300b060960864801650304031204228020' },
  { spec: 'ML_DSA_87', seedBytes: 32, prefix: '3034020100300b060960864801650304031304228020' },
  { spec: 'ML_KEM_512', seedBytes: 64, prefix: '3054020100300b060960864801650304040104428040' },
  { spec: 'ML_KEM_768', seedBytes: 64, prefix: '3054020100300b060960864801650304040204428040' },
  { spec: 'ML_KEM_1024', seedBytes: 64, prefix: '3054020100300b060960864801650304040304428040' },
];
const ML_DSA_44 = sequence(fromHex('0609608648016503040311'));

describe('a key that follows from a seed', () => {
  it.for(SPECS)('of $spec has the PKCS#8 of its RFC', ({ spec, seedBytes, prefix }) => {
    const seed = randomBytes(seedBytes);
    expect(seedPkcs8(spec, seed).toString('hex')).toBe(prefix + seed.toString('hex'));
  });

  it.for(SPECS)('of $spec is imported from its PKCS#8, and nothing of it is wrapped', (row) => {
    const seed = randomBytes(row.seedBytes);
    const der = fromHex(row.prefix + seed.toString('hex'));
    const material = importPrivateKey(row.spec, der);
    expect(material.seed.toString('hex')).toBe(seed.toString('hex'));
    expect(material.publicKey.toString('hex')).toBe(materialOfSeed(row.spec, seed).publicKey.toString('hex'));
    expect(material.pkcs8).toHaveLength(0);
    wipeMaterial(material);
    expect(material.seed.every((byte) => byte === 0)).toBe(true);
  });

  it.for([
    { what: 'has its expanded key beside the seed', given: () => seedAndExpanded() },
    { what: 'has its expanded key alone', given: () => expanded() },
    { what: 'has a seed of 31 bytes', given: () => seedKey(tagged(0x80, Buffer.alloc(31))) },
    { what: 'has a seed of 33 bytes', given: () => seedKey(tagged(0x80, Buffer.alloc(33))) },
    { what: 'has its seed in an OCTET STRING', given: () => seedKey(octets(Buffer.alloc(32))) },
    { what: 'has its seed and nothing around it', given: () => seedKey(Buffer.alloc(34)) },
    { what: 'is of a larger set of parameters', given: () => seedPkcs8('ML_DSA_65', Buffer.alloc(32)) },
    { what: 'is one of Ed25519', given: () => ed25519() },
  ])('of ML_DSA_44 is refused when it $what', ({ given }) => {
    expect(() => importPrivateKey('ML_DSA_44', given())).toThrow(
      expect.objectContaining({ name: 'HsmFault', code: 'usage' }),
    );
  });

  it.for([
    { what: 'a seed of another length', act: () => seedPkcs8('ML_KEM_512', Buffer.alloc(32)) },
    { what: 'a seed of an RSA key', act: () => seedFormOf('RSA_2048') },
    { what: 'a public half of an HMAC key', act: () => formOf('HMAC_256') },
  ])('is a mistake with $what', ({ act }) => {
    expect(act).toThrow(expect.objectContaining({ name: 'Bug' }));
  });
});

function ed25519(): Buffer {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'der' });
}

function expanded(): Buffer {
  return seedKey(octets(ml_dsa44.keygen().secretKey));
}

/** RFC 9881, section 6: the choice `both`. */
function seedAndExpanded(): Buffer {
  const seed = randomBytes(32);
  return seedKey(sequence(octets(seed), octets(ml_dsa44.keygen(seed).secretKey)));
}

function seedKey(privateKey: Uint8Array): Buffer {
  return sequence(integer(0n), ML_DSA_44, octets(privateKey));
}
