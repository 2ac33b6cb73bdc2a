import { createHash, randomBytes } from 'node:crypto';
import pkcs11js, { type Handle, type PKCS11 } from 'pkcs11js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HsmFault } from '../../src/domain/hsm-fault.ts';
import { SYMMETRIC } from '../../src/domain/key/key-specs.ts';
import type { VaultCiphertext, VaultKey } from '../../src/domain/ports/key-vault.ts';
import { softhsm2 } from '../../src/hsm/devices/softhsm2.ts';
import type { VaultTokens } from '../../src/hsm/fleet.ts';
import { loadModule } from '../../src/hsm/pkcs11/pkcs11-module.ts';
import { TokenVault } from '../../src/hsm/vault/token-vault.ts';
import { encodeDomainKeys } from '../../src/hsm/wire/material-messages.ts';
import { encodeJson } from '../../src/hsm/wire/messages.ts';
import { AlteredLibrary } from '../support/altered-library.ts';
import { importKeys } from '../support/import-key.ts';
import { type InProcessHost, openInProcessHost } from '../support/in-process-host.ts';
import { AAD, ALICE, context, encrypt, newKey, TEXT } from '../support/key-vault-contract.ts';
import { createTestToken, type TestToken } from '../support/token.ts';
import type { KeyOrder } from '../support/tokens/workbench-orders.ts';
import { domainKeys, encryptInModel, makeToken, materialIdOf } from '../support/vault-model.ts';
import { WatchedLibrary } from '../support/watched-library.ts';

// The host runs in this process, over a socket pair, on a real token: what it hands to the module can be watched.
const SECRET = randomBytes(32);
const LABEL = 'portcullis-domain-test-1';
const MADE = 'portcullis-domain-test-2';
const KEPT = 100;

// Attribute values as SoftHSM2 gives them: CK_BBOOL, and CK_ULONG of this machine.
const YES = '01';
const NO = '00';
const AES_TYPE = '1f00000000000000';
const SECRET_TYPE = '1000000000000000';
const NOTHING_ALLOWED = {
  CLASS: '0400000000000000',
  KEY_TYPE: SECRET_TYPE,
  TOKEN: NO,
  PRIVATE: YES,
  SENSITIVE: YES,
  VALUE_LEN: '2000000000000000',
  EXTRACTABLE: NO,
  ENCRYPT: NO,
  DECRYPT: NO,
  SIGN: NO,
  VERIFY: NO,
  WRAP: NO,
  UNWRAP: NO,
  DERIVE: NO,
  MODIFIABLE: NO,
};

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
  const keys = domainKeys(SECRET);
  const values = Buffer.concat([keys.domain, keys.registry, keys.seal]);
  await host.link.call('importDomainKeys', encodeDomainKeys({ label: LABEL, values }));
  await host.link.call('makeDomainKeys', encodeJson({ label: MADE }));
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

async function openHost(): Promise<void> {
  host = await openInProcessHost(watched.library, token, { ...softhsm2, maxWorkingKeys: KEPT });
  await host.prepare();
  vault = vaultOf(LABEL);
}

function vaultOf(label: string): TokenVault {
  const tokens: VaultTokens = {
    callNear: (_token, operation, body, { context: { deadlineMs, tenant } }) =>
      host.link.call(operation, body, { deadlineMs, tenant }),
    tell: (_token, operation, body) => void host.link.call(operation, body),
  };
  const generation = { number: 1, token: 'soft', label, createdMs: 0, copies: 'none' } as const;
  return new TokenVault({
    tokens,
    entropy: { randomBytes },
    domain: { current: 1, generations: [generation] },
  });
}

/** A key as the model makes it. */
function modelKey(keyId = ALICE.keyId, material = randomBytes(32)): VaultKey {
  const materialId = materialIdOf(material, { ...ALICE, keyId });
  const key = { ...ALICE, keyId, materialId };
  return { ...key, token: makeToken(SECRET, material, { ...key, generation: 1 }) };
}

async function decrypt(key: VaultKey, message: VaultCiphertext): Promise<string> {
  return String(Buffer.from(await vault.decrypt(key, { ...message, aad: AAD }, context())));
}

describe('objects of the key hierarchy', () => {
  it.for([
    { role: 'domain', change: { KEY_TYPE: AES_TYPE, WRAP: YES, UNWRAP: YES } },
    { role: 'registry', change: { KEY_TYPE: SECRET_TYPE, SIGN: YES } },
    { role: 'seal', change: { KEY_TYPE: SECRET_TYPE, SIGN: YES } },
  ])('the $role key has these attributes and no others, made or taken in', ({ role, change }) => {
    for (const label of [LABEL, MADE]) {
      const handle = domainKeyHandle(label, role);
      expect(attributesOf(handle)).toEqual({ ...NOTHING_ALLOWED, TOKEN: YES, ...change });
      expect(() => secretOf(handle)).toThrow(/CKR_ATTRIBUTE_SENSITIVE/);
    }
  });

  it('material that works signs, and does nothing else', async () => {
    watched.clear();
    await newKey(vault);
    await encrypt(vault, modelKey());
    const handles = watched.results('C_UnwrapKey') as Handle[];
    expect(handles).toHaveLength(2);
    for (const handle of handles) {
      // SoftHSM2 tells no length of what it unwrapped; that these are 32 bytes is known by their id.
      expect(attributesOf(handle)).toEqual({ ...NOTHING_ALLOWED, SIGN: YES, VALUE_LEN: '0000000000000000' });
      expect(() => secretOf(handle)).toThrow(/CKR_ATTRIBUTE_SENSITIVE/);
      expect(() => wrapped(handle)).toThrow(/CKR_KEY_UNEXTRACTABLE/);
    }
  });

  it('material that can be wrapped is gone when its token is made', async () => {
    watched.clear();
    await newKey(vault);
    await vault.import(ALICE, SYMMETRIC, randomBytes(32), context());
    for (const handle of [...watched.results('C_GenerateKey'), ...watched.results('C_CreateObject')])
      expect(() => attributesOf(handle as Handle)).toThrow(/CKR_OBJECT_HANDLE_INVALID/);
  });

  it('material that can be wrapped is gone also when it cannot be wrapped', async () => {
    watched.clear();
    altered.fail('C_WrapKey', 'CKR_DEVICE_MEMORY:49', 1);
    await expect(newKey(vault)).rejects.toMatchObject({ code: 'full' });
    const [handle] = watched.results('C_GenerateKey');
    expect(() => attributesOf(handle as Handle)).toThrow(/CKR_OBJECT_HANDLE_INVALID/);
  });

  it('material that the token has no room for is not imported', async () => {
    // The binding throws no Pkcs11Error from this function.
    const full = () => {
      throw new Error('CKR_DEVICE_MEMORY:49');
    };
    altered.replace({ C_CreateObject: full } as never);
    const imported = vault.import(ALICE, SYMMETRIC, randomBytes(32), context());
    await expect(imported).rejects.toMatchObject({ code: 'full' });
  });

  it('no two generations share a label', async () => {
    await expect(host.link.call('makeDomainKeys', encodeJson({ label: LABEL }))).rejects.toMatchObject({
      code: 'ambiguous',
    });
  });

  it('half a generation is none: what was made before a failure is destroyed', async () => {
    altered.replace({
      C_GenerateKey: (...args: unknown[]) => {
        altered.fail('C_GenerateKey', 'CKR_DEVICE_MEMORY:49', 1);
        return (real.C_GenerateKey as (...all: unknown[]) => Buffer)(...args);
      },
    } as never);
    await expect(host.link.call('makeDomainKeys', encodeJson({ label: 'half' }))).rejects.toMatchObject({
      code: 'full',
    });
    expect(() => domainKeyHandle('half', 'domain')).toThrow(/is no key/);
  });

  it.for([
    { what: 'a domain key that encrypts too', at: 0, change: { usages: ['wrap', 'unwrap', 'encrypt'] } },
    { what: 'a domain key that can be extracted', at: 0, change: { extractable: true } },
    { what: 'a domain key of 128 bits', at: 0, change: { bits: 128 } },
    { what: 'a registry key that verifies', at: 1, change: { usages: ['sign', 'verify'] } },
    { what: 'a registry key that derives', at: 1, change: { usages: ['sign', 'derive'] } },
    { what: 'a seal key of AES', at: 2, change: { type: 'AES' } },
  ] as const)('$what is not used', async ({ what, at, change }) => {
    const orders = domainKeyOrders(what).map((order, index) =>
      index === at ? { ...order, ...change } : order,
    );
    await importKeys(token, orders as never);
    await expect(vaultOf(what).check(context())).rejects.toMatchObject({ code: 'usage' });
    await expect(
      Promise.all([newKey(vaultOf(what)), vaultOf(what).seal('seed', TEXT, context())]),
    ).rejects.toMatchObject({
      code: 'unavailable',
    });
  });
});

describe('a token host at work', () => {
  it('makes two PKCS#11 calls for a message whose material it has at hand', async () => {
    const { key } = await newKey(vault);
    watched.clear();
    const message = await encrypt(vault, key);
    expect(watched.names).toEqual(['C_SignInit', 'C_Sign']);
    watched.clear();
    await decrypt(key, message);
    expect(watched.names).toEqual(['C_SignInit', 'C_Sign']);
  });

  it('unwraps nothing before the registry key has confirmed it', async () => {
    const key = modelKey();
    const altered = Buffer.from(key.token);
    altered.writeUInt8(altered.readUInt8(100) ^ 1, 100);
    watched.clear();
    await expect(encrypt(vault, { ...key, token: altered })).rejects.toMatchObject({ code: 'corrupt' });
    expect(watched.names).not.toContain('C_UnwrapKey');
  });

  it(`keeps ${KEPT} materials of 10 000 keys, and all of them work`, async () => {
    watched.clear();
    let right = 0;
    for (let number = 0; number < 10_000; number += 1) {
      const material = randomBytes(32);
      const key = modelKey(`00000000-0000-4000-8000-${String(number).padStart(12, '0')}`, material);
      const message = encryptInModel(material, key, { plaintext: TEXT, aad: AAD });
      if ((await decrypt(key, message)) === String(TEXT)) right += 1;
    }
    expect(right).toBe(10_000);
    const unwrapped = watched.results('C_UnwrapKey').length;
    expect(unwrapped).toBe(10_000);
    expect(unwrapped - watched.results('C_DestroyObject').length).toBe(KEPT);
  }, 120_000);

  it('destroys what it is told to forget', async () => {
    const { key } = await newKey(vault);
    const [handle] = watched.results('C_UnwrapKey').slice(-1);
    vault.forget([key.token]);
    await vault.random(1, context());
    expect(() => attributesOf(handle as Handle)).toThrow(/CKR_OBJECT_HANDLE_INVALID/);
  });

  it('unwraps once more what has gone from the token', async () => {
    const { key } = await newKey(vault);
    const message = await encrypt(vault, key);
    for (const work of [() => encrypt(vault, key), () => decrypt(key, message)]) {
      inSession((session) => real.C_DestroyObject(session, watched.results('C_UnwrapKey').at(-1) as Handle));
      watched.clear();
      await work();
      expect(watched.results('C_UnwrapKey')).toHaveLength(1);
    }
  });

  it('says that the token is at fault when what it unwraps is gone at once', async () => {
    const key = modelKey();
    altered.fail('C_SignInit', 'CKR_KEY_HANDLE_INVALID:96', Number.POSITIVE_INFINITY);
    await expect(encrypt(vault, key)).rejects.toSatisfy(isNoJudgement);
  });

  it.for([
    { what: 'all sessions of', ckr: 'CKR_SESSION_HANDLE_INVALID:179', from: 'C_SignInit' },
    { what: 'the owner of objects in', ckr: 'CKR_SESSION_CLOSED:176', from: 'C_UnwrapKey' },
  ] as const)('gives up what it kept when it loses $what the token', async ({ ckr, from }) => {
    const { key } = await newKey(vault);
    const before = watched.results('C_UnwrapKey').at(-1);
    void altered.fail(from, ckr, 1);
    await encrypt(vault, modelKey());
    await encrypt(vault, key);
    expect(watched.results('C_UnwrapKey').at(-1)).not.toEqual(before);
    expect(() => attributesOf(before as Handle)).toThrow(/CKR_OBJECT_HANDLE_INVALID/);
  });

  it('finds nothing in a token whose domain keys were deleted', async () => {
    const label = 'portcullis-domain-gone-1';
    await host.link.call('makeDomainKeys', encodeJson({ label }));
    const { key } = await newKey(vaultOf(label));
    const message = { ...(await encrypt(vaultOf(label), key)), aad: AAD };
    const sealed = await vaultOf(label).seal('seed', TEXT, context());
    await host.link.call('destroyDomainKeys', encodeJson({ label }));
    host.link.lose('restart');
    await openHost();
    const gone = vaultOf(label);
    for (const attempt of [
      () => gone.decrypt(key, message, context()),
      () => gone.unseal('seed', sealed, context()),
      () => gone.check(context()),
    ])
      await expect(attempt()).rejects.toMatchObject({ code: 'not-found' });
    // Other keys under the same name are none of these.
    await host.link.call('makeDomainKeys', encodeJson({ label }));
    await expect(gone.decrypt(key, message, context())).rejects.toMatchObject({ code: 'corrupt' });
    await expect(gone.unseal('seed', sealed, context())).rejects.toMatchObject({ code: 'corrupt' });
  });
});

describe('a data key that the token has made', () => {
  it('is overwritten in the host when it was sent', async () => {
    let made: Buffer = Buffer.alloc(0);
    altered.replace({
      C_GenerateRandom: (session, bytes) => {
        made = bytes;
        return real.C_GenerateRandom(session, bytes);
      },
    });
    const key = Buffer.from(await vault.random(32, context()));
    expect(key.equals(Buffer.alloc(32))).toBe(false);
    expect(made).toEqual(Buffer.alloc(32));
  });
});

describe('a token that fails', () => {
  it.for([
    { from: 'C_UnwrapKey', ckr: 'CKR_WRAPPED_KEY_INVALID:272' },
    { from: 'C_UnwrapKey', ckr: 'CKR_GENERAL_ERROR:5' },
    { from: 'C_UnwrapKey', ckr: 'CKR_UNWRAPPING_KEY_HANDLE_INVALID:240' },
    { from: 'C_Sign', ckr: 'CKR_GENERAL_ERROR:5' },
    { from: 'C_Sign', ckr: 'CKR_DEVICE_ERROR:48' },
    { from: 'C_SignInit', ckr: 'CKR_FUNCTION_FAILED:6' },
  ] as const)('never makes a bad ciphertext of a good one: $from $ckr', async ({ from, ckr }) => {
    const known = modelKey();
    const message = await encrypt(vault, known);
    const unknown = modelKey();
    const sealed = await vault.seal('seed', TEXT, context());
    altered.fail(from, ckr, Number.POSITIVE_INFINITY);
    vault.forget([known.token]);
    await expect(decrypt(known, message)).rejects.toSatisfy(isNoJudgement);
    await expect(encrypt(vault, unknown)).rejects.toSatisfy(isNoJudgement);
    altered.heal();
    expect(Buffer.from(await vault.unseal('seed', sealed, context())).equals(TEXT)).toBe(true);
    expect(await decrypt(known, message)).toBe(String(TEXT));
  });

  it('is found out when it computes something else, and believed when it does not', async () => {
    const key = modelKey();
    const message = await encrypt(vault, key);
    const sealed = await vault.seal('seed', TEXT, context());
    altered.replace({ C_Sign: lyingSign() } as never);
    for (const attempt of [
      () => decrypt(key, message),
      () => vault.unseal('seed', sealed, context()),
      () => encrypt(vault, modelKey()),
    ])
      await expect(attempt()).rejects.toSatisfy(isNoJudgement);
    altered.heal();
    expect(await decrypt(key, message)).toBe(String(TEXT));
    const bad = { ...message, tag: randomBytes(16) };
    await expect(decrypt(key, bad)).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('is asked once more when it computed something else just once', async () => {
    const key = modelKey();
    const message = await encrypt(vault, key);
    altered.replace({ C_Sign: lyingSign(2) } as never);
    expect(await decrypt(key, message)).toBe(String(TEXT));
  });

  it('is found out when it unwraps another material', async () => {
    const key = modelKey();
    const other = domainKeyHandle(LABEL, 'seal');
    altered.replace({ C_UnwrapKey: () => other } as never);
    await expect(encrypt(vault, key)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('is found out when its random bytes are all the same', async () => {
    altered.replace({ C_GenerateRandom: (_session: Handle, bytes: Buffer) => bytes } as never);
    await expect(vault.random(32, context())).rejects.toSatisfy(isNoJudgement);
  });
});

/** A fault that says nothing of what the caller gave. */
function isNoJudgement(error: unknown): boolean {
  return error instanceof HsmFault && ['unavailable', 'internal'].includes(error.code);
}

/** C_Sign that turns a bit in its answer, so many times. */
function lyingSign(times = Number.POSITIVE_INFINITY) {
  let left = times;
  return (session: Handle, data: Buffer, output: Buffer): Buffer => {
    const answer = real.C_Sign(session, data, output);
    left -= 1;
    if (left >= 0) answer.writeUInt8(answer.readUInt8(0) ^ 1, 0);
    return answer;
  };
}

function inSession<T>(use: (session: Handle) => T): T {
  const slot = real
    .C_GetSlotList(true)
    .find((each) => real.C_GetTokenInfo(each).label.trimEnd() === token.label);
  const session = real.C_OpenSession(slot as Handle, pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION);
  try {
    return use(session);
  } finally {
    real.C_CloseSession(session);
  }
}

function domainKeyHandle(label: string, role: string): Handle {
  return inSession((session) => {
    real.C_FindObjectsInit(session, [
      { type: pkcs11js.CKA_LABEL, value: label },
      { type: pkcs11js.CKA_ID, value: Buffer.from(idOf(label, role), 'hex') },
    ]);
    const [handle] = real.C_FindObjects(session, 2);
    real.C_FindObjectsFinal(session);
    if (handle === undefined) throw new Error(`there is no key ${label}`);
    return handle;
  });
}

/** SHA-256 of label and role, 16 bytes of it. */
function idOf(label: string, role: string): string {
  return createHash('sha256').update(`${label} ${role}`).digest('hex').slice(0, 32);
}

function attributesOf(handle: Handle): Record<string, string> {
  return inSession((session) =>
    Object.fromEntries(
      Object.keys(NOTHING_ALLOWED).map((name) => {
        const type = pkcs11js[`CKA_${name}` as 'CKA_SIGN'];
        const [attribute] = real.C_GetAttributeValue(session, handle, [{ type }]);
        return [name, Buffer.from(attribute?.value as Buffer).toString('hex')];
      }),
    ),
  );
}

function domainKeyOrders(label: string): KeyOrder[] {
  const secret = { label, type: 'GENERIC_SECRET', usages: ['sign'] } as const;
  const valueHex = () => randomBytes(32).toString('hex');
  return [
    { label, idHex: idOf(label, 'domain'), type: 'AES', usages: ['wrap', 'unwrap'] },
    { ...secret, idHex: idOf(label, 'registry'), valueHex: valueHex() },
    { ...secret, idHex: idOf(label, 'seal'), valueHex: valueHex() },
  ];
}

function secretOf(handle: Handle): unknown {
  return inSession((session) => real.C_GetAttributeValue(session, handle, [{ type: pkcs11js.CKA_VALUE }]));
}

function wrapped(handle: Handle): Buffer {
  const mechanism = { mechanism: pkcs11js.CKM_AES_KEY_WRAP };
  return inSession((session) =>
    real.C_WrapKey(session, mechanism, domainKeyHandle(LABEL, 'domain'), handle, Buffer.alloc(64)),
  );
}
