/** What a kind of key is in a token: type, size or curve, and the one usage that its private half has there. */
import { type AlgorithmRow, algorithmsOf, type CurveName } from '../../domain/key/algorithms.ts';
import type { MaterialKind } from '../../domain/ports/key-vault.ts';

export type PrivateKeyShape = RsaShape | EcShape;

export interface RsaShape {
  readonly keyType: 'RSA';
  readonly usage: 'SIGN' | 'DECRYPT';
  readonly modulusBytes: number;
}

export interface EcShape {
  readonly keyType: 'EC';
  readonly usage: 'SIGN' | 'DERIVE';
  readonly curve: CurveName;
  readonly fieldBytes: number;
}

/** Undefined for kinds that have no private half, or whose private half works in the host. */
export function privateKeyShape(kind: MaterialKind): PrivateKeyShape | undefined {
  const [row] = algorithmsOf(kind);
  return row === undefined ? undefined : shapeOf(row);
}

function shapeOf(row: AlgorithmRow): PrivateKeyShape | undefined {
  switch (row.kind) {
    case 'rsa-oaep':
      return { keyType: 'RSA', usage: 'DECRYPT', modulusBytes: row.modulusBytes };
    case 'rsa-pkcs1':
    case 'rsa-pss':
      return { keyType: 'RSA', usage: 'SIGN', modulusBytes: row.modulusBytes };
    case 'ecdsa':
      return { keyType: 'EC', usage: 'SIGN', curve: row.curve, fieldBytes: row.fieldBytes };
    case 'ecdh':
      return { keyType: 'EC', usage: 'DERIVE', curve: row.curve, fieldBytes: row.fieldBytes };
    case 'symmetric':
    case 'hmac':
    case 'ed25519':
    case 'ed25519ph':
    case 'ml-dsa':
    case 'ml-kem':
      return undefined;
  }
}
