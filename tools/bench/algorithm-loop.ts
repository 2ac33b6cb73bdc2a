/**
 * The work of every measured operation without the engine, in one process: private halves by the calls that the token
 * host makes, public halves and what no token has by the libraries that the engine and the host call.
 */
import {
  constants,
  createHash,
  decapsulate,
  encapsulate,
  generateKeyPairSync,
  type KeyObject,
  publicEncrypt,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';
import { ed25519ph } from '@noble/curves/ed25519.js';
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import type { Handle, PKCS11 } from 'pkcs11js';
import { ALGORITHMS, type AlgorithmRow, type MlDsaRow } from '../../src/domain/key/algorithms.ts';
import { KEY_KINDS } from '../../src/domain/key/key-specs.ts';
import { softhsm2 } from '../../src/hsm/devices/softhsm2.ts';
import { generateSecret } from '../../src/hsm/pkcs11/material-objects.ts';
import { findToken, loadModule } from '../../src/hsm/pkcs11/pkcs11-module.ts';
import {
  agreeNow,
  ecdsaSignature,
  macOf,
  type PrivateCall,
  pkcs1Signature,
  pssSignature,
  rsaDecryption,
  signNow,
} from '../../src/hsm/pkcs11/private-key-calls.ts';
import { generatePair } from '../../src/hsm/pkcs11/private-key-objects.ts';
import { privateKeyShape } from '../../src/hsm/pkcs11/private-key-shapes.ts';
import { SessionPool } from '../../src/hsm/pkcs11/session-pool.ts';
import { PAIR_SPECS } from './algorithm-cases.ts';
import { rounded } from './algorithm-client.ts';
import type { RawWork } from './algorithms-run.ts';
import { BenchFault } from './bench-fault.ts';

export interface RawAlgorithmsJob {
  readonly module: string;
  readonly tokenLabel: string;
  readonly pin: string;
  /** For each kind of work, which is done at least twice. */
  readonly seconds: number;
}

/** By operation, spec and algorithm, as {@link AlgorithmsRun} joins them. */
export type RawAlgorithms = Readonly<Record<string, RawWork>>;

interface Bench {
  readonly library: PKCS11;
  readonly session: Handle;
  readonly seconds: number;
  readonly found: Record<string, RawWork>;
}

export async function runAlgorithmLoop(job: RawAlgorithmsJob): Promise<RawAlgorithms> {
  const library = loadModule(job.module);
  const token = findToken(library, { label: job.tokenLabel });
  const sessions = new SessionPool(library, token.slot, softhsm2);
  sessions.login(job.pin);
  const session = sessions.withOwner((owner) => owner);
  const bench: Bench = { library, session, seconds: job.seconds, found: {} };
  for (const row of ALGORITHMS) await measureRow(bench, row);
  await measure(bench, 'GenerateRandom', 'token', () => library.C_GenerateRandom(session, Buffer.alloc(32)));
  for (const spec of PAIR_SPECS) {
    await measure(bench, `GenerateDataKeyPair ${spec}`, 'node:crypto', () => newSoftwarePair(spec));
  }
  for (const { spec, usage } of KEY_KINDS) {
    if (bench.found[`CreateKey ${spec}`] !== undefined) continue;
    const shape = privateKeyShape({ spec, usage });
    if (shape === undefined) {
      const work = SOFTWARE_PAIRS[spec] === undefined ? () => randomBytes(64) : () => newSoftwarePair(spec);
      await measure(bench, `CreateKey ${spec}`, 'node:crypto', work);
      continue;
    }
    await measure(bench, `CreateKey ${spec}`, 'token', async () => {
      const { privateKey, publicKey } = await generatePair(library, session, shape);
      for (const object of [privateKey, publicKey]) library.C_DestroyObject(session, object);
    });
  }
  return bench.found;
}

type Measure<R extends AlgorithmRow> = (bench: Bench, row: R) => Promise<void>;
type RowOfKind<K extends AlgorithmRow['kind']> = AlgorithmRow & { readonly kind: K };

const MEASURES: { readonly [K in AlgorithmRow['kind']]: Measure<RowOfKind<K>> } = {
  symmetric: async (bench, row) => {
    const key = generateSecret(bench.library, bench.session, 32);
    const hmac = macOf(HMAC_256, randomBytes(100));
    for (const operation of ['Encrypt', 'Decrypt', 'GenerateDataKey', 'ReEncrypt'])
      await inToken(bench, named(row, operation), key, hmac);
  },
  hmac: async (bench, row) => {
    const key = generateSecret(bench.library, bench.session, row.macBytes);
    for (const operation of ['GenerateMac', 'VerifyMac'])
      await inToken(bench, named(row, operation), key, macOf(row, randomBytes(100)));
  },
  'rsa-oaep': async (bench, row) => {
    const { library, session } = bench;
    const key = await tokenKey(bench, row);
    const below = Buffer.concat([Buffer.alloc(1), randomBytes(row.modulusBytes - 1)]);
    const { mechanism, outputBytes } = rsaDecryption(below);
    await measure(bench, named(row, 'Decrypt'), 'token', () => {
      library.C_DecryptInit(session, mechanism, key);
      library.C_Decrypt(session, below, Buffer.alloc(outputBytes));
    });
    const { publicKey } = softwarePair(row.spec);
    const options = { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: row.hash };
    await measure(bench, named(row, 'Encrypt'), 'node:crypto', () =>
      publicEncrypt(options, randomBytes(100)),
    );
  },
  'rsa-pkcs1': async (bench, row) => {
    if (row.hash !== 'sha256') return;
    const call = pkcs1Signature(row, Buffer.alloc(DIGEST_INFO_BYTES));
    await inToken(bench, named(row, 'Sign'), await tokenKey(bench, row), call);
    await verification(bench, row, { padding: constants.RSA_PKCS1_PADDING, hash: row.hash });
    if (row.spec !== 'RSA_2048') return;
    const { publicKey } = softwarePair(row.spec);
    const exporting = () => publicKey.export({ type: 'spki', format: 'der' });
    await measure(bench, 'GetPublicKey RSA_2048', 'node:crypto', exporting);
  },
  'rsa-pss': async (bench, row) => {
    if (row.hash !== 'sha256') return;
    const call = pssSignature(row, randomBytes(row.digestBytes));
    await inToken(bench, named(row, 'Sign'), await tokenKey(bench, row), call);
    await verification(bench, row, { padding: constants.RSA_PKCS1_PSS_PADDING, hash: row.hash });
  },
  ecdsa: async (bench, row) => {
    const call = ecdsaSignature(row, randomBytes(row.digestBytes));
    await inToken(bench, named(row, 'Sign'), await tokenKey(bench, row), call);
    await verification(bench, row, { hash: row.hash });
  },
  ecdh: async (bench, row) => {
    const { library, session } = bench;
    const key = await tokenKey(bench, row);
    const { x = '', y = '' } = softwarePair(row.spec).publicKey.export({ format: 'jwk' });
    const peer = Buffer.concat([Buffer.of(4), ...[x, y].map((text) => Buffer.from(text, 'base64url'))]);
    await measure(bench, named(row, 'DeriveSharedSecret'), 'token', () =>
      agreeNow(library, session, key, { peer, fieldBytes: row.fieldBytes }),
    );
  },
  ed25519: async (bench, row) => {
    const { privateKey } = softwarePair(row.spec);
    await measure(bench, named(row, 'Sign'), 'node:crypto', () => sign(null, MESSAGE, privateKey));
    await verification(bench, row, {});
  },
  ed25519ph: async (bench, row) => {
    const { secretKey, publicKey } = ed25519ph.keygen();
    const digest = createHash('sha512').update(MESSAGE).digest();
    const signature = ed25519ph.sign(digest, secretKey);
    await measure(bench, named(row, 'Sign'), '@noble', () => ed25519ph.sign(digest, secretKey));
    await measure(bench, named(row, 'Verify'), '@noble', () =>
      ed25519ph.verify(signature, digest, publicKey),
    );
  },
  'ml-dsa': measureMlDsa,
  'ml-kem': async (bench, row) => {
    const { privateKey, publicKey } = softwarePair(row.spec);
    const { ciphertext } = encapsulate(publicKey);
    await measure(bench, named(row, 'Encapsulate'), 'node:crypto', () => encapsulate(publicKey));
    await measure(bench, named(row, 'Decapsulate'), 'node:crypto', () => decapsulate(privateKey, ciphertext));
  },
};

async function measureRow(bench: Bench, row: AlgorithmRow): Promise<void> {
  await (MEASURES[row.kind] as Measure<AlgorithmRow>)(bench, row);
}

function named({ spec, algorithm }: AlgorithmRow, operation: string): string {
  return `${operation} ${spec} ${algorithm}`;
}

async function inToken(bench: Bench, name: string, key: Handle, call: PrivateCall): Promise<void> {
  const { library, session } = bench;
  await measure(bench, name, 'token', () => signNow(library, session, key, call));
}

async function measureMlDsa(bench: Bench, row: MlDsaRow): Promise<void> {
  const { privateKey } = softwarePair(row.spec);
  await measure(bench, named(row, 'Sign'), 'node:crypto', () => sign(null, MESSAGE, privateKey));
  await verification(bench, row, {});
  const scheme = ML_DSA[row.spec as keyof typeof ML_DSA];
  const { secretKey, publicKey } = scheme.keygen();
  const mu = randomBytes(row.digestBytes);
  const external = { externalMu: true };
  const signature = scheme.internal.sign(mu, secretKey, external);
  const suffix = ', external μ';
  await measure(bench, `${named(row, 'Sign')}${suffix}`, '@noble', () =>
    scheme.internal.sign(mu, secretKey, external),
  );
  await measure(bench, `${named(row, 'Verify')}${suffix}`, '@noble', () =>
    scheme.internal.verify(signature, mu, publicKey, external),
  );
}

async function verification(
  bench: Bench,
  row: AlgorithmRow,
  { hash, padding }: { readonly hash?: string; readonly padding?: number },
): Promise<void> {
  const { privateKey, publicKey } = softwarePair(row.spec);
  const options = padding === undefined ? {} : { padding };
  const signature = sign(hash, MESSAGE, { key: privateKey, ...options });
  await measure(bench, named(row, 'Verify'), 'node:crypto', () =>
    verify(hash, MESSAGE, { key: publicKey, ...options }, signature),
  );
}

async function tokenKey({ library, session }: Bench, { spec, usage }: AlgorithmRow): Promise<Handle> {
  const shape = privateKeyShape({ spec, usage });
  if (shape === undefined) throw new BenchFault(`keys of spec ${spec} do not work in the token`);
  return (await generatePair(library, session, shape)).privateKey;
}

async function measure(
  { seconds, found }: Bench,
  name: string,
  where: RawWork['where'],
  work: () => unknown,
): Promise<void> {
  await work();
  const startedMs = performance.now();
  let calls = 0;
  let elapsedMs = 0;
  while (elapsedMs < seconds * 1000 || calls < LEAST_CALLS) {
    const made = work();
    if (made instanceof Promise) await made;
    calls += 1;
    elapsedMs = performance.now() - startedMs;
  }
  found[name] = { where, perSecond: rounded(calls / (elapsedMs / 1000)) };
}

function softwarePair(spec: string): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  const known = KNOWN_PAIRS.get(spec) ?? newSoftwarePair(spec);
  KNOWN_PAIRS.set(spec, known);
  return known;
}

function newSoftwarePair(spec: string): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  const make = SOFTWARE_PAIRS[spec];
  if (make === undefined) throw new BenchFault(`node:crypto makes no pairs for ${spec}`);
  return make();
}

const rsa = (modulusLength: number) => () => generateKeyPairSync('rsa', { modulusLength });
const ec = (namedCurve: string) => () => generateKeyPairSync('ec', { namedCurve });
const SOFTWARE_PAIRS: Readonly<
  Record<string, () => { readonly privateKey: KeyObject; readonly publicKey: KeyObject }>
> = {
  RSA_2048: rsa(2048),
  RSA_3072: rsa(3072),
  RSA_4096: rsa(4096),
  ECC_NIST_P256: ec('P-256'),
  ECC_NIST_P384: ec('P-384'),
  ECC_NIST_P521: ec('P-521'),
  ECC_SECG_P256K1: ec('secp256k1'),
  ECC_NIST_EDWARDS25519: () => generateKeyPairSync('ed25519'),
  ML_DSA_44: () => generateKeyPairSync('ml-dsa-44'),
  ML_DSA_65: () => generateKeyPairSync('ml-dsa-65'),
  ML_DSA_87: () => generateKeyPairSync('ml-dsa-87'),
  ML_KEM_512: () => generateKeyPairSync('ml-kem-512'),
  ML_KEM_768: () => generateKeyPairSync('ml-kem-768'),
  ML_KEM_1024: () => generateKeyPairSync('ml-kem-1024'),
};
const KNOWN_PAIRS = new Map<string, ReturnType<typeof newSoftwarePair>>();
const ML_DSA = { ML_DSA_44: ml_dsa44, ML_DSA_65: ml_dsa65, ML_DSA_87: ml_dsa87 };
const MESSAGE = randomBytes(100);
const LEAST_CALLS = 2;
/** A SHA-256 in its DigestInfo. */
const DIGEST_INFO_BYTES = 51;
const HMAC_256 = ALGORITHMS.find((row) => row.kind === 'hmac' && row.hash === 'sha256') as Parameters<
  typeof macOf
>[0];
