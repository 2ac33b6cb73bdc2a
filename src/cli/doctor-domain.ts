/** The doctor's look at the domain of the KMS engine: its generations on their tokens, and keys that belong to none. */
import { existsSync } from 'node:fs';
import type { PortcullisConfig } from '../config/portcullis-config.ts';
import type { KeyDescription } from '../domain/ports/hsm.ts';
import {
  type DomainGeneration,
  type DomainRecord,
  type RecordStore,
  StoreFailure,
} from '../domain/ports/record-store.ts';
import { findOrphans, type Orphan } from '../hsm/vault/abandoned-keys.ts';
import { readDomain } from '../hsm/vault/domain-keys.ts';
import { createLog } from '../log/log.ts';
import { openRecordStore } from '../open-record-store.ts';
import { type DoctorFinding, found } from './doctor-finding.ts';

/** All secret keys of each token that could be reached. */
export type KeyLists = ReadonlyMap<string, readonly Pick<KeyDescription, 'label'>[]>;

/** Nothing for an engine that keeps no domain. A store that cannot be opened becomes a finding. */
export async function examineDomain({ kms }: PortcullisConfig, keys: KeyLists): Promise<DoctorFinding[]> {
  if (kms?.token === undefined || kms.store === 'memory') return [];
  if ('sqlite' in kms.store && !existsSync(kms.store.sqlite)) {
    return [noDomain(`there is no ${kms.store.sqlite} yet`)];
  }
  try {
    await using store = await openRecordStore(
      kms.store,
      createLog({ level: 'error', stream: process.stderr }),
    );
    return await domainFindings(store, keys);
  } catch (error) {
    if (!(error instanceof StoreFailure)) throw error;
    const advice = 'sqlite' in kms.store ? '; while the engine runs, its store is its own' : '';
    const text = `not looked at: ${error.message}${advice}`;
    return [found(SUBJECT, 'warning', text)];
  }
}

/** What is to be said of the domain in a store that is open. */
export async function domainFindings(store: RecordStore, keys: KeyLists): Promise<DoctorFinding[]> {
  const domain = (await readDomain(store))?.body;
  const orphans = await Promise.all(
    [...keys].map(([token, list]) => findOrphans(store, { token, labels: list.map(({ label }) => label) })),
  );
  return [
    ...(domain === undefined ? [noDomain('the store has no domain yet')] : generationFindings(domain, keys)),
    ...orphans.flat().map(orphanFinding),
  ];
}

function generationFindings({ generations, current }: DomainRecord, keys: KeyLists): DoctorFinding[] {
  return generations.flatMap((generation) => {
    const list = keys.get(generation.token);
    if (list === undefined) return [found(SUBJECT, 'problem', `${nameOf(generation)} cannot be looked at`)];
    const count = list.filter(({ label }) => label === generation.label).length;
    if (count !== KEYS_OF_A_GENERATION) return [incomplete(generation, count)];
    const text = `${nameOf(generation)} has its keys on token ${generation.token}`;
    const onlyCopy = generation.number === current && generation.copies === 'none';
    return onlyCopy
      ? [
          found(SUBJECT, 'ok', text),
          found(SUBJECT, 'warning', `${nameOf(generation)} has no copy outside of the token`),
        ]
      : [found(SUBJECT, 'ok', text)];
  });
}

/** A retired generation may have been destroyed on purpose. */
function incomplete(generation: DomainGeneration, count: number): DoctorFinding {
  const severity = generation.retiredMs === undefined ? 'problem' : 'warning';
  const text = `${nameOf(generation)} has ${count} of its 3 keys on token ${generation.token}: what they protect cannot be read`;
  return found(SUBJECT, severity, `${text}; bring them back with domain init --from-shares`);
}

function orphanFinding({ token, label, kind }: Orphan): DoctorFinding {
  const text =
    kind === 'unfinished'
      ? 'are left of a domain command that did not end; the next one destroys them'
      : 'belong to no domain of this store; they may be those of another one';
  return found(`token ${token}`, 'warning', `keys labelled ${label} ${text}`);
}

function noDomain(reason: string): DoctorFinding {
  return found(SUBJECT, 'problem', `${reason}; make one with domain init`);
}

function nameOf({ number }: DomainGeneration): string {
  return `generation ${number}`;
}

const SUBJECT = 'domain';
const KEYS_OF_A_GENERATION = 3;
