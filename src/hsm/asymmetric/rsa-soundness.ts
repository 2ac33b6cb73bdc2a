/**
 * Whether the numbers of an RSA key belong together (SP 800-56B, 6.4.1.2.3). A token that computes with CRT parts that do
 * not would give its primes away with one signature.
 */
import { constants, createPublicKey, type KeyObject, privateEncrypt, publicDecrypt } from 'node:crypto';
import { HsmFault } from '../../domain/hsm-fault.ts';

/** Fault `usage` for a key of another size, a weak exponent, or parts that do not fit. */
export function requireSoundRsa(key: KeyObject, modulusBits: number): void {
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (bits !== modulusBits) throw unsound(`its modulus has ${bits} bits`);
  const { n, e, d, p, q, dp, dq, qi } = numbersOf(key);
  if (e % 2n === 0n || e <= 1n << 16n || e >= 1n << 256n) throw unsound('its public exponent is weak');
  const halves = [p, q].every((prime) => bitsOf(prime) === modulusBits / 2);
  if (!halves || p === q || p * q !== n) throw unsound('its modulus is no product of its two primes');
  if (d >= n || dp !== d % (p - 1n) || dq !== d % (q - 1n))
    throw unsound('its exponents do not belong together');
  const inverse = (e * dp) % (p - 1n) === 1n && (e * dq) % (q - 1n) === 1n && (qi * q) % p === 1n;
  if (!inverse || qi >= p) throw unsound('its exponents or its coefficient are not inverse');
  if (!undoesItself(key, modulusBits / 8)) throw unsound('its primes are none');
}

/** What the private half does, the public half undoes. */
function undoesItself(key: KeyObject, bytes: number): boolean {
  const probe = Buffer.alloc(bytes, 0x5a);
  const padding = constants.RSA_NO_PADDING;
  const done = privateEncrypt({ key, padding }, probe);
  return publicDecrypt({ key: createPublicKey(key), padding }, done).equals(probe);
}

type Numbers = Readonly<Record<(typeof NAMES)[number], bigint>>;

function numbersOf(key: KeyObject): Numbers {
  const jwk = key.export({ format: 'jwk' });
  const entries = NAMES.map((name) => [name, numberOf(String(jwk[name]))]);
  return Object.fromEntries(entries) as Numbers;
}

function numberOf(base64url: string): bigint {
  return BigInt(`0x${Buffer.from(base64url, 'base64url').toString('hex')}`);
}

function bitsOf(value: bigint): number {
  return value.toString(2).length;
}

function unsound(why: string): HsmFault {
  return new HsmFault('usage', `this is no RSA key to work with: ${why}`);
}

const NAMES = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'] as const;
