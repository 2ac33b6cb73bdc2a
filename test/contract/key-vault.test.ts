import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findAlgorithm, type SignatureRow } from '../../src/domain/key/algorithms.ts';
import type { CallTrace } from '../../src/domain/ports/hsm.ts';
import type { VaultKey } from '../../src/domain/ports/key-vault.ts';
import type { DomainGeneration } from '../../src/domain/ports/record-store.ts';
import { Secret } from '../../src/domain/secret.ts';
import { softhsm2 } from '../../src/hsm/devices/softhsm2.ts';
import { openTokenAdmin } from '../../src/hsm/token-admin.ts';
import { TokenVault } from '../../src/hsm/vault/token-vault.ts';
import { everyKindContract } from '../support/key-kinds-contract/every-kind.ts';
import {
  AAD,
  ALICE,
  context,
  encrypt,
  keyVaultContract,
  newKey,
  TEXT,
} from '../support/key-vault-contract.ts';
import { until } from '../support/running-proxy.ts';
import { openTestFleet, type TestFleet } from '../support/test-fleet.ts';
import { testRunEnvironment } from '../support/test-run-environment.ts';
import { createTestToken, type TestToken } from '../support/token.ts';

const entropy = { randomBytes: (length: number) => new Uint8Array(randomBytes(length)) };
const secrets = [randomBytes(32), randomBytes(32)] as const;
const LABELS = ['portcullis-domain-test-1', 'portcullis-domain-test-2'] as const;
const GENERATIONS: readonly DomainGeneration[] = LABELS.map((label, index) => ({
  number: index + 1,
  token: 'soft',
  label,
  createdMs: 0,
  copies: { shares: 3, threshold: 2 },
}));

const [GENERATION] = GENERATIONS as [DomainGeneration, DomainGeneration];

let token: TestToken;
let opened: TestFleet;

beforeAll(async () => {
  token = await createTestToken();
  await withAdmin(async (admin) => {
    for (const [index, label] of LABELS.entries())
      await admin.importDomainKeys(label, secrets[index] ?? Buffer.alloc(0));
  });
  opened = openTestFleet(token, { token: { hosts: 2 } });
  await until(() => opened.fleet.hosts().every(({ phase }) => phase === 'ready'));
});
afterAll(async () => {
  await opened.fleet[Symbol.asyncDispose]();
  await token[Symbol.asyncDispose]();
});

async function withAdmin<T>(
  work: (admin: Awaited<ReturnType<typeof openTokenAdmin>>) => Promise<T>,
): Promise<T> {
  const stateDir = join(token.paths.directory, 'administration');
  mkdirSync(stateDir, { recursive: true });
  await using admin = await openTokenAdmin({
    profile: softhsm2,
    module: token.paths.module,
    env: { ...token.env, ...testRunEnvironment() },
    stateDir,
  });
  await admin.login({ token: { label: token.label }, pin: new Secret(token.pin) });
  return await work(admin);
}

/** Process id of the host that encrypted. */
async function hostOf(vault: TokenVault, key: VaultKey): Promise<number | undefined> {
  const trace: CallTrace = { queueMs: 0, tokenMs: 0, host: undefined };
  await vault.encrypt(key, { plaintext: TEXT, aad: () => AAD }, { ...context(), trace });
  return trace.host;
}

function vaultOf(current: number): TokenVault {
  const domain = { current, generations: GENERATIONS.slice(0, current) };
  return new TokenVault({ tokens: opened.fleet, entropy, domain });
}

describe('a vault in SoftHSM2', () => {
  keyVaultContract(() => ({ first: vaultOf(1), second: vaultOf(2), secrets }));
  everyKindContract(() => ({ first: vaultOf(1), second: vaultOf(2), secrets }));

  it('finds the keys of its domain, and takes over a new generation of them', async () => {
    const vault = vaultOf(1);
    await vault.check(context());
    await vault.adopt({ current: 2, generations: GENERATIONS }, context());
    expect(vault.generationOf((await newKey(vault)).key.token)).toBe(2);
    const missing = { ...GENERATION, number: 3, label: 'portcullis-domain-test-3' };
    const adopted = vault.adopt({ current: 3, generations: [...GENERATIONS, missing] }, context());
    await expect(adopted).rejects.toMatchObject({ code: 'not-found' });
    expect(vault.generationOf((await newKey(vault)).key.token)).toBe(2);
  });

  it('uses the host again that knows a key, and each host for some keys', async () => {
    const vault = vaultOf(1);
    const used = new Set<number | undefined>();
    for (let number = 0; number < 20; number += 1) {
      const { key } = await newKey(vault);
      const hosts = new Set<number | undefined>();
      for (let call = 0; call < 5; call += 1) hosts.add(await hostOf(vault, key));
      expect(hosts.size).toBe(1);
      for (const host of hosts) used.add(host);
    }
    expect([...used].sort()).toEqual(
      opened.fleet
        .hosts()
        .map(({ pid }) => pid)
        .sort(),
    );
  });

  it('costs no token host its life', () => {
    expect(opened.lines.filter(({ event }) => event === 'token-host.lost')).toEqual([]);
  });

  it('works on when a host is killed in the middle, and has the killed one back', async () => {
    const vault = vaultOf(1);
    const keys = await Promise.all(Array.from({ length: 8 }, async () => (await newKey(vault)).key));
    const lost = opened.fleet.hosts()[0]?.pid ?? 0;
    const answers = Array.from({ length: 400 }, async (_, index) => {
      const key = keys[index % keys.length] as VaultKey;
      await sleep(index);
      if (index === 100) process.kill(lost, 'SIGKILL');
      const message = { ...(await encrypt(vault, key)), aad: AAD };
      const opens = await vault.decrypt(key, message, context());
      return Buffer.from(opens).equals(TEXT) ? 'right' : 'wrong';
    });
    const outcomes = await Promise.all(answers.map((each) => each.catch((error) => error.code)));
    const count = (outcome: string) => outcomes.filter((each) => each === outcome).length;
    // What the host was working on when it died is not handed to the next one.
    expect(count('right') + count('unavailable')).toBe(400);
    expect(count('right')).toBeGreaterThan(390);
    await until(() => opened.fleet.hosts().every(({ phase }) => phase === 'ready'));
    expect(opened.fleet.hosts().map(({ pid }) => pid)).not.toContain(lost);
    for (const key of keys) {
      const message = { ...(await encrypt(vault, key)), aad: AAD };
      expect(Buffer.from(await vault.decrypt(key, message, context())).equals(TEXT)).toBe(true);
    }
  });

  it('signs and makes keys again once a host was killed under it', async () => {
    const vault = vaultOf(1);
    const kinds = [RSA_SIGNS, CURVE_SIGNS, ML_DSA_SIGNS] as const;
    const keys = await Promise.all(
      kinds.map(async (kind) => ({
        ...ALICE,
        row: findAlgorithm(kind, kind.algorithm) as SignatureRow,
        ...(await vault.create(ALICE, kind, context())),
      })),
    );
    const made = vault.create(ALICE, { spec: 'RSA_4096', usage: 'SIGN_VERIFY' }, context());
    const madeOutcome = made.then(
      () => 'right',
      (error) => error.code,
    );
    const lost = opened.fleet.hosts()[0]?.pid ?? 0;
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const key = keys[index % keys.length] as (typeof keys)[number];
        await sleep(5 * index);
        if (index === 20) process.kill(lost, 'SIGKILL');
        const form = key.row.kind === 'ml-dsa' ? 'message' : 'digest';
        const request = { row: key.row, form, input: Buffer.alloc(32, index) } as const;
        return await vault.sign(key, request, context()).then(
          () => 'right',
          (error) => error.code,
        );
      }),
    );
    expect(
      [...outcomes, await madeOutcome].filter((each) => each !== 'right' && each !== 'unavailable'),
    ).toEqual([]);
    expect(outcomes.filter((each) => each === 'right').length).toBeGreaterThan(40);
    await until(() => opened.fleet.hosts().every(({ phase }) => phase === 'ready'));
    for (const key of keys) {
      const form = key.row.kind === 'ml-dsa' ? 'message' : 'digest';
      const signed = vault.sign(key, { row: key.row, form, input: Buffer.alloc(32) }, context());
      await expect(signed).resolves.toBeDefined();
    }
  });
});

const RSA_SIGNS = { spec: 'RSA_2048', usage: 'SIGN_VERIFY', algorithm: 'RSASSA_PSS_SHA_256' } as const;
const CURVE_SIGNS = { spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY', algorithm: 'ECDSA_SHA_256' } as const;
const ML_DSA_SIGNS = { spec: 'ML_DSA_44', usage: 'SIGN_VERIFY', algorithm: 'ML_DSA_SHAKE_256' } as const;
