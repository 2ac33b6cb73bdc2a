/**
 * One test for each transition between the states of a token: DOWN → INIT → LOCATE → LOGIN → PROBE → READY, from
 * there to DEGRADED, FULL and RECOVERING and back, and to LOCKED. The token host is a process of its own, its
 * token a real one; only the answers that a test names are made up.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pkcs11js from 'pkcs11js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import { type FaultyFleet, faultyFleet } from '../support/faulty-fleet.ts';
import type { Pkcs11Function } from '../support/faulty-module.ts';
import { until } from '../support/running-proxy.ts';

let fleet: FaultyFleet;

const startsFailed = () => fleet.lines.filter(({ event }) => event === 'token-host.start-failed').length;
const freshFleet = async () => {
  fleet = await faultyFleet();
  fleet.module.countPinTries(3);
};
const endFleet = () => fleet[Symbol.asyncDispose]();

describe('on its way up, a token', () => {
  beforeEach(freshFleet);
  afterEach(endFleet);

  it.for([
    { from: 'DOWN', to: 'INIT', name: 'C_Initialize', ckr: 'CKR_DEVICE_ERROR', never: 'C_GetSlotList' },
    { from: 'DOWN', to: 'INIT', name: 'C_Initialize', ckr: 'CKR_PIN_LOCKED', never: 'C_GetSlotList' },
    { from: 'INIT', to: 'LOCATE', name: 'C_GetSlotList', ckr: 'CKR_FUNCTION_FAILED', never: 'C_OpenSession' },
    {
      from: 'INIT',
      to: 'LOCATE',
      name: 'C_GetTokenInfo',
      ckr: 'CKR_TOKEN_NOT_PRESENT',
      never: 'C_OpenSession',
    },
    { from: 'LOCATE', to: 'LOGIN', name: 'C_OpenSession', ckr: 'CKR_SESSION_COUNT', never: 'C_Login' },
    { from: 'LOCATE', to: 'LOGIN', name: 'C_OpenSession', ckr: 'CKR_PIN_EXPIRED', never: 'C_Login' },
  ] as const)('stays $from while $name says $ckr, and reaches $to when it stops', async (row) => {
    fleet.module.fail(row.name, pkcs11js[row.ckr]);
    fleet.start();
    await until(() => startsFailed() >= 2);

    expect(fleet.host).toMatchObject({ phase: expect.stringMatching(/^starting|recovering$/) });
    expect(fleet.module.calls(row.never)).toBe(0);
    await expect(fleet.seal()).rejects.toMatchObject({ code: 'unavailable' });

    fleet.module.heal();
    await until(() => fleet.works());
    expect(fleet.module.answers('C_Login')).toEqual([0]);
  });

  it('logs in again at no cost when it was away at the moment of the login', async () => {
    fleet.module.fail('C_Login', pkcs11js.CKR_TOKEN_NOT_PRESENT, { times: 2 });
    await fleet.startReady();
    expect(fleet.module.answers('C_Login')).toEqual([
      pkcs11js.CKR_TOKEN_NOT_PRESENT,
      pkcs11js.CKR_TOKEN_NOT_PRESENT,
      0,
    ]);
  });

  it('that says CKR_USER_ALREADY_LOGGED_IN, and is not, does not become READY', async () => {
    fleet.module.fail('C_Login', pkcs11js.CKR_USER_ALREADY_LOGGED_IN);
    fleet.start();
    await until(() => startsFailed() >= 1);
    expect(fleet.module.calls('C_GetSessionInfo')).toBe(1);
    expect(fleet.host.phase).not.toBe('ready');
  });

  it('that says CKR_USER_ALREADY_LOGGED_IN, and is, becomes READY', async () => {
    fleet.module.failAfterwards('C_Login', pkcs11js.CKR_USER_ALREADY_LOGGED_IN);
    await fleet.startReady();
    expect(await fleet.works()).toBe(true);
    expect(fleet.module.calls('C_Login')).toBe(1);
  });

  it.for([{ name: 'C_EncryptInit' }, { name: 'C_Decrypt' }, { name: 'C_FindObjects' }] as const)(
    'is not READY before its probe went well: $name fails at first',
    async ({ name }) => {
      fleet.module.fail(name, pkcs11js.CKR_DEVICE_ERROR, { times: 2 });
      await fleet.startReady();
      expect(startsFailed()).toBeGreaterThanOrEqual(1);
      expect(await fleet.works()).toBe(true);
      expect(fleet.module.answers('C_Login')).toEqual(Array(startsFailed() + 1).fill(0));
    },
  );
});

describe('a token that refuses its PIN', () => {
  beforeEach(freshFleet);
  afterEach(endFleet);

  it.for([
    { ckr: 'CKR_PIN_INCORRECT' },
    { ckr: 'CKR_PIN_LOCKED' },
    { ckr: 'CKR_PIN_EXPIRED' },
    { ckr: 'CKR_USER_PIN_NOT_INITIALIZED' },
  ] as const)('is LOCKED by $ckr, also when the token would take the PIN again', async ({ ckr }) => {
    fleet.module.fail('C_Login', pkcs11js[ckr], { times: 1 });
    fleet.start();
    await until(() => fleet.host.phase === 'locked');
    await sleep(300);

    await expect(fleet.seal()).rejects.toMatchObject({ code: 'pin-locked' });
    expect(fleet.module.answers('C_Login')).toEqual([pkcs11js[ckr]]);
  });

  it('that was READY and is lost becomes LOCKED when its PIN was changed meanwhile, for one attempt', async () => {
    await fleet.startReady();
    await fleet.token.pkcs11Tool(['--change-pin', '--new-pin', 'another-pin-0815']);
    fleet.module.fail('C_EncryptInit', pkcs11js.CKR_DEVICE_REMOVED, { times: 1 });
    await expect(fleet.seal()).rejects.toMatchObject({ code: 'unavailable' });
    await until(() => fleet.host.phase === 'locked');

    await expect(fleet.seal()).rejects.toMatchObject({ code: 'pin-locked' });
    expect(fleet.module.answers('C_Login')).toEqual([0, pkcs11js.CKR_PIN_INCORRECT]);
    expect(fleet.module.pinTriesLeft).toBe(2);
  });

  it.for([
    { ckr: 'CKR_DEVICE_REMOVED' },
    { ckr: 'CKR_SESSION_CLOSED' },
    { ckr: 'CKR_HOST_MEMORY' },
    { ckr: 'CKR_DEVICE_ERROR' },
  ] as const)('in the middle of $ckr has cost one attempt, and costs no other', async ({ ckr }) => {
    fleet.module.failAfterwards('C_Login', pkcs11js[ckr]);
    fleet.start({ token: { pin: new Secret('wrong-pin-0815') } });
    await until(() => fleet.host.phase === 'locked');
    await sleep(300);

    expect(fleet.module.calls('C_Login')).toBe(1);
    expect(fleet.module.pinTriesLeft).toBe(2);
  });
});

describe('a token that is READY', () => {
  beforeAll(async () => {
    await freshFleet();
    await fleet.startReady();
  });
  beforeEach(() => until(() => fleet.works()));
  afterEach(() => fleet.module.heal());
  afterAll(endFleet);

  it.for([
    { name: 'C_EncryptInit', ckr: 'CKR_SESSION_HANDLE_INVALID' },
    { name: 'C_Encrypt', ckr: 'CKR_SESSION_CLOSED' },
    { name: 'C_DecryptInit', ckr: 'CKR_OPERATION_ACTIVE' },
    { name: 'C_Decrypt', ckr: 'CKR_OPERATION_NOT_INITIALIZED' },
    { name: 'C_Decrypt', ckr: 'CKR_FUNCTION_CANCELED' },
  ] as const)('RECOVERS in another session from $ckr of $name, and nobody notices', async ({ name, ckr }) => {
    const { pid } = fleet.host;
    const sessions = fleet.module.calls('C_OpenSession');
    fleet.module.fail(name, pkcs11js[ckr], { times: 1 });

    expect(await fleet.works()).toBe(true);
    expect(fleet.module.calls('C_OpenSession')).toBe(sessions + 1);
    expect(fleet.host.pid).toBe(pid);
  });

  it.for([
    { name: 'C_EncryptInit', ckr: 'CKR_SESSION_HANDLE_INVALID' },
    { name: 'C_DecryptInit', ckr: 'CKR_SESSION_CLOSED' },
    { name: 'C_FindObjectsInit', ckr: 'CKR_OPERATION_ACTIVE' },
  ] as const)('RECOVERS in another process when a new session too says $ckr to $name', async (row) => {
    await expectReplacement(row.name, pkcs11js[row.ckr], 2);
  });

  it.for([
    { ckr: 'CKR_DEVICE_REMOVED' },
    { ckr: 'CKR_TOKEN_NOT_PRESENT' },
    { ckr: 'CKR_TOKEN_NOT_RECOGNIZED' },
    { ckr: 'CKR_USER_NOT_LOGGED_IN' },
    { ckr: 'CKR_CRYPTOKI_NOT_INITIALIZED' },
    { ckr: 'CKR_SLOT_ID_INVALID' },
    { ckr: 'CKR_HOST_MEMORY' },
    { ckr: 'CKR_PIN_EXPIRED' },
  ] as const)('RECOVERS in another process, with one login, from $ckr', async ({ ckr }) => {
    await expectReplacement('C_EncryptInit', pkcs11js[ckr], 1);
  });

  it.for([
    { name: 'C_Encrypt', ckr: 'CKR_GENERAL_ERROR' },
    { name: 'C_EncryptInit', ckr: 'CKR_DEVICE_ERROR' },
    { name: 'C_Decrypt', ckr: 'CKR_FUNCTION_FAILED' },
    { name: 'C_DecryptInit', ckr: 'CKR_DEVICE_ERROR' },
  ] as const)('stays READY after one $ckr of $name, since the canary lives', async ({ name, ckr }) => {
    const { pid } = fleet.host;
    fleet.module.fail(name, pkcs11js[ckr], { times: 1 });
    expect(await fleet.works()).toBe(true);
    expect(fleet.host.pid).toBe(pid);
  });

  it.for([
    { name: 'C_Encrypt', ckr: 'CKR_GENERAL_ERROR' },
    { name: 'C_EncryptInit', ckr: 'CKR_DEVICE_ERROR' },
    { name: 'C_Decrypt', ckr: 'CKR_FUNCTION_FAILED' },
    { name: 'C_DecryptInit', ckr: 'CKR_KEY_HANDLE_INVALID' },
  ] as const)(
    'RECOVERS in another process when $name keeps saying $ckr, since the canary dies',
    async (row) => {
      const { pid } = fleet.host;
      fleet.module.fail(row.name, pkcs11js[row.ckr]);
      await expect(roundTrip()).rejects.toMatchObject({ code: 'unavailable' });
      await until(() => fleet.host.pid !== pid);
      fleet.module.heal();
      await until(() => fleet.works());
    },
  );

  it('answers at the deadline and stays READY when a call is late', async () => {
    const { pid } = fleet.host;
    fleet.module.delay('C_Encrypt', 400, { times: 1 });
    await expect(fleet.seal('any object', { withinMs: 150 })).rejects.toMatchObject({ code: 'timeout' });
    await until(() => fleet.works());
    expect(fleet.host.pid).toBe(pid);
  });

  it('answers at the deadline and RECOVERS in another process when a call hangs', async () => {
    const { pid } = fleet.host;
    fleet.module.hang('C_Encrypt', { times: 1 });
    await expect(fleet.seal('any object', { withinMs: 150 })).rejects.toMatchObject({ code: 'timeout' });
    await until(() => fleet.works());
    expect(fleet.host.pid).not.toBe(pid);
  });

  it('RECOVERS in another process from a crash, and hands the call that caused it to nobody else', async () => {
    const { pid } = fleet.host;
    fleet.module.crash('C_Encrypt', { times: 1 });
    await expect(fleet.seal()).rejects.toMatchObject({ code: 'unavailable' });
    await until(() => fleet.works());
    expect(fleet.host.pid).not.toBe(pid);
  });

  it('looks its keys up anew in each life, since handles end with the process that found them', async () => {
    expect(await fleet.works()).toBe(true);
    const searches = fleet.module.calls('C_FindObjectsInit');
    expect(await fleet.works()).toBe(true);
    expect(fleet.module.calls('C_FindObjectsInit')).toBe(searches);
    await expectReplacement('C_DecryptInit', pkcs11js.CKR_DEVICE_REMOVED, 1);
    expect(fleet.module.calls('C_FindObjectsInit')).toBeGreaterThan(searches);
  });

  it('does not take a key for missing whose handle it calls invalid whenever it has found it', async () => {
    fleet.module.fail('C_GetAttributeValue', pkcs11js.CKR_OBJECT_HANDLE_INVALID);
    await expect(fleet.describe()).rejects.toMatchObject({ code: 'unavailable' });
    fleet.module.heal();
    await expect(fleet.describeUnknown()).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('a token that is READY and often measured', () => {
  beforeEach(async () => {
    await freshFleet();
    await fleet.startReady({ healthEveryMs: 50 });
  });
  afterEach(endFleet);

  it('is DEGRADED while its answers are slow, and READY again afterwards, with the same host', async () => {
    const { pid } = fleet.host;
    fleet.module.delay('C_Encrypt', 200);
    await until(() => fleet.health.status === 'DEGRADED');
    expect(await fleet.works()).toBe(true);

    fleet.module.heal();
    await until(() => fleet.health.status === 'ACTIVE');
    expect(fleet.host.pid).toBe(pid);
  });

  it('is FULL for as long as it says CKR_DEVICE_MEMORY, keeps its host, and is READY when there is room', async () => {
    const { pid } = fleet.host;
    fleet.module.fail('C_EncryptInit', pkcs11js.CKR_DEVICE_MEMORY);
    await expect(fleet.seal()).rejects.toMatchObject({ code: 'full' });
    await until(() => fleet.health.status === 'UNAVAILABLE');
    expect(fleet.health.reason).toMatch(/^full: .*CKR_DEVICE_MEMORY/);

    fleet.module.heal();
    expect(await fleet.works()).toBe(true);
    await until(() => fleet.health.status === 'ACTIVE');
    expect(fleet.host.pid).toBe(pid);
  });
});

async function roundTrip(): Promise<void> {
  await fleet.open(await fleet.seal());
}

/** The caller hears that the token is unavailable, and another host, after one login of its own, serves the next. */
async function expectReplacement(name: Pkcs11Function, value: number, times: number): Promise<void> {
  const { pid } = fleet.host;
  const logins = fleet.module.calls('C_Login');
  const call = name === 'C_FindObjectsInit' ? () => fleet.describeUnknown() : roundTrip;
  fleet.module.fail(name, value, { times });
  await expect(call()).rejects.toMatchObject({ code: 'unavailable' });
  await until(() => fleet.works());
  expect(fleet.host.pid).not.toBe(pid);
  expect(fleet.module.answers('C_Login').slice(logins)).toEqual([0]);
}
