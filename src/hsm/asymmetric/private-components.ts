/** The numbers of a private key, big-endian, for a token that takes keys in by their parts. The caller wipes them. */
import { createPrivateKey } from 'node:crypto';
import { Bug } from '../../domain/bug.ts';

/** PKCS#11 names: modulus, exponents, primes, exponents of the primes, coefficient. */
export interface RsaComponents {
  readonly modulus: Buffer;
  readonly publicExponent: Buffer;
  readonly privateExponent: Buffer;
  readonly prime1: Buffer;
  readonly prime2: Buffer;
  readonly exponent1: Buffer;
  readonly exponent2: Buffer;
  readonly coefficient: Buffer;
}

/** Of PKCS#8 DER that has been found sound. */
export function rsaComponents(pkcs8: Buffer): RsaComponents {
  const part = partsOf(pkcs8);
  return {
    modulus: part('n'),
    publicExponent: part('e'),
    privateExponent: part('d'),
    prime1: part('p'),
    prime2: part('q'),
    exponent1: part('dp'),
    exponent2: part('dq'),
    coefficient: part('qi'),
  };
}

/** The private number of a key on a curve, or the seed of Ed25519, of PKCS#8 DER that has been found sound. */
export function curveScalar(pkcs8: Buffer): Buffer {
  return partsOf(pkcs8)('d');
}

function partsOf(pkcs8: Buffer): (name: 'n' | 'e' | 'd' | 'p' | 'q' | 'dp' | 'dq' | 'qi') => Buffer {
  const jwk = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }).export({ format: 'jwk' });
  return (name) => {
    const value = jwk[name];
    if (value === undefined) throw new Bug(`the private key has no part ${name}`);
    return Buffer.from(value, 'base64url');
  };
}
