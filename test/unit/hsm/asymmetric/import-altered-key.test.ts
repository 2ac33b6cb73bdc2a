import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { KeySpec } from '../../../../src/domain/kms/api/enums.ts';
import { importPrivateKey } from '../../../../src/hsm/asymmetric/import-private-key.ts';
import { seedPkcs8 } from '../../../../src/hsm/asymmetric/seed-key.ts';

/** `seedAt`: behind the end where there is none. */
const KEYS: readonly { spec: KeySpec; der: Buffer; step: number; seedAt: number }[] = [
  { spec: 'RSA_2048', der: rsa(), step: 5, seedAt: 2000 },
  { spec: 'ECC_NIST_P256', der: ec(), step: 1, seedAt: 2000 },
  {
    spec: 'ECC_NIST_EDWARDS25519',
    der: seedPkcs8('ECC_NIST_EDWARDS25519', Buffer.alloc(32)),
    step: 1,
    seedAt: 16,
  },
  { spec: 'ML_DSA_87', der: seedPkcs8('ML_DSA_87', Buffer.alloc(32)), step: 1, seedAt: 22 },
  { spec: 'ML_KEM_1024', der: seedPkcs8('ML_KEM_1024', Buffer.alloc(64)), step: 1, seedAt: 22 },
];

describe('a private key with one byte altered', () => {
  it.for(KEYS)('of $spec is refused, unless the byte is of a seed', ({ spec, der, step, seedAt }) => {
    for (let at = 0; at < der.length; at += step) {
      for (const mask of [0x01, 0x80]) {
        const altered = Buffer.from(der);
        altered.writeUInt8(altered.readUInt8(at) ^ mask, at);
        expect([at, outcomeOf(spec, altered)]).toEqual([at, at < seedAt ? 'usage' : 'taken']);
      }
    }
  });
});

function outcomeOf(spec: KeySpec, der: Buffer): string {
  try {
    importPrivateKey(spec, der);
    return 'taken';
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
}

function rsa(): Buffer {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    type: 'pkcs8',
    format: 'der',
  });
}

function ec(): Buffer {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    type: 'pkcs8',
    format: 'der',
  });
}
