/** The module that fails on demand does what it is told: otherwise a test over it would prove nothing. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import pkcs11js, { type PKCS11 } from 'pkcs11js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FaultyModule, faultyModule, PKCS11_FUNCTIONS } from '../support/faulty-module.ts';
import { createTestToken, type TestToken } from '../support/token.ts';

const { CKR_DEVICE_ERROR, CKR_PIN_INCORRECT, CKR_PIN_LOCKED } = pkcs11js;
let token: TestToken;
let module: FaultyModule;
let library: PKCS11;
let slot: Buffer;
let session: Buffer;

beforeAll(async () => {
  token = await createTestToken();
  module = await faultyModule(token);
  Object.assign(process.env, module.env);
  library = new pkcs11js.PKCS11();
  library.load(module.path);
  library.C_Initialize();
  slot = library.C_GetSlotList(true)[0] as Buffer;
  session = library.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION);
});
afterAll(() => token[Symbol.asyncDispose]());
beforeEach(() => module.heal());

describe('an order', () => {
  it('to fail strikes from the named call on, as often as it says, and is counted with the rest', () => {
    const before = module.calls('C_GenerateRandom');
    module.fail('C_GenerateRandom', CKR_DEVICE_ERROR, { after: 1, times: 2 });
    expect([0, 1, 2, 3].map(() => answerOf(random))).toEqual([0, CKR_DEVICE_ERROR, CKR_DEVICE_ERROR, 0]);
    expect(module.calls('C_GenerateRandom') - before).toBe(4);
    expect(module.answers('C_GenerateRandom').slice(-3)).toEqual([CKR_DEVICE_ERROR, CKR_DEVICE_ERROR, 0]);
  });

  it('without a number is for all calls until it is taken back', () => {
    module.fail('C_GenerateRandom', CKR_DEVICE_ERROR);
    expect([0, 1, 2].map(() => answerOf(random))).toEqual(Array(3).fill(CKR_DEVICE_ERROR));
    module.heal();
    expect(answerOf(random)).toBe(0);
  });

  it('to fail afterwards lets the work be done', () => {
    const loggedIn = () => library.C_GetSessionInfo(session).state === CKS_RO_USER_FUNCTIONS;
    module.fail('C_Login', CKR_DEVICE_ERROR);
    expect([answerOf(() => login(token.pin)), loggedIn()]).toEqual([CKR_DEVICE_ERROR, false]);
    module.failAfterwards('C_Login', CKR_DEVICE_ERROR);
    expect([answerOf(() => login(token.pin)), loggedIn()]).toEqual([CKR_DEVICE_ERROR, true]);
    library.C_Logout(session);
  });

  it('to lag takes the time it says', () => {
    module.delay('C_GenerateRandom', 120, { times: 1 });
    const startMs = performance.now();
    expect(answerOf(random)).toBe(0);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(119);
  });

  it('to hang holds the process until it is ended, and the call is one without an answer', async () => {
    module.hang('C_GetInfo');
    await expect(elsewhere({ timeout: 500 })).rejects.toMatchObject({ signal: 'SIGTERM' });
    expect(module.answers('C_GetInfo')).toEqual([undefined]);
  });

  it('to crash ends the process that makes the call', async () => {
    module.crash('C_GetInfo', { times: 1 });
    await expect(elsewhere()).rejects.toMatchObject({ signal: 'SIGSEGV' });
    await expect(elsewhere()).resolves.toBeDefined();
  });
});

describe('the counter of PIN attempts', () => {
  it('locks after three wrong PINs in a row, against the right one too, and shows what is left', () => {
    module.countPinTries(3);
    const seen = ['wrong-pin-1', token.pin, 'wrong-pin-1', 'wrong-pin-2', 'wrong-pin-3', token.pin].map(
      (pin) => {
        const answer = answerOf(() => login(pin));
        if (answer === 0) library.C_Logout(session);
        return [answer, module.pinTriesLeft, pinFlags()];
      },
    );
    expect(seen).toEqual([
      [CKR_PIN_INCORRECT, 2, ['low']],
      [0, 3, []],
      [CKR_PIN_INCORRECT, 2, ['low']],
      [CKR_PIN_INCORRECT, 1, ['low', 'final try']],
      [CKR_PIN_INCORRECT, 0, ['low', 'locked']],
      [CKR_PIN_LOCKED, 0, ['low', 'locked']],
    ]);
  });
});

it('the module has every function of PKCS#11 v2.40', () => {
  expect(PKCS11_FUNCTIONS).toHaveLength(68);
  expect(new Set(PKCS11_FUNCTIONS).size).toBe(68);
});

function random(): void {
  library.C_GenerateRandom(session, Buffer.alloc(8));
}

function login(pin: string): void {
  library.C_Login(session, pkcs11js.CKU_USER, pin);
}

/** CK_RV of what the call did. */
function answerOf(call: () => void): number {
  try {
    call();
    return 0;
  } catch (error) {
    return (error as pkcs11js.Pkcs11Error).code;
  }
}

function pinFlags(): string[] {
  const { flags } = library.C_GetTokenInfo(slot);
  const names = [
    [pkcs11js.CKF_USER_PIN_COUNT_LOW, 'low'],
    [pkcs11js.CKF_USER_PIN_FINAL_TRY, 'final try'],
    [pkcs11js.CKF_USER_PIN_LOCKED, 'locked'],
  ] as const;
  return names.filter(([flag]) => (flags & flag) !== 0).map(([, name]) => name);
}

/** Another program that loads the module and asks for its version. */
async function elsewhere({ timeout = 0 } = {}): Promise<unknown> {
  const env = { ...process.env, ...module.env };
  return await promisify(execFile)('pkcs11-tool', ['--module', module.path, '--show-info'], { env, timeout });
}

const CKS_RO_USER_FUNCTIONS = 1;
