/** What emulated devices answer when something happens to them, and what comes of it. */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DerivedScheme } from '../../src/domain/hsm/aead-scheme.ts';
import { HsmFault } from '../../src/domain/hsm-fault.ts';
import type { KeyRole } from '../../src/domain/ports/hsm.ts';
import { Secret } from '../../src/domain/secret.ts';
import { openTokenAdmin } from '../../src/hsm/token-admin.ts';
import { until } from '../support/running-proxy.ts';
import { openTestFleet, type TestFleet } from '../support/test-fleet.ts';
import { testRunEnvironment } from '../support/test-run-environment.ts';
import {
  EMULATED_NETHSM,
  EMULATED_YUBIHSM2,
  emulatedDeviceDirectory,
} from '../support/tokens/emulated-kind.ts';
import type { ProvisionedToken, TokenKind } from '../support/tokens/token-kind.ts';
import { atWorkbench } from '../support/tokens/workbench.ts';
import type { KeyOrder } from '../support/tokens/workbench-orders.ts';
import { context } from './contract-rig.ts';

let token: ProvisionedToken;
let opened: TestFleet;

afterEach(async () => {
  await opened.fleet[Symbol.asyncDispose]();
  await token[Symbol.asyncDispose]();
});

describe('an emulated YubiHSM 2', () => {
  beforeEach(() => start(EMULATED_YUBIHSM2, 'hmac', HMAC_KEY));

  it('is healthy, and never without the word that it is emulated', async () => {
    await healthy();
    expect(shown()).toEqual([expect.stringMatching(/\(emulated\)$/), 'YubiHSM (emulated) 2.6']);
  });

  it.each([
    { trouble: 'audit log full', fault: 'full' },
    { trouble: 'capability missing', fault: 'denied' },
  ])('with $trouble fails its callers as $fault, and its host works on', async ({ trouble, fault }) => {
    const [before] = opened.fleet.hosts();
    happens(trouble);
    expect(await seal('hmac')).toBe(fault);
    happens('');
    expect(await seal('hmac')).toBe('sealed');
    expect(opened.fleet.hosts()[0]?.pid).toBe(before?.pid);
  });

  it('whose connector is lost is unavailable until it is back', () => recovers('hmac', 'connector lost'));

  it('that drops its session gets another host, which logs in anew', async () => {
    const [before] = opened.fleet.hosts();
    for (const session of sessions()) rmSync(join(emulatedDeviceDirectory(token), session));
    expect(await seal('hmac')).toBe('unavailable');
    await ready();
    expect(opened.fleet.hosts()[0]?.pid).not.toBe(before?.pid);
    expect(await seal('hmac')).toBe('sealed');
  });

  it('of which others have all sessions is logged in to when one is free, with the PIN that was not judged', async () => {
    const others = Array.from({ length: 16 }, (_, nth) =>
      join(emulatedDeviceDirectory(token), `session-${process.pid}-${nth}`),
    );
    for (const other of others) writeFileSync(other, '');
    process.kill(opened.fleet.hosts()[0]?.pid as number, 'SIGKILL');
    await until(() => failedStarts().some((reason) => reason.includes('CKR_SESSION_COUNT')));
    for (const other of others) rmSync(other);
    await ready();
    expect(await seal('hmac')).toBe('sealed');
    expect(sessions()).toHaveLength(1);
  });

  it('refuses object 257 as full, counts long ids double, and serves on', async () => {
    const free = 256 - 1 - 2;
    const fillers = Array.from({ length: free }, (_, nth) => ({
      ...HMAC_KEY,
      label: `filler-${nth}`,
      idHex: (nth + 1).toString(16).padStart(4, '0'),
    }));
    await atWorkbench(token, { do: 'make keys', keys: fillers });
    {
      await using admin = await openTokenAdmin({
        profile: EMULATED_YUBIHSM2.profile,
        module: token.paths.module,
        env: { ...token.env, ...testRunEnvironment() },
        stateDir: join(token.paths.directory, 'state'),
      });
      await admin.login({ token: { label: token.label }, pin: new Secret(token.pin) });
      await admin.generateKey({ label: 'last', idHex: 'aabbcc', scheme: 'hmac' });
      const onceMore = admin.generateKey({ label: 'none', idHex: 'aa', scheme: 'hmac' });
      await expect(onceMore).rejects.toMatchObject({ code: 'full' });
      expect((await admin.listKeys()).map(({ label }) => label)).toContain('last');
    }
    expect(await seal('hmac')).toBe('sealed');
  });
});

describe('an emulated NetHSM', () => {
  beforeEach(() => start(EMULATED_NETHSM, 'cbc-mac', CBC_KEY));

  it('is healthy, and never without the word that it is emulated', async () => {
    await healthy();
    expect(shown()).toEqual(['Nitrokey GmbH (emulated)', 'NetHSM (emulated) 2.6']);
  });

  it.each(['HTTP 500', 'HTTP 412 (locked)', 'HTTP 401', 'HTTP 404'])(
    'with %s is unavailable until that is over',
    (trouble) => recovers('cbc-mac', trouble),
  );
});

async function start(kind: TokenKind, scheme: DerivedScheme, key: KeyOrder): Promise<void> {
  token = await kind.provision();
  await atWorkbench(token, { do: 'make keys', keys: [key] });
  const healthKey = { label: key.label, scheme };
  opened = openTestFleet(token, { token: { profile: kind.profile, healthKey } });
  // Before the token was reached, too.
  expect(shown().every((name) => name.includes('(emulated)'))).toBe(true);
  await ready();
}

async function recovers(scheme: DerivedScheme, trouble: string): Promise<void> {
  happens(trouble);
  await until(async () => {
    expect(await seal(scheme)).toBe('unavailable');
    return failedStarts().length > 0;
  });
  expect(shown().every((name) => name.includes('(emulated)'))).toBe(true);
  happens('');
  await ready();
  expect(await seal(scheme)).toBe('sealed');
}

function happens(trouble: string): void {
  writeFileSync(join(emulatedDeviceDirectory(token), 'trouble'), trouble);
}

function sessions(): string[] {
  return readdirSync(emulatedDeviceDirectory(token)).filter((name) => name.startsWith('session-'));
}

function failedStarts(): string[] {
  return opened.lines
    .filter(({ event }) => event === 'token-host.start-failed')
    .map(({ fields }) => JSON.stringify(fields));
}

function shown(): string[] {
  return opened.fleet.health.health(['soft']).flatMap(({ vendor, model }) => [vendor, model]);
}

const ready = (): Promise<void> =>
  until(() => opened.fleet.hosts()[0]?.phase === 'ready', { withinMs: RECOVERED_MS });

const healthy = (): Promise<void> =>
  until(() => opened.fleet.health.health(['soft'])[0]?.status === 'ACTIVE', { withinMs: RECOVERED_MS });

/** `sealed`, or the fault. */
async function seal(scheme: DerivedScheme): Promise<string> {
  const role: KeyRole = {
    key: { token: 'soft', selector: { label: KEY_LABEL } },
    admitted: 'any object',
    ...{ scheme, generation: 0, keyName: 'foo' },
  };
  const plaintext = Buffer.from('plain');
  try {
    await opened.fleet.aead.seal({ ...role, plaintext, aad: () => Buffer.from('aad') }, context());
    return 'sealed';
  } catch (error) {
    if (error instanceof HsmFault) return error.code;
    throw error;
  }
}

const KEY_LABEL = 'portcullis-contract-device-key';
const HMAC_KEY: KeyOrder = { label: KEY_LABEL, idHex: 'c001', type: 'GENERIC_SECRET', usages: ['sign'] };
const CBC_KEY: KeyOrder = { label: KEY_LABEL, idHex: 'c001', type: 'AES', usages: ['encrypt'] };
const RECOVERED_MS = 30_000;
