import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pkcs11js, { type Handle, type PKCS11, type Template } from 'pkcs11js';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  PERSONALITY_DIRECTORY_VARIABLE,
  PERSONALITY_VARIABLE,
  TEST_MODE_VARIABLE,
} from '../../src/hsm/devices/emulation.ts';
import { moduleLoader } from '../../src/hsm/host/personalities/load-emulated.ts';
import { findToken, loadModule } from '../../src/hsm/pkcs11/pkcs11-module.ts';
import { AlteredLibrary } from '../support/altered-library.ts';
import { createTestToken, type TestToken } from '../support/token.ts';

const NAMES = ['yubihsm2', 'nethsm'] as const;
const RW_SESSION = pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION;

let token: TestToken;
let real: PKCS11;
let slot: Handle;
let directory: string;

beforeAll(async () => {
  token = await createTestToken();
  process.env['SOFTHSM2_CONF'] = token.env.SOFTHSM2_CONF;
  real = loadModule(token.paths.module);
  slot = findToken(real, { label: token.label }).slot;
});
afterAll(async () => {
  real.C_Finalize();
  await token[Symbol.asyncDispose]();
});
beforeEach(() => {
  directory = join(token.paths.directory, `device-${existingDevices()}`);
  mkdirSync(directory);
  real.C_CloseAllSessions(slot);
});

const existingDevices = (): number =>
  readdirSync(token.paths.directory).filter((name) => name.startsWith('device-')).length;

function emulate(name: string, over: PKCS11 = real): PKCS11 {
  const environment = {
    [PERSONALITY_VARIABLE]: name,
    [PERSONALITY_DIRECTORY_VARIABLE]: directory,
    [TEST_MODE_VARIABLE]: '1',
  };
  return moduleLoader(environment, () => over)(token.paths.module);
}

function logIn(library: PKCS11, pin = token.pin): Handle {
  const session = library.C_OpenSession(slot, RW_SESSION);
  library.C_Login(session, pkcs11js.CKU_USER, pin);
  return session;
}

function secretKey(more: Template = [], onToken: boolean | Buffer = true): Template {
  return [
    { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_SECRET_KEY },
    { type: pkcs11js.CKA_TOKEN, value: onToken },
    { type: pkcs11js.CKA_PRIVATE, value: true },
    { type: pkcs11js.CKA_SIGN, value: true },
    { type: pkcs11js.CKA_ENCRYPT, value: true },
    ...more,
  ];
}

function generateAes(library: PKCS11, session: Handle, template: Template = secretKey()): Handle {
  const length = { type: pkcs11js.CKA_VALUE_LEN, value: 32 };
  return library.C_GenerateKey(session, { mechanism: pkcs11js.CKM_AES_KEY_GEN }, [...template, length]);
}

describe.each(NAMES)('an emulated %s', (name) => {
  it('shows itself as emulated', () => {
    const { vendor, model, mechanisms } = findToken(emulate(name), { label: token.label }).info;
    expect([vendor, model]).toEqual([
      expect.stringMatching(/ \(emulated\)$/),
      expect.stringContaining('HSM (emulated) '),
    ]);
    expect(mechanisms).toContain(pkcs11js.CKM_AES_CBC);
    expect(mechanisms).not.toContain(pkcs11js.CKM_AES_GCM);
    expect(mechanisms).not.toContain(pkcs11js.CKM_AES_CMAC);
  });

  it('refuses a mechanism that it hides, whatever it is for', () => {
    const library = emulate(name);
    const session = logIn(library);
    const key = generateAes(library, session);
    const gcm = { mechanism: pkcs11js.CKM_AES_GCM };
    const nothing = Buffer.alloc(16);
    const calls = [
      () => library.C_GetMechanismInfo(slot, pkcs11js.CKM_AES_GCM),
      () => library.C_EncryptInit(session, gcm, key),
      () => library.C_DecryptInit(session, gcm, key),
      () => library.C_SignInit(session, { mechanism: pkcs11js.CKM_AES_CMAC }, key),
      () => library.C_VerifyInit(session, { mechanism: pkcs11js.CKM_AES_CMAC }, key),
      () => library.C_GenerateKey(session, { mechanism: pkcs11js.CKM_DES3_KEY_GEN }, secretKey()),
      () => library.C_GenerateKeyPair(session, { mechanism: pkcs11js.CKM_DSA_KEY_PAIR_GEN }, secretKey(), []),
      () => library.C_WrapKey(session, { mechanism: pkcs11js.CKM_AES_KEY_WRAP }, key, key, nothing),
      () => library.C_UnwrapKey(session, { mechanism: pkcs11js.CKM_AES_KEY_WRAP }, key, nothing, []),
      () => library.C_DeriveKey(session, { mechanism: pkcs11js.CKM_SHA256_KEY_DERIVATION }, key, []),
    ];
    for (const call of calls) expect(call).toThrow('CKR_MECHANISM_INVALID');
    expect(library.C_GetMechanismInfo(slot, pkcs11js.CKM_AES_CBC).maxKeySize).toBe(32);
    real.C_DestroyObject(session, key);
  });

  it('makes and takes objects on the token alone', () => {
    const library = emulate(name);
    const session = logIn(library);
    const before = countObjects(session);
    const forSession = secretKey([], false);
    const ofNoPlace = secretKey().filter(({ type }) => type !== pkcs11js.CKA_TOKEN);
    const pair = { mechanism: pkcs11js.CKM_EC_KEY_PAIR_GEN };
    const calls = [
      () => generateAes(library, session, forSession),
      () => generateAes(library, session, ofNoPlace),
      () => library.C_CreateObject(session, aesValue(forSession)),
      () => library.C_GenerateKeyPair(session, pair, secretKey(), forSession),
    ];
    for (const call of calls) expect(call).toThrow('CKR_TEMPLATE_INCONSISTENT');
    expect(countObjects(session)).toBe(before);
    const made = library.C_CreateObject(session, aesValue(secretKey([], Buffer.of(1))));
    expect(() => library.C_CopyObject(session, made, forSession)).toThrow('CKR_FUNCTION_NOT_SUPPORTED');
    real.C_DestroyObject(session, made);
  });

  it('never hands a malformed PIN to C_Login', () => {
    const under = new AlteredLibrary(real);
    const login = vi.fn<PKCS11['C_Login']>();
    under.replace({ C_Login: login });
    const library = emulate(name, under.library);
    expect(() => logIn(library, '0001abc')).toThrow('CKR_PIN_INVALID');
    const session = library.C_OpenSession(slot, RW_SESSION);
    expect(() => library.C_Login(session, pkcs11js.CKU_USER)).toThrow('CKR_PIN_INVALID');
    expect(login).not.toHaveBeenCalled();
    logIn(library, '0001abcdefgh');
    expect(login).toHaveBeenCalledOnce();
  });
});

describe('an emulated yubihsm2', () => {
  it('derives by ECDH into a session, as the one thing that lives there', () => {
    const library = emulate('yubihsm2');
    const session = logIn(library);
    const curve = Buffer.from('06082a8648ce3d030107', 'hex');
    const token = { type: pkcs11js.CKA_TOKEN, value: true };
    const pair = library.C_GenerateKeyPair(
      session,
      { mechanism: pkcs11js.CKM_EC_KEY_PAIR_GEN },
      [token, { type: pkcs11js.CKA_EC_PARAMS, value: curve }],
      [token, { type: pkcs11js.CKA_DERIVE, value: true }],
    );
    const point = library.C_GetAttributeValue(session, pair.publicKey, [{ type: pkcs11js.CKA_EC_POINT }])[0];
    const publicData = Buffer.from((point?.value ?? '') as Buffer).subarray(2);
    const parameter = { type: pkcs11js.CK_PARAMS_EC_DH, kdf: pkcs11js.CKD_NULL, publicData };
    const derived = library.C_DeriveKey(
      session,
      { mechanism: pkcs11js.CKM_ECDH1_DERIVE, parameter },
      pair.privateKey,
      [
        ...secretKey([], false),
        { type: pkcs11js.CKA_KEY_TYPE, value: pkcs11js.CKK_GENERIC_SECRET },
        { type: pkcs11js.CKA_VALUE_LEN, value: 32 },
      ],
    );
    expect(derived).toBeInstanceOf(Buffer);
    for (const key of [pair.publicKey, pair.privateKey]) real.C_DestroyObject(session, key);
  });

  it('has one session of the device for each process, which goes when all sessions are closed', () => {
    const library = emulate('yubihsm2');
    const own = join(directory, `session-${process.pid}`);
    logIn(library);
    expect(existsSync(own)).toBe(true);
    library.C_CloseAllSessions(slot);
    expect(existsSync(own)).toBe(false);
  });

  it('has 16 sessions for all processes, of which the dead hold none', () => {
    const library = emulate('yubihsm2');
    for (let other = 0; other < 15; other += 1) takeSession(process.pid, other);
    takeSession(4_194_304, 0);
    logIn(library);
    library.C_CloseAllSessions(slot);
    takeSession(process.pid, 15);
    expect(() => logIn(library)).toThrow('CKR_SESSION_COUNT');
  });
});

describe('a token host', () => {
  const loaderIn = (environment: Record<string, string>) => moduleLoader(environment, () => real);

  it('loads the module itself when no personality is wanted', () => {
    expect(loaderIn({ [TEST_MODE_VARIABLE]: '1' })('any')).toBe(real);
  });

  it.each([
    {
      why: 'test mode',
      environment: { [PERSONALITY_VARIABLE]: 'nethsm' },
      says: /tests of this project alone/,
    },
    {
      why: 'a personality that exists',
      environment: { [PERSONALITY_VARIABLE]: 'luna', [TEST_MODE_VARIABLE]: '1' },
      says: /is 'luna'; expected one of yubihsm2, nethsm/,
    },
    {
      why: 'a directory',
      environment: { [PERSONALITY_VARIABLE]: 'nethsm', [TEST_MODE_VARIABLE]: '1' },
      says: /names no directory/,
    },
  ])('emulates nothing without $why', ({ environment, says }) => {
    const load = vi.fn(() => real);
    expect(() => moduleLoader(environment, load)('any')).toThrow(says);
    expect(load).not.toHaveBeenCalled();
  });
});

function takeSession(pid: number, nth: number): void {
  writeFileSync(join(directory, `session-${pid}-${nth}`), '');
}

function aesValue(template: Template): Template {
  return [
    ...template,
    { type: pkcs11js.CKA_KEY_TYPE, value: pkcs11js.CKK_AES },
    { type: pkcs11js.CKA_VALUE, value: Buffer.alloc(32, 7) },
  ];
}

function countObjects(session: Handle): number {
  real.C_FindObjectsInit(session, []);
  const found = real.C_FindObjects(session, 1_000);
  real.C_FindObjectsFinal(session);
  return found.length;
}
