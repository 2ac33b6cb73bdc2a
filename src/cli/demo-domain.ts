/** Gives the demo's engine its domain, once: the keys in its token that wrap all others. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readEnvironment } from '../config/env.ts';
import type { PortcullisConfig } from '../config/portcullis-config.ts';
import { Bug } from '../domain/bug.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Log } from '../domain/ports/log.ts';
import { RandomPool } from '../hsm/aead/random-pool.ts';
import { hostEnvironment } from '../hsm/supervisor/host-environment.ts';
import { openTokenAdmin } from '../hsm/token-admin.ts';
import { makeGeneration, planFirst, readDomain } from '../hsm/vault/domain-keys.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';

/** Does nothing when the store has a domain. What a crash left on the token is destroyed on the way. */
export async function ensureDemoDomain(config: PortcullisConfig, log: Log): Promise<void> {
  const { kms, tokens, stateDir } = config;
  if (kms?.token === undefined || kms.store === 'memory' || !('sqlite' in kms.store)) return;
  const token = tokens.find(({ name }) => name === kms.token);
  if (token === undefined) throw new Bug(`${config.file} has no token ${kms.token}`);
  await mkdir(dirname(kms.store.sqlite), { recursive: true, mode: 0o700 });
  await using store = await openSqliteStore({ file: kms.store.sqlite, log });
  if ((await readDomain(store)) !== undefined) return;
  await using admin = await openTokenAdmin({
    ...token,
    env: hostEnvironment(readEnvironment(), token.env),
    stateDir,
  });
  await admin.login({ token: token.token, pin: token.pin });
  const plan = await planFirst(store, new RandomPool());
  await makeGeneration({ store, token: admin, tokenName: token.name, clock: CLOCK }, plan, 'token');
}

const CLOCK: Clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
