/** Real tokens are taken away from real token hosts and given back. */
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AeadScheme } from '../../src/domain/hsm/aead-scheme.ts';
import { HsmFault } from '../../src/domain/hsm-fault.ts';
import type { Aead, KeyRole, Sealed, TokenKey } from '../../src/domain/ports/hsm.ts';
import { Secret } from '../../src/domain/secret.ts';
import { until } from '../support/running-proxy.ts';
import { openTestFleet, type TestFleet } from '../support/test-fleet.ts';
import { type CountedLogins, countLogins } from '../support/tokens/counted-logins.ts';
import { NSS } from '../support/tokens/nss-kind.ts';
import { OPENCRYPTOKI } from '../support/tokens/opencryptoki-kind.ts';
import { P11_KIT } from '../support/tokens/p11-kit-kind.ts';
import { SOFTHSM2 } from '../support/tokens/softhsm2-kind.ts';
import type { Outage, ProvisionedToken, TokenKind } from '../support/tokens/token-kind.ts';
import { atWorkbench } from '../support/tokens/workbench.ts';
import type { KeyOrder } from '../support/tokens/workbench-orders.ts';
import { context } from './contract-rig.ts';

/** `noticed`: a host that runs fails at once; elsewhere it works on with what it has in memory. */
const OUTAGES = [
  { kind: SOFTHSM2, scheme: 'native-gcm', what: 'its directory is moved away', noticed: true },
  { kind: SOFTHSM2, scheme: 'cmac', what: 'its directory is moved away', noticed: true },
  { kind: NSS, scheme: 'native-gcm', what: 'its database is moved away', noticed: false },
  { kind: OPENCRYPTOKI, scheme: 'hmac', what: 'pkcsslotd is stopped', noticed: false },
  { kind: OPENCRYPTOKI, scheme: 'cbc-mac', what: 'pkcsslotd is stopped', noticed: false },
  { kind: P11_KIT, scheme: 'hmac', what: 'p11-kit server is stopped', noticed: true },
] as const;

for (const { kind, scheme, what, noticed } of OUTAGES) {
  const title = `${kind.name} with a key of ${scheme} while ${what}`;
  if (kind.absent === undefined) describe(title, () => recovery(kind, { scheme, noticed }));
  else it(title, ({ skip }) => skip(kind.absent));
}

interface RecoveryCase {
  readonly scheme: AeadScheme;
  readonly noticed: boolean;
}

function recovery(kind: TokenKind, { scheme, noticed }: RecoveryCase): void {
  const role: KeyRole = { key: KEY, admitted: 'any object', scheme, generation: 0, keyName: 'foo' };
  let token: ProvisionedToken;
  let outage: Outage;
  let logins: CountedLogins;
  const fleets: TestFleet[] = [];

  beforeEach(async () => {
    token = await kind.provision();
    if (token.outage === undefined) throw new Error(`nobody can take ${kind.name} away`);
    outage = token.outage;
    await atWorkbench(token, { do: 'make keys', keys: [{ ...HEALTH_KEY, ...KEY_SHAPES[scheme] }] });
    logins = await countLogins(token);
  });
  afterEach(async () => {
    for (const { fleet } of fleets.splice(0)) await fleet[Symbol.asyncDispose]();
    await token[Symbol.asyncDispose]();
  });

  const start = (pin = token.pin): TestFleet => {
    const healthKey = { label: HEALTH_KEY.label, scheme };
    const opened = openTestFleet(logins.token, {
      token: { profile: kind.profile, pin: new Secret(pin), healthKey },
    });
    fleets.push(opened);
    return opened;
  };
  const becomes = (opened: TestFleet, phase: string): Promise<void> =>
    until(() => opened.fleet.hosts()[0]?.phase === phase, { withinMs: RECOVERED_MS });
  const failedStarts = ({ lines }: TestFleet): number =>
    lines.filter(({ event }) => event === 'token-host.start-failed').length;

  it('a new host fails its callers as unavailable, and one serves them when it is back', async () => {
    const opened = start();
    await becomes(opened, 'ready');
    const before = await use(opened);
    const described = await opened.fleet.describe(KEY, context());
    expect(before).toEqual({ find: 'not-found', encrypt: 'decrypted' });
    const sealed = await seal(opened.fleet.aead, role);
    await outage.begin();
    process.kill(opened.fleet.hosts()[0]?.pid as number, 'SIGKILL');
    await until(() => failedStarts(opened) > 1);
    expect(await use(opened)).toEqual({ find: 'unavailable', encrypt: 'unavailable' });
    expect(opened.fleet.health.health(['soft'])).toMatchObject([{ status: 'UNAVAILABLE' }]);
    await outage.end();
    await becomes(opened, 'ready');
    expect(await use(opened)).toEqual(before);
    expect(await open(opened.fleet.aead, role, sealed)).toEqual(PLAINTEXT);
    expect(await opened.fleet.describe(KEY, context())).toEqual(described);
    await until(() => opened.fleet.health.health(['soft'])[0]?.status === 'ACTIVE');
    expect(logins.answers()).toEqual([CKR_OK, CKR_OK]);
    expect(await atWorkbench(logins.token, { do: 'look' })).toContainEqual(
      expect.objectContaining({ label: token.label, pinTroubled: false }),
    );
  });

  if (noticed) {
    it('a host that runs notices by itself, and is replaced when it is back', async () => {
      const opened = start();
      await becomes(opened, 'ready');
      const before = await use(opened);
      const sealed = await seal(opened.fleet.aead, role);
      await outage.begin();
      await until(async () => {
        expect(await use(opened)).toEqual({ find: 'unavailable', encrypt: 'unavailable' });
        return failedStarts(opened) > 0;
      });
      await outage.end();
      await becomes(opened, 'ready');
      expect(await use(opened)).toEqual(before);
      expect(await open(opened.fleet.aead, role, sealed)).toEqual(PLAINTEXT);
      expect(logins.answers()).toEqual([CKR_OK, CKR_OK]);
    });
  } else {
    it('a host that runs serves on', async () => {
      const opened = start();
      await becomes(opened, 'ready');
      const before = await use(opened);
      const [host] = opened.fleet.hosts();
      const sealed = await seal(opened.fleet.aead, role);
      await outage.begin();
      expect(await use(opened)).toEqual(before);
      await outage.end();
      expect(await use(opened)).toEqual(before);
      expect(await open(opened.fleet.aead, role, sealed)).toEqual(PLAINTEXT);
      expect(opened.fleet.hosts()).toEqual([host]);
    });
  }

  it('a PIN that it refused before is not tried again afterwards', async () => {
    const wrong = randomBytes(4).toString('hex');
    await becomes(start(wrong), 'locked');
    expect(logins.answers()).toEqual([CKR_PIN_INCORRECT]);
    await outage.begin();
    const during = start(wrong);
    await until(() => failedStarts(during) > 0);
    await outage.end();
    await becomes(during, 'locked');
    expect(logins.answers()).toEqual([CKR_PIN_INCORRECT]);
  });

  /** What a caller meets. No description is asked for twice, since the first answer would be remembered. */
  async function use({ fleet }: TestFleet): Promise<Used> {
    const nobody = { token: 'soft', selector: { label: `nobody-${randomBytes(4).toString('hex')}` } };
    return {
      find: await fleet.describe(nobody, context()).then(() => 'found', faultCode),
      encrypt: await encryptAndDecrypt(fleet.aead, role).then(() => 'decrypted', faultCode),
    };
  }
}

interface Used {
  /** The fault of looking for a key that does not exist: `not-found` is a good token's answer. */
  readonly find: string;
  /** `decrypted`, or the fault. */
  readonly encrypt: string;
}

async function encryptAndDecrypt(aead: Aead, role: KeyRole): Promise<void> {
  expect(await open(aead, role, await seal(aead, role))).toEqual(PLAINTEXT);
}

function seal(aead: Aead, role: KeyRole): Promise<Sealed> {
  return aead.seal({ ...role, plaintext: PLAINTEXT, aad: (metadata) => metadata }, context());
}

async function open(aead: Aead, role: KeyRole, sealed: Sealed): Promise<Buffer> {
  return Buffer.from(await aead.open({ ...role, ...sealed, aad: sealed.metadata }, context()));
}

function faultCode(error: unknown): string {
  if (error instanceof HsmFault) return error.code;
  throw error;
}

const PLAINTEXT = randomBytes(20);
const HEALTH_KEY = { label: 'health', idHex: 'c001' };
const KEY: TokenKey = { token: 'soft', selector: { label: HEALTH_KEY.label } };
const KEY_SHAPES: Readonly<Record<AeadScheme, Pick<KeyOrder, 'type' | 'usages'>>> = {
  'native-gcm': { type: 'AES', usages: ['encrypt', 'decrypt'] },
  hmac: { type: 'GENERIC_SECRET', usages: ['sign'] },
  cmac: { type: 'AES', usages: ['sign'] },
  'cbc-mac': { type: 'AES', usages: ['encrypt'] },
};
const RECOVERED_MS = 30_000;
const CKR_OK = 0;
const CKR_PIN_INCORRECT = 0xa0;
