/** SubjectPublicKeyInfo of the numbers that a token has of a public key, and the other way. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { CurveName } from '../../domain/key/algorithms.ts';
import { formOfCurve } from './key-forms.ts';

/** DER. Modulus and exponent: big-endian. */
export function rsaPublicKey(modulus: Uint8Array, exponent: Uint8Array): Buffer {
  return derOf(createPublicKey({ key: { kty: 'RSA', n: text(modulus), e: text(exponent) }, format: 'jwk' }));
}

/** DER, with the curve by its name. `point`: `04 ‖ x ‖ y`. */
export function curvePublicKey(curve: CurveName, point: Uint8Array): Buffer {
  return derOf(curveKey(curve, point));
}

/** A public key of just this curve to agree with. Fault `usage` for what is no point of it. */
export function curveKey(curve: CurveName, point: Uint8Array): KeyObject {
  const { fieldBytes } = formOfCurve(curve);
  if (point.length !== 1 + 2 * fieldBytes || point[0] !== UNCOMPRESSED) {
    throw new HsmFault('usage', `this is no uncompressed point of ${curve}`);
  }
  const x = text(point.subarray(1, 1 + fieldBytes));
  const y = text(point.subarray(1 + fieldBytes));
  try {
    return createPublicKey({ key: { kty: 'EC', crv: curve, x, y }, format: 'jwk' });
  } catch (cause) {
    throw new HsmFault('usage', `this is no point of ${curve}`, { cause });
  }
}

function derOf(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

const UNCOMPRESSED = 4;
