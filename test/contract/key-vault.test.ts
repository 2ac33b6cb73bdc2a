import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DomainGeneration } from '../../src/domain/ports/record-store.ts';
import { Secret } from '../../src/domain/secret.ts';
import { softhsm2 } from '../../src/hsm/devices/softhsm2.ts';
import { openTokenAdmin } from '../../src/hsm/token-admin.ts';
import { TokenVault } from '../../src/hsm/vault/token-vault.ts';
import { keyVaultContract } from '../support/key-vault-contract.ts';
import { until } from '../support/running-proxy.ts';
import { coverageEnvironment, openTestFleet, type TestFleet } from '../support/test-fleet.ts';
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
    env: { ...token.env, ...coverageEnvironment() },
    stateDir,
  });
  await admin.login({ token: { label: token.label }, pin: new Secret(token.pin) });
  return await work(admin);
}

function vaultOf(current: number): TokenVault {
  const domain = { current, generations: GENERATIONS.slice(0, current) };
  return new TokenVault({ tokens: opened.fleet, entropy, domain });
}

describe('a vault in SoftHSM2', () => {
  keyVaultContract(() => ({ first: vaultOf(1), second: vaultOf(2), secrets }));

  it('costs no token host its life', () => {
    expect(opened.lines.filter(({ event }) => event === 'token-host.lost')).toEqual([]);
  });
});
