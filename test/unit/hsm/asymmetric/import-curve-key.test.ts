import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { importPrivateKey } from '../../../../src/hsm/asymmetric/import-private-key.ts';
import { fromHex, integer, octets, sequence, tagged } from './der.ts';

const KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const GIVEN = KEY.privateKey.export({ type: 'pkcs8', format: 'der' });
const { d = '', x = '', y = '' } = KEY.privateKey.export({ format: 'jwk' });
const SCALAR = Buffer.from(d, 'base64url');
const POINT = Buffer.concat([fromHex('04'), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
const OTHER = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'raw-public' });
/** Of P-256. */
const ORDER = fromHex('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');

const P256 = fromHex('06082a8648ce3d030107');
const P384 = fromHex('06052b81040022');
const ALGORITHM = sequence(fromHex('06072a8648ce3d0201'), P256);

describe('a key on a curve that is imported', () => {
  it.for([
    { what: 'with its public key', given: GIVEN },
    { what: 'without its public key', given: pkcs8(ecKey()) },
    { what: 'with the curve named twice', given: pkcs8(ecKey({ parameters: P256 })) },
    {
      what: 'with the curve named twice and the public key',
      given: pkcs8(ecKey({ parameters: P256, point: POINT })),
    },
  ])('is the one that was given $what, encoded anew', ({ given }) => {
    const { pkcs8: encoded, seed, publicKey } = importPrivateKey('ECC_NIST_P256', given);
    expect(encoded.toString('hex')).toBe(GIVEN.toString('hex'));
    expect(seed).toHaveLength(0);
    expect(publicKey.toString('hex')).toBe(
      KEY.publicKey.export({ type: 'spki', format: 'der' }).toString('hex'),
    );
  });

  it.for([
    { what: 'is on another curve', given: () => made('P-384') },
    { what: 'is on another curve of the same size', given: () => made('secp256k1') },
    { what: 'says two curves', given: () => pkcs8(ecKey({ parameters: P384 })) },
    { what: 'says all numbers of its curve', given: () => explicit() },
    { what: "has another key's public key", given: () => pkcs8(ecKey({ point: OTHER })) },
    { what: 'has the number 0', given: () => pkcs8(ecKey({ scalar: Buffer.alloc(32) })) },
    { what: "has the curve's order as its number", given: () => pkcs8(ecKey({ scalar: ORDER })) },
    { what: 'has a number of 31 bytes', given: () => pkcs8(ecKey({ scalar: SCALAR.subarray(1) })) },
    {
      what: 'has a number of 33 bytes',
      given: () => pkcs8(ecKey({ scalar: Buffer.concat([fromHex('00'), SCALAR]) })),
    },
    { what: 'has another version', given: () => pkcs8(ecKey({ version: 2n })) },
    { what: 'has a byte behind its parts', given: () => pkcs8(Buffer.concat([ecKey(), fromHex('00')])) },
    {
      what: 'is one of X25519',
      given: () => generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'der' }),
    },
    { what: 'has another version of PKCS#8', given: () => sequence(integer(1n), ALGORITHM, octets(ecKey())) },
    {
      what: 'has an indefinite length',
      given: () => Buffer.concat([fromHex('3080'), GIVEN.subarray(3), fromHex('0000')]),
    },
    { what: 'is SEC 1', given: () => KEY.privateKey.export({ type: 'sec1', format: 'der' }) },
    { what: 'is a public key', given: () => KEY.publicKey.export({ type: 'spki', format: 'der' }) },
  ])('is refused when it $what', ({ given }) => {
    expect(() => importPrivateKey('ECC_NIST_P256', given())).toThrow(
      expect.objectContaining({ name: 'HsmFault', code: 'usage' }),
    );
  });
});

function made(namedCurve: string): Buffer {
  return generateKeyPairSync('ec', { namedCurve }).privateKey.export({ type: 'pkcs8', format: 'der' });
}

function explicit(): Buffer {
  const curve = ['ec_paramgen_curve:P-256', 'ec_param_enc:explicit'].flatMap((option) => [
    '-pkeyopt',
    option,
  ]);
  return execFileSync('openssl', ['genpkey', '-algorithm', 'EC', ...curve, '-outform', 'DER']);
}

interface EcKey {
  readonly version?: bigint;
  readonly scalar?: Buffer;
  readonly parameters?: Buffer;
  readonly point?: Buffer;
}

function ecKey({ version = 1n, scalar = SCALAR, parameters, point }: EcKey = {}): Buffer {
  return sequence(
    integer(version),
    octets(scalar),
    ...(parameters === undefined ? [] : [tagged(0xa0, parameters)]),
    ...(point === undefined ? [] : [tagged(0xa1, tagged(0x03, fromHex('00'), point))]),
  );
}

function pkcs8(key: Buffer): Buffer {
  return sequence(integer(0n), ALGORITHM, octets(key));
}
