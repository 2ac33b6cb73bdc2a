/**
 * The life of a domain's keys: a generation is made on a token, and the record of the domain says which generations
 * there are and which one wraps. An intent is stored before anything is made on a token, so that what a crash
 * leaves there is known, and is destroyed by the next attempt.
 */
import { HsmFault, type HsmFaultCode } from '../../domain/hsm-fault.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Entropy } from '../../domain/ports/entropy.ts';
import type {
  DomainGeneration,
  DomainRecord,
  RecordStore,
  StoredRecord,
} from '../../domain/ports/record-store.ts';
import { domainKeyLabel } from '../material/domain-key-names.ts';
import { MAX_GENERATION } from '../material/exported-key-token.ts';
import { destroyAbandoned, INTENTS } from './abandoned-keys.ts';

/** What this room needs of a token; `TokenAdmin` has it. Each rejects with an HsmFault. */
export interface DomainKeyToken {
  makeDomainKeys(label: string): Promise<void>;
  importDomainKeys(label: string, secret: Uint8Array): Promise<void>;
  /** Finds the three keys, and that they fit. */
  openDomainKeys(label: string): Promise<void>;
  destroyDomainKeys(label: string): Promise<number>;
}

export interface DomainKeysWork {
  readonly store: RecordStore;
  readonly token: DomainKeyToken;
  /** As configured. */
  readonly tokenName: string;
  readonly clock: Clock;
}

/** A generation that is to be made. */
export interface GenerationPlan {
  readonly domainId: string;
  readonly number: number;
  readonly label: string;
  /** As it was when the plan was made; undefined for a domain that does not exist yet. */
  readonly before: StoredRecord<'domain'> | undefined;
}

/** Made by the token, which keeps the only copy; or of a secret of which shares exist elsewhere. */
export type KeySource =
  | 'token'
  | { readonly secret: Uint8Array; readonly shares: number; readonly threshold: number };

/** Fault `ambiguous` when the store has a domain already. */
export async function planFirst(store: RecordStore, entropy: Entropy): Promise<GenerationPlan> {
  const before = await readDomain(store);
  if (before !== undefined) {
    throw new HsmFault('ambiguous', `the store has a domain already, ${before.body.domainId}`);
  }
  const domainId = Buffer.from(entropy.randomBytes(DOMAIN_ID_BYTES)).toString('hex');
  return { domainId, number: 1, label: domainKeyLabel(domainId, 1), before };
}

/** Fault `not-found` when the store has no domain yet. */
export async function planNext(store: RecordStore): Promise<GenerationPlan> {
  const before = await readDomain(store);
  if (before === undefined) throw new HsmFault('not-found', 'the store has no domain yet');
  const { domainId, generations } = before.body;
  const number = 1 + Math.max(...generations.map((generation) => generation.number));
  if (number > MAX_GENERATION)
    throw new HsmFault('full', 'the domain has had all the generations it can have');
  return { domainId, number, label: domainKeyLabel(domainId, number), before };
}

/**
 * Where a generation stands that shares were made of: the record that has it, or none, in an empty store. Fault
 * `ambiguous` when the store has another domain, or not this generation.
 */
export async function planRestored(
  store: RecordStore,
  { domainId, generation }: { readonly domainId: string; readonly generation: number },
): Promise<GenerationPlan> {
  const before = await readDomain(store);
  const plan = { domainId, number: generation, label: domainKeyLabel(domainId, generation), before };
  if (before === undefined) return plan;
  if (before.body.domainId !== domainId) {
    throw new HsmFault('ambiguous', `the store has another domain, ${before.body.domainId}, not ${domainId}`);
  }
  if (before.body.generations.some(({ number }) => number === generation)) return plan;
  throw new HsmFault('ambiguous', `the domain of the store has no generation ${generation}`);
}

/**
 * Makes the keys on the token and then the record. A new generation wraps from then on; one that the record has
 * already is from then on looked for on this token. All or nothing, except that a crash may leave keys behind which
 * the next call destroys. Rejects with an HsmFault, StoreConflict or StoreFailure.
 */
export async function makeGeneration(
  work: DomainKeysWork,
  plan: GenerationPlan,
  source: KeySource,
): Promise<DomainRecord> {
  const { store, token, tokenName, clock } = work;
  await destroyAbandoned(work);
  await refuseTaken(token, plan.label);
  const intent = { kind: 'intent', address: { scope: INTENTS, id: plan.label } } as const;
  const body = { kind: 'domain-keys', label: plan.label, token: tokenName, sinceMs: clock.nowMs() } as const;
  await store.commit([{ do: 'put', ...intent, body, expect: 0 }]);
  try {
    if (source === 'token') await token.makeDomainKeys(plan.label);
    else await token.importDomainKeys(plan.label, source.secret);
  } catch (error) {
    // Keys that were there before are not of this attempt, and no later one may destroy them for it.
    if (isFault(error, 'ambiguous')) await store.commit([{ do: 'delete', ...intent, expect: 1 }]);
    throw error;
  }
  await token.openDomainKeys(plan.label);
  const record = recordWith(plan, newGeneration(work, plan, source));
  await store.commit([
    { do: 'put', kind: 'domain', address: DOMAIN, body: record, expect: plan.before?.revision ?? 0 },
    { do: 'delete', ...intent, expect: 1 },
  ]);
  return record;
}

/** The domain of the store, undefined when it has none. */
export function readDomain(store: RecordStore): Promise<StoredRecord<'domain'> | undefined> {
  return store.get('domain', DOMAIN);
}

async function refuseTaken(token: DomainKeyToken, label: string): Promise<void> {
  try {
    await token.openDomainKeys(label);
  } catch (error) {
    if (isFault(error, 'not-found')) return;
    throw error;
  }
  throw new HsmFault('ambiguous', `the token has keys labelled ${label} already`);
}

function isFault(error: unknown, code: HsmFaultCode): boolean {
  return error instanceof HsmFault && error.code === code;
}

function newGeneration(
  { tokenName, clock }: DomainKeysWork,
  { number, label }: GenerationPlan,
  source: KeySource,
): DomainGeneration {
  const copies = source === 'token' ? 'none' : { shares: source.shares, threshold: source.threshold };
  return { number, token: tokenName, label, createdMs: clock.nowMs(), copies };
}

function recordWith({ domainId, number, before }: GenerationPlan, made: DomainGeneration): DomainRecord {
  if (before === undefined) return { domainId, current: number, generations: [made] };
  const { body } = before;
  const known = body.generations.find((generation) => generation.number === number);
  if (known === undefined) return { ...body, current: number, generations: [...body.generations, made] };
  // It may come back from shares, for an older backup.
  const { destroyedMs: _gone, ...kept } = known;
  const moved = { ...kept, token: made.token, copies: made.copies };
  return {
    ...body,
    generations: body.generations.map((generation) => (generation === known ? moved : generation)),
  };
}

/** The one record of its kind. */
export const DOMAIN = { scope: '', id: 'domain' } as const;
const DOMAIN_ID_BYTES = 16;
