/**
 * Return values of PKCS#11 from every function that a token host calls: no wrong plaintext, no fault that
 * blames what is in order, no login that the token refuses, and recovery once the module stops. All values of
 * the standard with RETURN_VALUES=all, which takes about half an hour; else one of most kinds.
 */
import pkcs11js from 'pkcs11js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AeadScheme } from '../../src/domain/hsm/aead-scheme.ts';
import { Secret } from '../../src/domain/secret.ts';
import { type FaultyFleet, faultyFleet } from '../support/faulty-fleet.ts';
import type { Pkcs11Function } from '../support/faulty-module.ts';
import { type Blow, CKR_NAMES, type CkrName, type Known, strike } from '../support/return-values.ts';
import { until } from '../support/running-proxy.ts';

const ALL = process.env['RETURN_VALUES'] === 'all';

describe('whatever the token answers', () => {
  const strikeWithAll = fleetToStrike('native-gcm');

  it.for(
    blows('serving', ALL ? CKR_NAMES : OF_EACH_KIND, [
      'C_OpenSession',
      'C_GetSessionInfo',
      'C_CloseSession',
      ...LOOKING_UP_AND_ENCRYPTING,
    ]),
  )('to $name of a host at work ($lasts) harms nobody', { timeout: 3_600_000 }, async (row) => {
    expect(await strikeWithAll(row)).toEqual([]);
  });

  it.for(
    blows(
      'serving',
      ['CKR_OK'],
      ['C_EncryptInit', 'C_Encrypt', 'C_DecryptInit', 'C_Decrypt', 'C_FindObjectsInit'],
    ),
  )('to $name, doing nothing and claiming success ($lasts), harms nobody', async (row) => {
    expect(await strikeWithAll(row)).toEqual([]);
  });

  it.for(
    blows('starting', ALL ? CKR_NAMES : AT_THE_START, [
      'C_Initialize',
      'C_GetSlotList',
      'C_GetTokenInfo',
      'C_GetMechanismList',
      'C_OpenSession',
      'C_CreateObject',
      ...LOOKING_UP_AND_ENCRYPTING,
    ]).filter(isLasting),
  )('to $name of a host that starts harms nobody', { timeout: 3_600_000 }, async (row) => {
    expect(await strikeWithAll(row)).toEqual([]);
  });
});

describe('whatever a token that derives keys answers', () => {
  const strikeWithAll = fleetToStrike('cmac');

  it.for([
    ...blows('serving', ['CKR_OK', ...(ALL ? CKR_NAMES : OF_EACH_KIND)], ['C_SignInit', 'C_Sign']),
    ...blows('starting', ALL ? CKR_NAMES : AT_THE_START, ['C_SignInit', 'C_Sign']).filter(isLasting),
  ])('to $name of a host that is $when ($lasts) harms nobody', { timeout: 3_600_000 }, async (row) => {
    expect(await strikeWithAll(row)).toEqual([]);
  });
});

describe('whatever the token answers to C_Login', () => {
  let fleet: FaultyFleet;
  beforeAll(async () => {
    fleet = await faultyFleet();
    fleet.module.countPinTries(3);
  });
  beforeEach(() => {
    fleet.module.heal();
    fleet.module.pinTriesLeft = 3;
    fleet.forgetAttempts();
  });
  afterEach(() => fleet.stop());
  afterAll(() => fleet[Symbol.asyncDispose]());

  const becomes = async (phase: string) =>
    await until(() => {
      fleet.restAttempts();
      return fleet.host.phase === phase;
    });

  it.for(of(ALL ? CKR_NAMES : AT_A_LOGIN))(
    'a wrong PIN costs one attempt: $ckr afterwards',
    async ({ ckr }) => {
      fleet.module.failAfterwards('C_Login', pkcs11js[ckr], { times: 1 });
      fleet.start({ token: { pin: new Secret('wrong-pin-0815') } });
      await becomes('locked');
      // A module that claims what cannot be after it has looked at the PIN costs one attempt more, never the last one.
      expect(fleet.module.pinTriesLeft).toBe(NOT_EVEN_BEGUN.has(ckr) ? 1 : 2);
    },
  );

  it.for(of(ALL ? CKR_NAMES : AT_A_LOGIN))('a wrong PIN costs one attempt: $ckr instead', async ({ ckr }) => {
    fleet.module.fail('C_Login', pkcs11js[ckr], { times: 1 });
    fleet.start({ token: { pin: new Secret('wrong-pin-0815') } });
    await becomes('locked');
    expect(fleet.module.pinTriesLeft).toBe(SPEAKS_OF_PIN.has(ckr) ? 3 : 2);
  });

  it.for(of(ALL ? CKR_NAMES : AT_A_LOGIN))(
    'the right PIN survives $ckr, unless that speaks of it',
    async ({ ckr }) => {
      fleet.module.fail('C_Login', pkcs11js[ckr], { times: 1 });
      fleet.start();
      await becomes(SPEAKS_OF_PIN.has(ckr) ? 'locked' : 'ready');
      expect(fleet.module.calls('C_Login')).toBeGreaterThan(0);
      expect(fleet.module.pinTriesLeft).toBe(3);
    },
  );
});

/** A fleet for the tests of one `describe`, and what strikes it with each value of a row. */
function fleetToStrike(scheme: AeadScheme): (row: BlowRow) => Promise<string[]> {
  let fleet: FaultyFleet;
  let known: Known;
  let struck = 0;
  beforeAll(async () => {
    fleet = await faultyFleet(scheme);
    await fleet.startReady();
    known = { description: await fleet.describe(), sealed: await fleet.seal() };
  });
  afterAll(async () => {
    console.log(`return values: ${struck} blows, ${scheme}, ${ALL ? 'all values' : 'some of each kind'}`);
    await fleet[Symbol.asyncDispose]();
  });
  return async ({ values, ...blow }) => {
    const findings: string[] = [];
    for (const ckr of values) findings.push(...(await strike(fleet, known, { ...blow, ckr })));
    struck += values.length;
    return findings;
  };
}

type BlowRow = Omit<Blow, 'ckr'> & { readonly values: readonly CkrName[] };

function blows(
  when: Blow['when'],
  values: readonly CkrName[],
  names: readonly Pkcs11Function[],
): readonly BlowRow[] {
  return names.flatMap((name) =>
    (['once', 'a while'] as const).map((lasts) => ({ name, when, lasts, values })),
  );
}

function isLasting({ lasts }: BlowRow): boolean {
  return lasts === 'a while';
}

function of(values: readonly CkrName[]): readonly { readonly ckr: CkrName }[] {
  return values.map((ckr) => ({ ckr }));
}

const LOOKING_UP_AND_ENCRYPTING: readonly Pkcs11Function[] = [
  'C_FindObjectsInit',
  'C_FindObjects',
  'C_FindObjectsFinal',
  'C_GetAttributeValue',
  'C_EncryptInit',
  'C_Encrypt',
  'C_DecryptInit',
  'C_Decrypt',
];
const OF_EACH_KIND: readonly CkrName[] = [
  'CKR_GENERAL_ERROR',
  'CKR_SESSION_HANDLE_INVALID',
  'CKR_ENCRYPTED_DATA_INVALID',
];
const AT_THE_START: readonly CkrName[] = ['CKR_FUNCTION_NOT_SUPPORTED', 'CKR_PIN_LOCKED'];
const AT_A_LOGIN: readonly CkrName[] = [
  'CKR_HOST_MEMORY',
  'CKR_DEVICE_REMOVED',
  'CKR_SESSION_HANDLE_INVALID',
  'CKR_USER_ALREADY_LOGGED_IN',
];

/** Said of something that was amiss before the function began. */
const NOT_EVEN_BEGUN: ReadonlySet<CkrName> = new Set<CkrName>([
  'CKR_TOKEN_NOT_PRESENT',
  'CKR_SESSION_COUNT',
  'CKR_SESSION_HANDLE_INVALID',
  'CKR_CRYPTOKI_NOT_INITIALIZED',
]);

const SPEAKS_OF_PIN: ReadonlySet<CkrName> = new Set<CkrName>([
  'CKR_PIN_INCORRECT',
  'CKR_PIN_INVALID',
  'CKR_PIN_LEN_RANGE',
  'CKR_PIN_EXPIRED',
  'CKR_PIN_LOCKED',
  'CKR_USER_PIN_NOT_INITIALIZED',
  'CKR_USER_TYPE_INVALID',
]);
