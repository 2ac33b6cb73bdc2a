/** Ten years in the life of an engine, with keys in software and in a SoftHSM2 token. */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { DomainGeneration } from '../../src/domain/ports/record-store.ts';
import { Secret } from '../../src/domain/secret.ts';
import { softhsm2 } from '../../src/hsm/devices/softhsm2.ts';
import { SoftwareVault } from '../../src/hsm/software/software-vault.ts';
import { openTokenAdmin } from '../../src/hsm/token-admin.ts';
import { TokenVault } from '../../src/hsm/vault/token-vault.ts';
import { until } from '../support/running-proxy.ts';
import { liveTenYears } from '../support/ten-years/stand.ts';
import { openTestFleet } from '../support/test-fleet.ts';
import { testRunEnvironment } from '../support/test-run-environment.ts';
import { createTestToken, type TestToken } from '../support/token.ts';

const ENTROPY = { randomBytes: (length: number) => new Uint8Array(randomBytes(length)) };
const GENERATION: DomainGeneration = {
  number: 1,
  token: 'soft',
  label: 'portcullis-domain-ten-years-1',
  createdMs: 0,
  copies: 'none',
};
const HAPPENED = {
  days: 3_653,
  keys: 7,
  // 10 + 40 + 3 + 13 + 27 + 3 + 4, and one deletion
  rotations: 100,
  events: 101,
  // 406 days on each of six keys, less 14 of one that was out of use; 112 on the one that was deleted
  ciphertexts: 6 * 406 - 14 + 112,
};

// Tried once: a rotation that is missed one time in a hundred is missed.
const LONG = { retry: 0, timeout: 300_000 };

it('keys in software rotate when they should, and nothing that they encrypted is lost', LONG, async () => {
  expect(await liveTenYears(new SoftwareVault({ entropy: ENTROPY }), 'software')).toMatchObject(HAPPENED);
});

it('keys in a token rotate when they should, and nothing that they encrypted is lost', LONG, async () => {
  await using token = await createTestToken();
  await makeDomain(token);
  await using fleet = openTestFleet(token, { token: { hosts: 1 } }).fleet;
  await until(() => fleet.hosts().every(({ phase }) => phase === 'ready'));
  const domain = { current: 1, generations: [GENERATION] };
  const vault = new TokenVault({ tokens: fleet, entropy: ENTROPY, domain });

  expect(await liveTenYears(vault, 'SoftHSM2')).toMatchObject(HAPPENED);
});

async function makeDomain(token: TestToken): Promise<void> {
  const stateDir = join(token.paths.directory, 'administration');
  mkdirSync(stateDir, { recursive: true });
  await using admin = await openTokenAdmin({
    profile: softhsm2,
    module: token.paths.module,
    env: { ...token.env, ...testRunEnvironment() },
    stateDir,
  });
  await admin.login({ token: { label: token.label }, pin: new Secret(token.pin) });
  await admin.importDomainKeys(GENERATION.label, randomBytes(32));
}
