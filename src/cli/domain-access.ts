/** What commands on a domain work with: the engine's store, and its token, logged in. */
import { loadConfig } from '../config/load-config.ts';
import type { KmsStoreConfig } from '../config/portcullis-config.ts';
import { HsmFault } from '../domain/hsm-fault.ts';
import type { Clock } from '../domain/ports/clock.ts';
import { type DomainRecord, type RecordStore, StoreFailure } from '../domain/ports/record-store.ts';
import type { DomainKeysWork } from '../hsm/vault/domain-keys.ts';
import { createLog } from '../log/log.ts';
import { openRecordStore } from '../open-record-store.ts';
import { CliFault } from './cli-fault.ts';
import { configuredToken, withConfiguredToken } from './token-access.ts';

/**
 * Lends store and token to `work`. A SQLite store belongs to one process at a time: a CliFault says that the engine has
 * to be stopped.
 */
export async function withDomain<T>(
  configFile: string,
  work: (domain: DomainKeysWork) => Promise<T>,
): Promise<T> {
  const { config, token } = engineToken(configFile);
  if (config.kms === undefined || config.kms.store === 'memory') {
    const reason = 'keeps its records in memory (kms.store.dangerMemory): there is no domain to keep';
    throw new CliFault('refused', `${config.file} ${reason}`);
  }
  await using store = await openStore(config.kms.store);
  return await withConfiguredToken({ config, token }, ({ admin }) =>
    work({ store, token: admin, tokenName: token.name, clock: CLOCK }),
  );
}

/** For people: the generation in force, and what to see to when the token has the only copy. */
export function domainText(record: DomainRecord): string {
  const current = record.generations.find(({ number }) => number === record.current);
  const copies = current?.copies ?? 'none';
  const kept =
    copies === 'none'
      ? 'no copy outside of the token'
      : `any ${copies.threshold} of ${copies.shares} shares give it back`;
  const lines = [
    `domain ${record.domainId}`,
    `generation ${record.current} wraps, on token ${current?.token ?? ''}: ${kept}`,
    `keys labelled ${current?.label ?? ''}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** To standard error: every key of every customer hangs on one device. */
export function warnOfOneCopy({ generations, current }: DomainRecord): void {
  if (generations.find(({ number }) => number === current)?.copies !== 'none') return;
  process.stderr.write(
    'warning: the token has the only copy of these keys. Back the token up with the means of its maker, or have shares ' +
      'made with domain export-shares: when it is lost, everything that the engine encrypted is lost.\n',
  );
}

/** Says what to do where there is no domain yet. */
export function needsDomain(error: unknown): never {
  if (!(error instanceof HsmFault) || error.code !== 'not-found') throw error;
  throw new CliFault('refused', `${error.detail}; domain init makes one`, { cause: error });
}

/** Warnings of the store go to standard error, beside those of the command. */
async function openStore(store: Exclude<KmsStoreConfig, 'memory'>): Promise<RecordStore> {
  try {
    return await openRecordStore(store, createLog({ level: 'error', stream: process.stderr }), {
      alone: true,
    });
  } catch (cause) {
    if (!(cause instanceof StoreFailure)) throw cause;
    const advice = 'sqlite' in store ? '; is the engine running? Stop it first' : '';
    throw new CliFault('refused', `${cause.message}${advice}`, { cause });
  }
}

function engineToken(configFile: string): ReturnType<typeof configuredToken> {
  const config = loadConfig(configFile);
  if (config.kms === undefined) throw new CliFault('refused', `${config.file} has no engine (kms)`);
  if (config.kms.token === undefined) {
    const reason =
      'keeps key material in software (kms.dangerSoftwareKeys): its domain has no keys on a token';
    throw new CliFault('refused', `${config.file} ${reason}`);
  }
  return configuredToken(configFile, config.kms.token);
}

const CLOCK: Clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
