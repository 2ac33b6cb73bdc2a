/** Keys on a token that no record of a domain has: what a crash left behind, or another store's. */
import type { IntentRecord, RecordStore, StoredRecord } from '../../domain/ports/record-store.ts';
import { isDomainKeyLabel } from '../material/domain-key-names.ts';

export interface Orphan {
  readonly token: string;
  readonly label: string;
  /** `unfinished`: this store meant to make them, and the next attempt destroys them. `unknown`: it knows nothing of them. */
  readonly kind: 'unfinished' | 'unknown';
}

/** The domain keys on a token, by the labels of all its keys, that the store's domain does not have. */
export async function findOrphans(
  store: RecordStore,
  { token, labels }: { readonly token: string; readonly labels: readonly string[] },
): Promise<Orphan[]> {
  const recorded = await recordedLabels(store);
  const intended = new Set((await intents(store)).map(({ id }) => id));
  return [...new Set(labels)]
    .filter((label) => isDomainKeyLabel(label) && !recorded.has(label))
    .sort()
    .map((label) => ({ token, label, kind: intended.has(label) ? 'unfinished' : 'unknown' }));
}

/** Destroys on this token what an earlier attempt left there. Rejects with an HsmFault, StoreConflict or StoreFailure. */
export async function destroyAbandoned({
  store,
  token,
  tokenName,
}: {
  readonly store: RecordStore;
  readonly token: { destroyDomainKeys(label: string): Promise<number> };
  readonly tokenName: string;
}): Promise<void> {
  const recorded = await recordedLabels(store);
  for (const { id, revision, body } of await intents(store)) {
    if (body.token !== tokenName) continue;
    // Taken away first: whoever is still at work on these keys can then no longer record them.
    await store.commit([{ do: 'delete', kind: 'intent', address: { scope: INTENTS, id }, expect: revision }]);
    if (!recorded.has(body.label)) await token.destroyDomainKeys(body.label);
  }
}

async function recordedLabels(store: RecordStore): Promise<ReadonlySet<string>> {
  const domain = await store.get('domain', { scope: '', id: 'domain' });
  const kept = domain?.body.generations.filter(({ destroyedMs }) => destroyedMs === undefined);
  return new Set(kept?.map(({ label }) => label));
}

async function intents(store: RecordStore): Promise<StoredRecord<'intent'>[]> {
  const all = await store.list('intent', INTENTS, { limit: MOST_INTENTS });
  return all.filter(({ body }: { body: IntentRecord }) => body.kind === 'domain-keys');
}

/** Scope of intents, which belong to the engine. */
export const INTENTS = '';
const MOST_INTENTS = 1_000;
