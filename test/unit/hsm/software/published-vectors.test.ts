import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { shake256 } from '@noble/hashes/sha3.js';
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import { describe, expect, it } from 'vitest';
import { type AlgorithmRow, algorithmsOf, type EdwardsRow } from '../../../../src/domain/key/algorithms.ts';
import type { KeySpec } from '../../../../src/domain/kms/api/enums.ts';
import type { MaterialKind, VaultKey } from '../../../../src/domain/ports/key-vault.ts';
import { signEdwards } from '../../../../src/hsm/asymmetric/edwards.ts';
import { SoftwareVault } from '../../../../src/hsm/software/software-vault.ts';
import { ALICE } from '../../../support/key-vault-contract.ts';

interface Vectors {
  readonly 'rfc4231.json': { cases: Case<'key' | 'message' | 'mac'>[] };
  readonly 'rfc6979.json': { cases: Case<'privateKey' | 'publicKey' | 'message' | 'signature'>[] };
  readonly 'rfc8032.json': { ed25519: Signed[]; ed25519ph: Omit<Signed, 'title'> };
  readonly 'acvp-key-generation.json': {
    mlKem: Case<'d' | 'z' | 'ekBegins'>[];
    mlDsa: Case<'seed' | 'sha256OfPk'>[];
  };
  readonly 'ml-kem-kat.json': {
    cases: Case<
      'd' | 'z' | 'encapsulationKey' | 'ciphertext' | 'sharedSecret' | 'foreignCiphertext' | 'rejectionSecret'
    >[];
  };
  readonly 'ml-dsa-kat.json': { cases: Case<'xi' | 'publicKey' | 'context' | 'message' | 'signature'>[] };
}
type Case<Field extends string> = Readonly<Record<Field, string>> & { readonly spec: KeySpec };
type Signed = Readonly<Record<'title' | 'seed' | 'publicKey' | 'message' | 'signature', string>>;

const HMAC = vectors('rfc4231.json');
const ECDSA = vectors('rfc6979.json');
const EDDSA = vectors('rfc8032.json');
const ACVP = vectors('acvp-key-generation.json');
const ML_KEM = vectors('ml-kem-kat.json');
const ML_DSA = vectors('ml-dsa-kat.json');

const entropy = { randomBytes: (length: number) => new Uint8Array(length) };
const vault = new SoftwareVault({ entropy });

describe('RFC 4231', () => {
  it.for(HMAC.cases)('has the MAC of $message by a key of $spec', async (given) => {
    const row = rowOf({ spec: given.spec, usage: 'GENERATE_VERIFY_MAC' }, 'hmac');
    // HMAC fills a shorter key up with zeros, and hashes one that is longer than a block.
    const whole = bytes(given.key);
    const key =
      whole.length > 128 ? hash(row.hash, whole, 'buffer') : Buffer.concat([whole, Buffer.alloc(64)]);
    const imported = await imports(row, key.subarray(0, row.macBytes));
    expect(hex(await vault.mac(imported, row, bytes(given.message)))).toBe(given.mac);
  });
});

describe('RFC 6979', () => {
  it.for(ECDSA.cases)('has the signature of "$message" by the key on $spec', async (given) => {
    const row = rowOf({ spec: given.spec, usage: 'SIGN_VERIFY' }, 'ecdsa');
    const key = await imports(row, bytes(given.privateKey));
    expect(hex(await vault.publicKey(key, row))).toBe(given.publicKey);
    const input = hash(row.hash, Buffer.from(given.message), 'buffer');
    expect(hex(await vault.sign(key, { row, form: 'digest', input }))).toBe(given.signature);
  });
});

describe('RFC 8032', () => {
  const kind = { spec: 'ECC_NIST_EDWARDS25519', usage: 'SIGN_VERIFY' } as const;

  it.for(EDDSA.ed25519)('has the signature of $title by Ed25519', async (given) => {
    const key = await imports(kind, bytes(`302e020100300506032b657004220420${given.seed}`));
    expect(hex(await vault.publicKey(key, kind))).toBe(`302a300506032b6570032100${given.publicKey}`);
    const row = rowOf(kind, 'ed25519') as EdwardsRow;
    const signature = await vault.sign(key, { row, form: 'message', input: bytes(given.message) });
    expect(hex(signature)).toBe(given.signature);
  });

  it('has the signature of abc by Ed25519ph', () => {
    const { seed, message, signature } = EDDSA.ed25519ph;
    const row = rowOf(kind, 'ed25519ph') as EdwardsRow;
    const request = { row, form: 'digest', input: bytes(message) } as const;
    expect(hex(signEdwards(bytes(seed), request))).toBe(signature);
  });
});

describe('FIPS 203', () => {
  it.for(ACVP.mlKem)('has the key of ACVP, $spec, test $tcId', async ({ spec, d, z, ekBegins }) => {
    const kind = { spec, usage: 'ENCAPSULATE_DECAPSULATE' } as const;
    const key = await imports(kind, seedOf(spec, d + z));
    const encapsulationKey = (await vault.publicKey(key, kind)).subarray(22);
    expect(hex(encapsulationKey.subarray(0, 32)).toUpperCase()).toBe(ekBegins);
  });

  it.for(ML_KEM.cases)('has the known answers of $spec', async (given) => {
    const row = rowOf({ spec: given.spec, usage: 'ENCAPSULATE_DECAPSULATE' }, 'ml-kem');
    const key = await imports(row, seedOf(given.spec, given.d + given.z));
    expect(hex((await vault.publicKey(key, row)).subarray(22))).toBe(given.encapsulationKey);
    const opened = await vault.decapsulate(key, row, bytes(given.ciphertext));
    expect(hex(opened)).toBe(given.sharedSecret);
    const rejected = await vault.decapsulate(key, row, bytes(given.foreignCiphertext));
    expect(hex(rejected)).toBe(given.rejectionSecret);
  });
});

describe('FIPS 204', () => {
  it.for(ACVP.mlDsa)('has the key of ACVP, $spec, test $tcId', async ({ spec, seed, sha256OfPk }) => {
    const kind = { spec, usage: 'SIGN_VERIFY' } as const;
    const key = await imports(kind, seedOf(spec, seed));
    const publicKey = (await vault.publicKey(key, kind)).subarray(22);
    expect(hash('sha256', publicKey).toUpperCase()).toBe(sha256OfPk);
  });

  // A vault signs hedged, so that its signatures are others than these, and with an empty context. A μ has it all.
  it.for(ML_DSA.cases)('has the known key of $spec, and signs for its context by μ', async (given) => {
    const row = rowOf({ spec: given.spec, usage: 'SIGN_VERIFY' }, 'ml-dsa');
    const key = await imports(row, seedOf(given.spec, given.xi));
    const publicKey = (await vault.publicKey(key, row)).subarray(22);
    expect(hex(publicKey)).toBe(given.publicKey);
    const context = bytes(given.context);
    const message = bytes(given.message);
    const scheme = SCHEMES[given.spec as keyof typeof SCHEMES];
    expect(scheme.verify(bytes(given.signature), message, publicKey, { context })).toBe(true);
    const formatted = Buffer.concat([Buffer.of(0, context.length), context, message]);
    const tr = shake256(publicKey, { dkLen: 64 });
    const input = shake256(Buffer.concat([tr, formatted]), { dkLen: 64 });
    const signature = await vault.sign(key, { row, form: 'mu', input });
    expect(scheme.verify(signature, message, publicKey, { context })).toBe(true);
    expect(scheme.verify(signature, message, publicKey)).toBe(false);
  });
});

function vectors<Name extends keyof Vectors>(name: Name): Vectors[Name] {
  const file = new URL(`../../../fixtures/vectors/${name}`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Vectors[Name];
}

function rowOf<K extends AlgorithmRow['kind']>(
  kind: MaterialKind,
  name: K,
): Extract<AlgorithmRow, { readonly kind: K }> {
  const row = algorithmsOf(kind).find((each) => each.kind === name);
  return row as AlgorithmRow as Extract<AlgorithmRow, { readonly kind: K }>;
}

async function imports({ spec, usage }: MaterialKind, material: Buffer): Promise<VaultKey> {
  return { ...ALICE, ...(await vault.import(ALICE, { spec, usage }, material)) };
}

/** PKCS#8 with the seed alone: RFC 9881 and RFC 9935. */
function seedOf(spec: KeySpec, seed: string): Buffer {
  const [head, oid, choice] = PREFIXES[spec] ?? ['', '', ''];
  return bytes(`${head}020100300b0609608648016503${oid}${choice}${seed}`);
}

function bytes(value: string): Buffer {
  return Buffer.from(value, 'hex');
}

function hex(value: Uint8Array): string {
  return Buffer.from(value).toString('hex');
}

const SCHEMES = { ML_DSA_44: ml_dsa44, ML_DSA_65: ml_dsa65, ML_DSA_87: ml_dsa87 } as const;
const PREFIXES: Readonly<Partial<Record<KeySpec, readonly [head: string, oid: string, choice: string]>>> = {
  ML_KEM_512: ['3054', '040401', '04428040'],
  ML_KEM_768: ['3054', '040402', '04428040'],
  ML_KEM_1024: ['3054', '040403', '04428040'],
  ML_DSA_44: ['3034', '040311', '04228020'],
  ML_DSA_65: ['3034', '040312', '04228020'],
  ML_DSA_87: ['3034', '040313', '04228020'],
};
