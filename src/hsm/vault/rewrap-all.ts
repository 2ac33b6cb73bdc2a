/**
 * Takes every stored key to the current generation of the domain's keys. Each record is committed on its own, and what
 * a token names says whether it has been taken, so a run that ended anywhere is simply started again.
 */
import { Bug } from '../../domain/bug.ts';
import { HsmFault } from '../../domain/hsm-fault.ts';
import { dueMsOf } from '../../domain/key/key-due.ts';
import type { KeyMaterial, KeyRecord } from '../../domain/key/key-record.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { CallContext } from '../../domain/ports/hsm.ts';
import type { KeyVault } from '../../domain/ports/key-vault.ts';
import {
  type RecordAddress,
  type RecordStore,
  StoreConflict,
  type StoredRecord,
} from '../../domain/ports/record-store.ts';
import { DOMAIN, readDomain } from './domain-keys.ts';
import { keyRecordsIn } from './key-records.ts';

export interface RewrapWork {
  readonly store: RecordStore;
  /** Wraps under the generation that is current in the store's domain. */
  readonly vault: KeyVault;
  readonly clock: Clock;
  /** Waits that long between two records, so that callers go first; ends early, and quietly, on the signal. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
  /** Of the time, as a share: 0.1 rests nine times as long as each record took. */
  readonly dutyCycle?: number;
}

export interface RewrapOutcome {
  /** Key records that were looked at, and of those that got new tokens. */
  readonly keys: number;
  readonly rewrapped: number;
  /** False when the signal ended the run. */
  readonly finished: boolean;
}

/**
 * Resolves when no record names an older generation, which are then marked as retired, or when the signal says so.
 * Rejects with an HsmFault, StoreConflict or StoreFailure; what was committed until then stays. A damaged token is
 * reported once all others have been taken, so that one does not keep the rest from being taken.
 */
export async function rewrapAll(work: RewrapWork): Promise<RewrapOutcome> {
  const domain = await readDomain(work.store);
  if (domain === undefined) throw new Bug('keys cannot be wrapped again in a store without a domain');
  const { current } = domain.body;
  let rewrapped = 0;
  for (;;) {
    const pass = await walk(work, current);
    rewrapped += pass.rewrapped;
    if (!pass.finished) return { keys: pass.keys, rewrapped, finished: false };
    // What was made while others were walked may still be of an older generation, if its vault was.
    if (pass.rewrapped > 0) continue;
    if (pass.damage !== undefined) throw pass.damage;
    await retireOlder(work, domain);
    return { keys: pass.keys, rewrapped, finished: true };
  }
}

interface Pass extends RewrapOutcome {
  /** What was wrong with the first record that could not be taken. */
  readonly damage: HsmFault | undefined;
}

/** Once through all records. */
async function walk(work: RewrapWork, current: number): Promise<Pass> {
  const { store, clock, pause, signal, dutyCycle = DUTY_CYCLE } = work;
  const outcome = { keys: 0, rewrapped: 0 };
  let damage: HsmFault | undefined;
  for (const scope of await store.scopes('key')) {
    for await (const { id } of keyRecordsIn(store, scope)) {
      if (signal.aborted) return { ...outcome, damage, finished: false };
      const startedMs = clock.monotonicMs();
      outcome.keys += 1;
      try {
        if (!(await rewrapOne(work, { scope, id }, current))) continue;
        outcome.rewrapped += 1;
      } catch (error) {
        if (!(error instanceof HsmFault) || error.code !== 'corrupt') throw error;
        damage ??= new HsmFault('corrupt', `key ${id} in ${scope}: ${error.detail}`, { cause: error });
      }
      await pause((clock.monotonicMs() - startedMs) * (1 / dutyCycle - 1), signal);
    }
  }
  return { ...outcome, damage, finished: true };
}

/** Whether the record got new tokens. It may change while the token works: then it is looked at again. */
async function rewrapOne(work: RewrapWork, address: RecordAddress, current: number): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const record = await work.store.get('key', address);
    if (record === undefined) return false;
    const materials = await rewrapMaterials(work, record.body, current);
    if (materials === undefined) return false;
    const body = { ...record.body, materials };
    const dueMs = dueMsOf(body);
    const index = dueMs === undefined ? {} : { dueMs };
    try {
      await work.store.commit([{ do: 'put', kind: 'key', address, body, index, expect: record.revision }]);
      work.vault.forget(record.body.materials.map(({ token }) => Buffer.from(token, 'base64')));
      return true;
    } catch (error) {
      if (!(error instanceof StoreConflict)) throw error;
    }
  }
  throw new StoreConflict(`key ${address.id} changed ${ATTEMPTS} times while it was wrapped again`);
}

/** Undefined when all of them are current. */
async function rewrapMaterials(
  { vault, clock }: RewrapWork,
  { account, keyId, materials }: KeyRecord,
  current: number,
): Promise<KeyMaterial[] | undefined> {
  let changed = false;
  const rewrapped: KeyMaterial[] = [];
  for (const material of materials) {
    const token = Buffer.from(material.token, 'base64');
    const context: CallContext = { tenant: REWRAP_TENANT, deadlineMs: clock.monotonicMs() + CALL_MS };
    const key = { account, keyId, materialId: material.materialId, token };
    const fresh = await vault.rewrap(key, context);
    const generation = vault.generationOf(fresh ?? token);
    if (generation !== current) {
      const detail = `the vault wraps under generation ${generation} of the domain's keys, and the store says ${current}`;
      throw new HsmFault('unavailable', detail);
    }
    changed ||= fresh !== undefined;
    const text = fresh === undefined ? material.token : Buffer.from(fresh).toString('base64');
    rewrapped.push({ ...material, token: text });
  }
  return changed ? rewrapped : undefined;
}

/** Sealed texts may still name an older generation: it is retired for keys alone, and its keys stay on the token. */
async function retireOlder(
  { store, clock }: RewrapWork,
  { body, revision }: StoredRecord<'domain'>,
): Promise<void> {
  const older = body.generations.filter(
    ({ number, retiredMs }) => number !== body.current && retiredMs === undefined,
  );
  if (older.length === 0) return;
  const retiredMs = clock.nowMs();
  const generations = body.generations.map((each) => (older.includes(each) ? { ...each, retiredMs } : each));
  await store.commit([
    { do: 'put', kind: 'domain', address: DOMAIN, body: { ...body, generations }, expect: revision },
  ]);
}

/** A fair-share class of its own, behind those of path prefixes and callers. */
const REWRAP_TENANT = 0xffff;
const DUTY_CYCLE = 0.2;
const CALL_MS = 10_000;
const ATTEMPTS = 8;
