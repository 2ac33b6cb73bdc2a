import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { importPrivateKey } from '../../../../src/hsm/asymmetric/import-private-key.ts';
import { fromHex, integer, octets, sequence, tagged } from './der.ts';

type Numbers = Record<'n' | 'e' | 'd' | 'p' | 'q' | 'dp' | 'dq' | 'qi', bigint>;

const KEY = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const NUMBERS = numbersOf(KEY);
const COMPOSITE = withCompositePrime();

describe('an RSA key that is imported', () => {
  it('is the one that was given, encoded anew', () => {
    const given = KEY.export({ type: 'pkcs8', format: 'der' });
    const { pkcs8, seed, publicKey } = importPrivateKey('RSA_2048', given);
    expect(pkcs8.toString('hex')).toBe(given.toString('hex'));
    expect(seed).toHaveLength(0);
    expect(publicKey).toHaveLength(294);
  });

  it('may have attributes, which are left out', () => {
    // The key usage, as Windows writes it.
    const usage = tagged(0xa0, sequence(fromHex('0603551d0f'), tagged(0x31, fromHex('03020410'))));
    const given = sequence(integer(0n), ALGORITHM, octets(inner(NUMBERS)), usage);
    const { pkcs8 } = importPrivateKey('RSA_2048', given);
    expect(pkcs8.toString('hex')).toBe(KEY.export({ type: 'pkcs8', format: 'der' }).toString('hex'));
  });

  it.for([
    { what: 'has 1 024 bits', given: () => made(1024) },
    { what: 'has 3 072 bits', given: () => made(3072) },
    { what: 'has the public exponent 3', given: () => made(2048, 3) },
    { what: 'has three primes', given: () => byOpenSsl(['genrsa', '-primes', '3', '2048']) },
    { what: 'is for PSS alone', given: () => pssKey() },
    { what: 'is encrypted', given: () => encrypted() },
    { what: 'is PEM', given: () => Buffer.from(KEY.export({ type: 'pkcs8', format: 'pem' })) },
    { what: 'is PKCS#1', given: () => KEY.export({ type: 'pkcs1', format: 'der' }) },
    { what: 'has a number that is none', given: () => pkcs8(octets(inner(NUMBERS).subarray(0, -1))) },
    {
      what: 'has a byte behind its numbers',
      given: () => pkcs8(octets(Buffer.concat([inner(NUMBERS), fromHex('00')]))),
    },
    { what: 'has no NULL', given: () => sequence(integer(0n), sequence(OID), octets(inner(NUMBERS))) },
    { what: 'has a length that could be shorter', given: () => withLongLength() },
    { what: 'has another modulus', given: () => altered({ n: NUMBERS.n + 2n }) },
    { what: 'has an even exponent', given: () => altered({ e: 65_536n }) },
    { what: 'has an exponent of 257 bits', given: () => altered({ e: (1n << 256n) + 1n }) },
    { what: 'has another private exponent', given: () => altered({ d: NUMBERS.d + 2n }) },
    { what: 'has a private exponent above the modulus', given: () => altered({ d: NUMBERS.d + phi() * 8n }) },
    { what: 'has another first exponent', given: () => altered({ dp: NUMBERS.dp + 2n }) },
    { what: 'has another second exponent', given: () => altered({ dq: NUMBERS.dq + 2n }) },
    { what: 'has another coefficient', given: () => altered({ qi: NUMBERS.qi + 1n }) },
    { what: 'has a coefficient above its prime', given: () => altered({ qi: NUMBERS.qi + NUMBERS.p }) },
    { what: 'has exponents that belong together and not to it', given: () => altered(otherExponents()) },
    { what: 'has primes of different lengths', given: () => altered({ p: NUMBERS.p << 1n }) },
    { what: 'has a prime that is none', given: () => pkcs8(octets(inner(COMPOSITE))) },
  ])('is refused when it $what', ({ given }) => {
    expect(() => importPrivateKey('RSA_2048', given())).toThrow(
      expect.objectContaining({ name: 'HsmFault', code: 'usage' }),
    );
  });
});

function made(modulusLength: number, publicExponent = 65_537): Buffer {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength, publicExponent });
  return privateKey.export({ type: 'pkcs8', format: 'der' });
}

function pssKey(): Buffer {
  const { privateKey } = generateKeyPairSync('rsa-pss', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'der' });
}

function encrypted(): Buffer {
  return KEY.export({ type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase: 'secret' });
}

function byOpenSsl(args: readonly string[]): Buffer {
  const pem = execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  return execFileSync('openssl', ['pkcs8', '-topk8', '-nocrypt', '-outform', 'DER'], { input: pem });
}

function withLongLength(): Buffer {
  const der = pkcs8(octets(inner(NUMBERS)));
  return Buffer.concat([fromHex('308300'), der.subarray(2)]);
}

function altered(change: Partial<Numbers>): Buffer {
  return pkcs8(octets(inner({ ...NUMBERS, ...change })));
}

/** Exponents to which nothing is the inverse of `e`. */
function otherExponents(): Partial<Numbers> {
  const d = NUMBERS.d - 2n;
  return { d, dp: d % (NUMBERS.p - 1n), dq: d % (NUMBERS.q - 1n) };
}

function phi(): bigint {
  return (NUMBERS.p - 1n) * (NUMBERS.q - 1n);
}

/** Every equation holds, as if one of its primes were one. */
function withCompositePrime(): Numbers {
  const { e, q } = NUMBERS;
  let p = (3n << 1022n) + 1n;
  while (p % 3n !== 0n || gcd(e, p - 1n) !== 1n || gcd(p, q) !== 1n || (p * q) >> 2047n !== 1n) p += 2n;
  const d = inverse(e, (p - 1n) * (q - 1n));
  return { n: p * q, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) };
}

function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? a : gcd(b, a % b);
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [r0, r1, s0, s1] = [value % modulus, modulus, 1n, 0n];
  while (r1 !== 0n) [r0, r1, s0, s1] = [r1, r0 % r1, s1, s0 - (r0 / r1) * s1];
  return ((s0 % modulus) + modulus) % modulus;
}

function numbersOf(key: KeyObject): Numbers {
  const jwk = key.export({ format: 'jwk' });
  const number = (text: unknown) => BigInt(`0x${Buffer.from(String(text), 'base64url').toString('hex')}`);
  const names = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'] as const;
  return Object.fromEntries(names.map((name) => [name, number(jwk[name])])) as Numbers;
}

function inner({ n, e, d, p, q, dp, dq, qi }: Numbers): Buffer {
  return sequence(...[0n, n, e, d, p, q, dp, dq, qi].map(integer));
}

function pkcs8(privateKey: Buffer): Buffer {
  return sequence(integer(0n), ALGORITHM, privateKey);
}

const OID = fromHex('06092a864886f70d010101');
const ALGORITHM = sequence(OID, fromHex('0500'));
