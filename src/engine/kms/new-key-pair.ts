/**
 * Key pairs that callers keep themselves: made by OpenSSL in this process, in threads of its own, since no token gives
 * its private keys away. RSA takes a thread up to seconds, so one such pair is made at a time. Formats: RFC 5280
 * (SubjectPublicKeyInfo), RFC 5958 (PKCS#8), RFC 5480 (named curves), RFC 8410 (Ed25519), RFC 9935 (ML-KEM, seed form).
 */
import { createPrivateKey, createPublicKey, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { DataKeyPairSpec } from '../../domain/kms/api/enums.ts';
import type { CallContext } from '../../domain/ports/hsm.ts';
import type { RsaPairRequest } from './make-rsa-pairs.ts';
import type { KmsServices } from './services.ts';
import { SlowThread } from './slow-thread.ts';

/** Of what is offered; `SM2` is for China alone. */
export type KeyPairSpec = Exclude<DataKeyPairSpec, 'SM2'>;

export interface KeyPair {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** PKCS#8, DER. The caller wipes it. */
  readonly privateKey: Uint8Array;
}

export type KeyPairServices = Pick<KmsServices, 'vault' | 'clock'>;

/** Faults: `busy` and `timeout` where too much slow work is ahead; those of the vault's generator. */
export function newKeyPair(
  spec: KeyPairSpec,
  services: KeyPairServices,
  context: CallContext,
): Promise<KeyPair> {
  return RECIPES[spec](services, context);
}

type Recipe = (services: KeyPairServices, context: CallContext) => Promise<KeyPair>;

function rsa(modulusLength: number): Recipe {
  return ({ clock }, context) => RSA_PAIRS.ask({ modulusLength }, { clock, ...context });
}

function ec(namedCurve: string): Recipe {
  return () => generate('ec', { namedCurve, ...DER });
}

function ed25519(): Recipe {
  return () => generate('ed25519', DER);
}

/** From a seed, which OpenSSL does not write alone: 86 bytes for every size. */
function mlKem(parameterSet: '01' | '02' | '03'): Recipe {
  const head = Buffer.from(`3054020100300b06096086480165030404${parameterSet}04428040`, 'hex');
  return async ({ vault }, context) => {
    const seed = await vault.random(ML_KEM_SEED_BYTES, context);
    const privateKey = Buffer.concat([head, seed]);
    seed.fill(0);
    const key = createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs8' });
    return { publicKey: createPublicKey(key).export({ type: 'spki', format: 'der' }), privateKey };
  };
}

/** Of its many forms, the type of `promisify` knows the one without encodings. */
const generate = promisify(generateKeyPair) as unknown as (
  type: 'ec' | 'ed25519',
  options: object,
) => Promise<KeyPair>;
const DER = {
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'der' },
} as const;

/** FIPS 203, 7.1: d and z. */
const ML_KEM_SEED_BYTES = 64;

/** One for the process. More than wait here would be answered too late. */
const RSA_PAIRS = new SlowThread<RsaPairRequest, KeyPair>({
  name: 'rsa-pairs',
  entry: './make-rsa-pairs',
  waiting: 100,
});

const RECIPES: Readonly<Record<KeyPairSpec, Recipe>> = {
  RSA_2048: rsa(2048),
  RSA_3072: rsa(3072),
  RSA_4096: rsa(4096),
  ECC_NIST_P256: ec('P-256'),
  ECC_NIST_P384: ec('P-384'),
  ECC_NIST_P521: ec('P-521'),
  ECC_SECG_P256K1: ec('secp256k1'),
  ECC_NIST_EDWARDS25519: ed25519(),
  ML_KEM_512: mlKem('01'),
  ML_KEM_768: mlKem('02'),
  ML_KEM_1024: mlKem('03'),
};
