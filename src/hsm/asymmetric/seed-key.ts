/**
 * Keys that follow from a seed: Ed25519 (RFC 8032), ML-DSA (FIPS 204, ξ) and ML-KEM (FIPS 203, d ‖ z). Their PKCS#8 is
 * the seed alone: RFC 8410, and the choice `seed [0]` of RFC 9881 and RFC 9935.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import type * as Asn1Pkcs8 from '@peculiar/asn1-pkcs8';
import type * as Asn1Schema from '@peculiar/asn1-schema';
import type * as Asn1X509 from '@peculiar/asn1-x509';
import { Bug } from '../../domain/bug.ts';
import type { KeySpec } from '../../domain/kms/api/enums.ts';
import { seedFormOf } from './key-forms.ts';
import { type PrivateMaterial, publicKeyOf } from './private-material.ts';
import { whenNeeded } from './when-needed.ts';

/** PKCS#8 DER, which the caller wipes: 48 bytes for Ed25519, 54 for ML-DSA, 86 for ML-KEM. */
export function seedPkcs8(spec: KeySpec, seed: Uint8Array): Buffer {
  const { oid, seedTag, seedBytes } = seedFormOf(spec);
  if (seed.length !== seedBytes) throw new Bug(`a seed of a key of spec ${spec} has ${seed.length} bytes`);
  const { AsnConvert, OctetString } = asn1Schema();
  const choice = Buffer.concat([Uint8Array.of(seedTag, seedBytes), seed]);
  const info = new (asn1Pkcs8().PrivateKeyInfo)({
    privateKeyAlgorithm: new (asn1X509().AlgorithmIdentifier)({ algorithm: oid }),
    privateKey: new OctetString(choice),
  });
  try {
    return Buffer.from(AsnConvert.serialize(info));
  } finally {
    choice.fill(0);
  }
}

/** Leaves the seed to the caller. */
export function privateKeyOfSeed(spec: KeySpec, seed: Uint8Array): KeyObject {
  const key = seedPkcs8(spec, seed);
  try {
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  } finally {
    key.fill(0);
  }
}

/** Leaves the seed to the caller. */
export function materialOfSeed(spec: KeySpec, seed: Uint8Array): PrivateMaterial {
  return {
    pkcs8: Buffer.alloc(0),
    seed: Buffer.from(seed),
    publicKey: publicKeyOf(privateKeyOfSeed(spec, seed)),
  };
}

const asn1Schema = whenNeeded<typeof Asn1Schema>('@peculiar/asn1-schema');
const asn1Pkcs8 = whenNeeded<typeof Asn1Pkcs8>('@peculiar/asn1-pkcs8');
const asn1X509 = whenNeeded<typeof Asn1X509>('@peculiar/asn1-x509');
