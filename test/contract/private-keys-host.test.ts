import { createPublicKey, generateKeyPairSync, randomBytes, verify } from 'node:crypto';
import type { Handle, PKCS11 } from 'pkcs11js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HsmFault } from '../../src/domain/hsm-fault.ts';
import { type AlgorithmRow, findAlgorithm, type SignatureRow } from '../../src/domain/key/algorithms.ts';
import { SYMMETRIC } from '../../src/domain/key/key-specs.ts';
import type { MaterialKind, VaultKey } from '../../src/domain/ports/key-vault.ts';
import type { DeviceProfile } from '../../src/hsm/devices/profile.ts';
import { softhsm2 } from '../../src/hsm/devices/softhsm2.ts';
import type { VaultTokens } from '../../src/hsm/fleet.ts';
import { loadModule } from '../../src/hsm/pkcs11/pkcs11-module.ts';
import { TokenVault } from '../../src/hsm/vault/token-vault.ts';
import { encodeJson } from '../../src/hsm/wire/messages.ts';
import { AlteredLibrary } from '../support/altered-library.ts';
import { type InProcessHost, openInProcessHost } from '../support/in-process-host.ts';
import { pkcs8Of, pointOf, samplePrivateKey } from '../support/key-kinds-contract/sample-keys.ts';
import { ALICE, context } from '../support/key-vault-contract.ts';
import {
  attributeOf,
  attributesOf,
  CURVE_AGREES,
  CURVE_SIGNS,
  EC_TYPE,
  EDWARDS,
  inSession,
  LATTICE_KEM,
  LATTICE_SIGNS,
  LONG_CURVE_AGREES,
  LONG_CURVE_SIGNS,
  lying,
  MACS,
  NO_SECRET_USE,
  NOTHING_ALLOWED,
  RSA_DECRYPTS,
  RSA_SIGNS,
  RSA_TYPE,
  short,
  withoutZeros,
  YES,
} from '../support/private-key-objects.ts';
import { createTestToken, type TestToken } from '../support/token.ts';
import { WatchedLibrary } from '../support/watched-library.ts';

// The host runs in this process, over a socket pair, on a real token: what it hands to the module can be watched.
const LABEL = 'portcullis-domain-test-1';
let token: TestToken;
let real: PKCS11;
let altered: AlteredLibrary;
let watched: WatchedLibrary;
let host: InProcessHost;
let vault: TokenVault;

beforeAll(async () => {
  token = await createTestToken();
  process.env['SOFTHSM2_CONF'] = token.env.SOFTHSM2_CONF;
  real = loadModule(token.paths.module);
  altered = new AlteredLibrary(real);
  watched = new WatchedLibrary(altered.library);
  await openHost();
  await host.link.call('makeDomainKeys', encodeJson({ label: LABEL }));
  host.link.lose('set up');
});
afterAll(async () => {
  await token[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await openHost();
});
afterEach(() => {
  altered.heal();
  host.link.lose('end of test');
});

async function openHost(profile: DeviceProfile = softhsm2): Promise<void> {
  host = await openInProcessHost(watched.library, token, profile);
  await host.prepare();
  const tokens: VaultTokens = {
    callNear: (_token, operation, body, { context: { deadlineMs, tenant } }) =>
      host.link.call(operation, body, { deadlineMs, tenant }),
    tell: (_token, operation, body) => void host.link.call(operation, body),
  };
  const generation = { number: 1, token: 'soft', label: LABEL, createdMs: 0, copies: 'none' } as const;
  const domain = { current: 1, generations: [generation] };
  vault = new TokenVault({ tokens, entropy: { randomBytes }, domain });
}

async function newKey(kind: MaterialKind): Promise<VaultKey> {
  return { ...ALICE, ...(await vault.create(ALICE, kind, context())) };
}

function rowOf<R extends AlgorithmRow>(kind: MaterialKind, algorithm: string): R {
  return findAlgorithm(kind, algorithm) as AlgorithmRow as R;
}

const SIGNATURES = [
  { kind: RSA_SIGNS, algorithm: 'RSASSA_PSS_SHA_256', bytes: 32, calls: ['C_SignInit', 'C_SignAsync'] },
  { kind: CURVE_SIGNS, algorithm: 'ECDSA_SHA_256', bytes: 32, calls: ['C_SignInit', 'C_Sign'] },
  { kind: LONG_CURVE_SIGNS, algorithm: 'ECDSA_SHA_384', bytes: 48, calls: ['C_SignInit', 'C_SignAsync'] },
] as const;

function sign(key: VaultKey, kind: MaterialKind, algorithm: string, bytes: number): Promise<Uint8Array> {
  const row = rowOf<SignatureRow>(kind, algorithm);
  return vault.sign(key, { row, form: 'digest', input: Buffer.alloc(bytes, 7) }, context());
}

async function decryptNothing(key: VaultKey): Promise<string> {
  const row = rowOf(RSA_DECRYPTS, 'RSAES_OAEP_SHA_256') as never;
  return await vault.decryptRsa(key, row, Buffer.alloc(256, 1), context()).then(
    () => 'a plaintext',
    (error) => error.code,
  );
}

const ASIDE = [
  {
    name: 'C_SignAsync',
    kind: LONG_CURVE_SIGNS,
    work: (key: VaultKey) => sign(key, LONG_CURVE_SIGNS, 'ECDSA_SHA_384', 48),
  },
  {
    name: 'C_DeriveKeyAsync',
    kind: LONG_CURVE_AGREES,
    work: (key: VaultKey) => agree(key, LONG_CURVE_AGREES),
  },
] as const;
const SESSION_LOST = 'CKR_SESSION_HANDLE_INVALID:179';

describe('private keys that work', () => {
  it.for([
    { kind: RSA_SIGNS, may: { KEY_TYPE: RSA_TYPE, SIGN: YES } },
    { kind: RSA_DECRYPTS, may: { KEY_TYPE: RSA_TYPE, DECRYPT: YES } },
    { kind: CURVE_SIGNS, may: { KEY_TYPE: EC_TYPE, SIGN: YES } },
    { kind: CURVE_AGREES, may: { KEY_TYPE: EC_TYPE, DERIVE: YES } },
  ])('of $kind.spec for $kind.usage have one use, and stay in the token', async ({ kind, may }) => {
    watched.clear();
    await newKey(kind);
    const handles = watched.results('C_UnwrapKey') as Handle[];
    expect(handles).toHaveLength(1);
    for (const handle of handles) {
      expect(attributesOf(place(), handle, { ...NOTHING_ALLOWED, KEY_TYPE: '' })).toEqual({
        ...NOTHING_ALLOWED,
        ...may,
      });
      expect(() =>
        attributeOf(place(), handle, kind.spec === 'RSA_2048' ? 'PRIVATE_EXPONENT' : 'VALUE'),
      ).toThrow(/CKR_ATTRIBUTE_SENSITIVE/);
    }
  });

  it('of MACs sign, and do nothing else', async () => {
    watched.clear();
    await newKey(MACS);
    const [handle] = watched.results('C_UnwrapKey') as Handle[];
    expect(attributesOf(place(), handle as Handle, NO_SECRET_USE)).toEqual(NO_SECRET_USE);
  });

  it.for([RSA_SIGNS, CURVE_SIGNS, CURVE_AGREES])(
    'of $spec for $usage that can be wrapped are gone when their token is made',
    async (kind) => {
      watched.clear();
      await newKey(kind);
      const [pair] = (await Promise.all(watched.results('C_GenerateKeyPairAsync'))) as {
        privateKey: Handle;
        publicKey: Handle;
      }[];
      for (const handle of [pair?.privateKey, pair?.publicKey])
        expect(() => attributeOf(place(), handle as Handle, 'CLASS')).toThrow(/CKR_OBJECT_HANDLE_INVALID/);
    },
  );

  it('are gone also when they cannot be wrapped', async () => {
    watched.clear();
    altered.fail('C_WrapKey', 'CKR_DEVICE_MEMORY:49', 1);
    await expect(newKey(CURVE_SIGNS)).rejects.toMatchObject({ code: 'full' });
    const [pair] = (await Promise.all(watched.results('C_GenerateKeyPairAsync'))) as { privateKey: Handle }[];
    expect(() => attributeOf(place(), pair?.privateKey as Handle, 'CLASS')).toThrow(
      /CKR_OBJECT_HANDLE_INVALID/,
    );
  });

  it('that came from outside and can be wrapped are gone, too', async () => {
    watched.clear();
    for (const kind of [RSA_DECRYPTS, CURVE_SIGNS]) {
      await vault.import(ALICE, kind, pkcs8Of(await samplePrivateKey(kind.spec)), context());
    }
    const handles = watched.results('C_CreateObject') as Handle[];
    expect(handles).toHaveLength(2);
    for (const handle of handles)
      expect(() => attributeOf(place(), handle, 'CLASS')).toThrow(/CKR_OBJECT_HANDLE_INVALID/);
  });

  it.for([LATTICE_SIGNS, LATTICE_KEM, EDWARDS])('of $spec are no objects of the token', async (kind) => {
    watched.clear();
    await newKey(kind);
    const objects = ['C_CreateObject', 'C_GenerateKeyPairAsync', 'C_UnwrapKey', 'C_GenerateKey'] as const;
    expect(objects.flatMap((name) => watched.results(name))).toEqual([]);
  });
});

describe('work with a key that the host has at hand', () => {
  it.for(SIGNATURES)('is two PKCS#11 calls for $algorithm', async ({ kind, algorithm, bytes, calls }) => {
    const key = await newKey(kind);
    watched.clear();
    await sign(key, kind, algorithm, bytes);
    expect(watched.names).toEqual(calls);
  });

  it('is two for a MAC, and two for RSA decryption', async () => {
    const [mac, rsa] = [await newKey(MACS), await newKey(RSA_DECRYPTS)];
    watched.clear();
    await vault.mac(mac, rowOf(MACS, 'HMAC_SHA_384'), Buffer.from('a'), context());
    expect(watched.names).toEqual(['C_SignInit', 'C_Sign']);
    watched.clear();
    expect(await decryptNothing(rsa)).toBe('corrupt');
    expect(watched.names).toEqual(['C_DecryptInit', 'C_DecryptAsync']);
  });

  it.for([
    { kind: CURVE_AGREES, derive: 'C_DeriveKey' },
    { kind: LONG_CURVE_AGREES, derive: 'C_DeriveKeyAsync' },
  ])('leaves no secret of $kind.spec in the token', async ({ kind, derive }) => {
    const key = await newKey(kind);
    watched.clear();
    await agree(key, kind);
    expect(watched.names).toEqual([derive, 'C_GetAttributeValue', 'C_DestroyObject']);
  });

  it('asks for a public key once for as long as somebody has the key', async () => {
    const key = await newKey(CURVE_SIGNS);
    watched.clear();
    const shown = await vault.publicKey(key, CURVE_SIGNS, context());
    expect(await vault.publicKey(key, CURVE_SIGNS, context())).toEqual(shown);
    expect(watched.names).toEqual(['C_SignInit', 'C_Sign']);
    const signed = await sign(key, CURVE_SIGNS, 'ECDSA_SHA_256', 32);
    const publicKey = createPublicKey({ key: Buffer.from(shown), format: 'der', type: 'spki' });
    expect(verify('sha256', Buffer.alloc(1), publicKey, signed)).toBe(false);
  });

  it.for(SIGNATURES)('unwraps once more what has gone from the token: $algorithm', async (row) => {
    const { kind, algorithm, bytes } = row;
    const key = await newKey(kind);
    inSession(place(), (session) =>
      real.C_DestroyObject(session, watched.results('C_UnwrapKey').at(-1) as Handle),
    );
    watched.clear();
    await sign(key, kind, algorithm, bytes);
    expect(watched.results('C_UnwrapKey')).toHaveLength(1);
  });

  it('says that the token is at fault when what it unwraps is gone at once', async () => {
    const key = await newKey(CURVE_AGREES);
    altered.fail('C_DeriveKey', 'CKR_OBJECT_HANDLE_INVALID:130', Number.POSITIVE_INFINITY);
    await expect(agree(key, CURVE_AGREES)).rejects.toSatisfy(isNoJudgement);
  });
});

describe('a host with slow work', () => {
  it('answers quick calls while the token makes an RSA key', async () => {
    const key = await newKey(SYMMETRIC);
    let made = false;
    const making = newKey({ spec: 'RSA_4096', usage: 'SIGN_VERIFY' }).then(() => {
      made = true;
    });
    let before = 0;
    for (let call = 0; call < 20; call += 1) {
      await vault.encrypt(key, { plaintext: Buffer.from('a'), aad: () => Buffer.from('b') }, context());
      if (!made) before += 1;
    }
    expect(before).toBeGreaterThan(0);
    await making;
  });

  it.for([
    {
      kind: RSA_SIGNS,
      from: 'C_SignAsync',
      act: (key: VaultKey) => sign(key, RSA_SIGNS, 'RSASSA_PSS_SHA_256', 32),
    },
    {
      kind: LONG_CURVE_SIGNS,
      from: 'C_SignInit',
      act: (key: VaultKey) => sign(key, LONG_CURVE_SIGNS, 'ECDSA_SHA_384', 48),
    },
    {
      kind: LONG_CURVE_AGREES,
      from: 'C_DeriveKeyAsync',
      act: (key: VaultKey) => agree(key, LONG_CURVE_AGREES),
    },
  ] as const)('goes on in another session when it loses one to $from', async ({ kind, from, act }) => {
    const key = await newKey(kind);
    altered.fail(from, 'CKR_SESSION_HANDLE_INVALID:179', 1);
    await expect(act(key)).resolves.toBeDefined();
    altered.fail(from, 'CKR_SESSION_CLOSED:176', Number.POSITIVE_INFINITY);
    await expect(act(key)).rejects.toSatisfy(isNoJudgement);
  });

  it('makes a pair once more when it loses the session that it is made in', async () => {
    altered.fail('C_GenerateKeyPairAsync', 'CKR_SESSION_HANDLE_INVALID:179', 1);
    await expect(newKey(CURVE_SIGNS)).resolves.toBeDefined();
  });
});

describe('room for keys', () => {
  it('is given by the one that was not used for longest, and symmetric keys keep theirs', async () => {
    host.link.lose('with less room');
    await openHost({ ...softhsm2, maxWorkingKeys: 15 });
    const symmetric = await newKey(SYMMETRIC);
    const keys: VaultKey[] = [];
    for (let number = 0; number < 5; number += 1) keys.push(await newKey(CURVE_SIGNS));
    watched.clear();
    for (const key of keys.slice(2)) await sign(key, CURVE_SIGNS, 'ECDSA_SHA_256', 32);
    const message = { plaintext: Buffer.from('a'), aad: () => Buffer.from('b') };
    await vault.encrypt(symmetric, message, context());
    expect(watched.results('C_UnwrapKey')).toEqual([]);
    await sign(keys[0] as VaultKey, CURVE_SIGNS, 'ECDSA_SHA_256', 32);
    expect(watched.results('C_UnwrapKey')).toHaveLength(1);
    expect(watched.results('C_DestroyObject')).toHaveLength(1);
  });
});

describe('a token that computes wrongly', () => {
  it('gets no RSA key to decrypt with when it leaves out zeros in front, as padding has them', async () => {
    altered.replace({ C_DecryptAsync: withoutZeros(real) } as never);
    await expect(newKey(RSA_DECRYPTS)).rejects.toSatisfy(isNoJudgement);
  });

  it('lets no wrong RSA signature out, and is asked once more', async () => {
    const key = await newKey(RSA_SIGNS);
    for (const algorithm of ['RSASSA_PSS_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_256']) {
      altered.replace({ C_SignAsync: lying(real, 'C_SignAsync') } as never);
      await expect(sign(key, RSA_SIGNS, algorithm, 32)).rejects.toSatisfy(isNoJudgement);
      altered.replace({ C_SignAsync: lying(real, 'C_SignAsync', 1) } as never);
      await expect(sign(key, RSA_SIGNS, algorithm, 32)).resolves.toHaveLength(256);
    }
  });

  it.for(['C_DecryptInit', 'C_DecryptAsync'] as const)(
    'makes no bad ciphertext of a good one when %s fails',
    async (from) => {
      const key = await newKey(RSA_DECRYPTS);
      for (const ckr of ['CKR_GENERAL_ERROR:5', 'CKR_ENCRYPTED_DATA_INVALID:64', 'CKR_DEVICE_ERROR:48']) {
        altered.fail(from, ckr, Number.POSITIVE_INFINITY);
        expect(['unavailable', 'internal']).toContain(await decryptNothing(key));
        altered.heal();
      }
      expect(await decryptNothing(key)).toBe('corrupt');
    },
  );

  it('makes no bad ciphertext of a good one when it decrypts to something else', async () => {
    const key = await newKey(RSA_DECRYPTS);
    altered.replace({ C_DecryptAsync: lying(real, 'C_DecryptAsync') } as never);
    expect(await decryptNothing(key)).toBe('unavailable');
    altered.heal();
    expect(await decryptNothing(key)).toBe('corrupt');
  });

  it.for([CURVE_SIGNS, CURVE_AGREES, LONG_CURVE_AGREES, RSA_SIGNS, RSA_DECRYPTS])(
    'is found out when it unwraps another key of $spec for $usage',
    async (kind) => {
      await newKey(kind);
      const other = watched.results('C_UnwrapKey').at(-1);
      altered.replace({ C_UnwrapKey: () => other } as never);
      await expect(newKey(kind)).rejects.toSatisfy(isNoJudgement);
    },
  );

  it('is found out when it unwraps another MAC key', async () => {
    await newKey(MACS);
    const other = watched.results('C_UnwrapKey').at(-1);
    altered.replace({ C_UnwrapKey: () => other } as never);
    await expect(newKey(MACS)).rejects.toSatisfy(isNoJudgement);
  });

  it('is found out when its seal key opens no seed any more', async () => {
    const key = await newKey(LATTICE_SIGNS);
    const row = rowOf<SignatureRow>(LATTICE_SIGNS, 'ML_DSA_SHAKE_256');
    const request = { row, form: 'message', input: Buffer.from('a') } as const;
    altered.replace({ C_Sign: lying(real, 'C_Sign') } as never);
    await expect(vault.sign(key, request, context())).rejects.toSatisfy(isNoJudgement);
    altered.heal();
    await expect(vault.sign(key, request, context())).resolves.toHaveLength(2420);
  });

  it.for([
    { what: 'an answer of another length', functions: { C_SignAsync: short(real, 'C_SignAsync') } },
    { what: 'a pair without a point', functions: { C_GetAttributeValue: () => [{ value: Buffer.of(4) }] } },
  ])('is found out by $what', async ({ functions }) => {
    altered.replace(functions as never);
    await expect(
      newKey(LONG_CURVE_SIGNS).then((key) => sign(key, LONG_CURVE_SIGNS, 'ECDSA_SHA_384', 48)),
    ).rejects.toSatisfy(isNoJudgement);
  });
});

describe('a call on a thread of the binding', () => {
  it.for(ASIDE)(
    'keeps its object until $name is done, although the key is forgotten',
    async ({ kind, work }) => {
      const key = await newKey(kind);
      const steps: string[] = [];
      const [begun, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      let used = '';
      const working = async <T>(call: () => Promise<T>): Promise<T> => {
        begun.resolve();
        await goOn.promise;
        return await call().finally(() => steps.push('worked'));
      };
      altered.replace({
        C_SignInit: (session, mechanism, handle) => {
          used = Buffer.from(handle).toString('hex');
          real.C_SignInit(session, mechanism, handle);
        },
        C_SignAsync: (...args) => working(() => real.C_SignAsync(...args)),
        C_DeriveKeyAsync: (...args) => {
          used = Buffer.from(args[2]).toString('hex');
          return working(() => real.C_DeriveKeyAsync(...args));
        },
        C_DestroyObject: (session, handle) => {
          if (Buffer.from(handle).toString('hex') === used) steps.push('destroyed');
          real.C_DestroyObject(session, handle);
        },
      });
      const made = work(key);
      await begun.promise;
      vault.forget([key.token]);
      await vault.random(1, context());
      goOn.resolve();
      await made;
      expect(steps).toStrictEqual(['worked', 'destroyed']);
    },
  );

  it.for(ASIDE)(
    'is not believed of $name when all objects were lost meanwhile',
    async ({ name, kind, work }) => {
      const key = await newKey(kind);
      let calls = 0;
      altered.replace({
        [name]: async (...args: never[]) => {
          calls += 1;
          const answer = await (real[name] as (...all: never[]) => Promise<unknown>)(...args);
          if (calls === 1) {
            altered.fail('C_GenerateRandom', SESSION_LOST, 1);
            await vault.random(1, context());
          }
          return answer;
        },
      });
      await work(key);
      expect(calls).toBe(2);
    },
  );
});

describe('what a token cannot do', () => {
  it.for([
    { kind: CURVE_SIGNS, function: 'C_GenerateKeyPairAsync', ckr: 'CKR_DOMAIN_PARAMS_INVALID:304' },
    { kind: RSA_SIGNS, function: 'C_WrapKey', ckr: 'CKR_MECHANISM_INVALID:112' },
    { kind: CURVE_AGREES, function: 'C_DeriveKey', ckr: 'CKR_MECHANISM_INVALID:112' },
  ] as const)('is said with its name: $function for $kind.spec', async ({ kind, function: name, ckr }) => {
    altered.fail(name, ckr, Number.POSITIVE_INFINITY);
    await expect(newKey(kind)).rejects.toMatchObject({
      code: 'unsupported',
      detail: expect.stringContaining(`token soft has no keys of spec ${kind.spec} for ${kind.usage}: `),
    });
  });
});

describe('a point that is none', () => {
  it.for([
    {
      what: 'on another curve',
      point: () => pointOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey),
    },
    { what: 'of no curve', point: () => Buffer.concat([Buffer.of(4), Buffer.alloc(64, 1)]) },
    { what: 'compressed', point: () => Buffer.concat([Buffer.of(2), Buffer.alloc(32, 1)]) },
  ])('$what never reaches the token', async ({ point }) => {
    const key = await newKey(CURVE_AGREES);
    watched.clear();
    const agreed = vault.agree(key, rowOf(CURVE_AGREES, 'ECDH'), point(), context());
    await expect(agreed).rejects.toMatchObject({ code: 'usage' });
    expect(watched.names).toEqual([]);
  });
});

function agree(key: VaultKey, kind: MaterialKind): Promise<Uint8Array> {
  const namedCurve = kind.spec === 'ECC_NIST_P256' ? 'P-256' : 'P-384';
  const peer = pointOf(generateKeyPairSync('ec', { namedCurve }).publicKey);
  return vault.agree(key, rowOf(kind, 'ECDH'), peer, context());
}

/** A fault that says nothing of what the caller gave. */
function isNoJudgement(error: unknown): boolean {
  return error instanceof HsmFault && ['unavailable', 'internal'].includes(error.code);
}

const place = () => ({ real, tokenLabel: token.label });
