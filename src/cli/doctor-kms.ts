/**
 * The doctor's look at the KMS engine: who may call it, who is told of its events, its clock, and its domain,
 * generation by generation.
 */
import { existsSync } from 'node:fs';
import type { PortcullisConfig } from '../config/portcullis-config.ts';
import { clockSettingAddress } from '../domain/key/record-address.ts';
import type { KeyDescription } from '../domain/ports/hsm.ts';
import {
  type DomainGeneration,
  type DomainRecord,
  type RecordStore,
  StoreFailure,
} from '../domain/ports/record-store.ts';
import { unfitness } from '../hsm/material/domain-key-fitness.ts';
import { domainKeySelector } from '../hsm/material/domain-key-names.ts';
import { DOMAIN_KEY_ROLES } from '../hsm/material/domain-secret.ts';
import { findOrphans, type Orphan } from '../hsm/vault/abandoned-keys.ts';
import { readDomain } from '../hsm/vault/domain-keys.ts';
import { createLog } from '../log/log.ts';
import { openRecordStore } from '../open-record-store.ts';
import { sinkFindings, waitingFindings } from './doctor-events.ts';
import { type DoctorFinding, found } from './doctor-finding.ts';

/** All secret keys of each token that could be reached. */
export type KeyLists = ReadonlyMap<string, readonly KeyDescription[]>;

/** Nothing without an engine. A store that cannot be opened becomes a finding. */
export async function examineKms({ kms }: PortcullisConfig, keys: KeyLists): Promise<DoctorFinding[]> {
  if (kms === undefined) return [];
  const access = [
    ...(kms.access.mode === 'open' ? [found('kms', 'warning', OPEN)] : []),
    ...(await sinkFindings(kms.events)),
  ];
  if (kms.token === undefined || kms.store === 'memory') return access;
  const place = 'sqlite' in kms.store ? kms.store.sqlite : undefined;
  if (place !== undefined && !existsSync(place)) return [...access, noDomain(`there is no ${place} yet`)];
  try {
    await using store = await openRecordStore(
      kms.store,
      createLog({ level: 'error', stream: process.stderr }),
    );
    const text =
      place === undefined ? 'the database can be read' : `${place} can be read, and no engine has it open`;
    const seen = [found('store', 'ok', text)];
    return [
      ...access,
      ...seen,
      ...(await clockFindings(store)),
      ...(await waitingFindings(store, kms.events)),
      ...(await domainFindings(store, keys)),
    ];
  } catch (error) {
    if (!(error instanceof StoreFailure)) throw error;
    const advice = place === undefined ? '' : '; while the engine runs, its store is its own';
    const text = `not looked at: ${error.message}${advice}`;
    return [...access, found(SUBJECT, 'warning', text)];
  }
}

/** A clock that was moved stays so, also when the engine starts again. */
export async function clockFindings(store: RecordStore): Promise<DoctorFinding[]> {
  const moved = await store.get('setting', clockSettingAddress());
  const aheadMs = Number(moved?.body['offsetMs'] ?? 0);
  if (aheadMs === 0) return [];
  const days = (aheadMs / DAY_MS).toFixed(1);
  return [
    found('kms', 'warning', `its clock has been moved ${days} days ahead: deletions come that much early`),
  ];
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

function generationFindings({ generations }: DomainRecord, keys: KeyLists): DoctorFinding[] {
  return generations.flatMap((generation) => {
    if (generation.destroyedMs !== undefined) return [];
    const list = keys.get(generation.token);
    if (list === undefined) return [unseen(generation)];
    const flaws = DOMAIN_KEY_ROLES.map((role) => flawOf(list, generation, role)).filter(
      (flaw) => flaw !== '',
    );
    if (flaws.length > 0) return [damaged(generation, flaws)];
    const text = `${nameOf(generation)} has its keys on token ${generation.token}, and they fit`;
    return [found(SUBJECT, 'ok', text), ...copyFindings(generation)];
  });
}

/** Empty when the key of this role is there and as it has to be. */
function flawOf(
  list: readonly KeyDescription[],
  { label }: DomainGeneration,
  role: (typeof DOMAIN_KEY_ROLES)[number],
): string {
  const { idHex } = domainKeySelector(label, role);
  const [key, ...more] = list.filter((each) => each.label === label && each.idHex === idHex);
  if (key === undefined) return `its ${role} key is missing`;
  if (more.length > 0) return `it has ${more.length + 1} ${role} keys`;
  const reason = unfitness(role, key);
  return reason === '' ? '' : `its ${role} key is unfit: ${reason}`;
}

/** As long as it is not retired, keys may be wrapped with it. */
function copyFindings(generation: DomainGeneration): DoctorFinding[] {
  if (generation.copies !== 'none' || generation.retiredMs !== undefined) return [];
  const text = `${nameOf(generation)} has no copy outside of the token`;
  return [found(SUBJECT, 'warning', `${text}; domain export-shares makes one that has`)];
}

function unseen(generation: DomainGeneration): DoctorFinding {
  const text = `${nameOf(generation)} cannot be looked at: token ${generation.token} cannot`;
  return found(SUBJECT, severityFor(generation), text);
}

function damaged(generation: DomainGeneration, flaws: readonly string[]): DoctorFinding {
  const text = `${nameOf(generation)} on token ${generation.token}: ${flaws.join('; ')}. What its keys protect cannot be read`;
  return found(SUBJECT, severityFor(generation), `${text}; bring them back with domain init --from-shares`);
}

/** A retired generation may have been destroyed on purpose. */
function severityFor({ retiredMs }: DomainGeneration): DoctorFinding['severity'] {
  return retiredMs === undefined ? 'problem' : 'warning';
}

function orphanFinding({ token, label, kind }: Orphan): DoctorFinding {
  const text =
    kind === 'unfinished'
      ? 'are left of a domain command that did not end; the next one destroys them'
      : 'belong to no domain of this store: another store may need them; if none does, delete them with the tools of the token';
  return found(`token ${token}`, 'warning', `keys labelled ${label} ${text}`);
}

function noDomain(reason: string): DoctorFinding {
  return found(SUBJECT, 'problem', `${reason}; make one with domain init`);
}

function nameOf({ number }: DomainGeneration): string {
  return `generation ${number}`;
}

const SUBJECT = 'domain';
const DAY_MS = 86_400_000;
const OPEN =
  'access is open: whoever reaches its port may use and delete every key; access.mode verify checks signatures';
