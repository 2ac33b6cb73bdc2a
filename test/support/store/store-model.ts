/** Random use of a store beside a plain map of what it must hold: written from the port alone. */
import fc from 'fast-check';
import { expect } from 'vitest';
import {
  type RecordChange,
  type RecordStore,
  StoreConflict,
} from '../../../src/domain/ports/record-store.ts';
import { at, put, remove } from './records.ts';

export interface Rig extends Disposable {
  readonly store: RecordStore;
}

/** Fails with the shortest sequence of steps after which a store and the map differ. */
export async function checkAgainstModel(rigged: () => Promise<Rig>): Promise<void> {
  let conflicts = 0;
  let commits = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      using rig = await rigged();
      await using store = rig.store;
      const model: Model = new Map();
      for (const each of steps) {
        const outcome = await play(store, model, each);
        commits += 1;
        if (outcome === 'conflict') conflicts += 1;
        await compare(store, model, each.look);
      }
      await compareAll(store, model);
    }),
    { numRuns: 20 },
  );
  expect(conflicts).toBeGreaterThan(commits / 100);
  expect(conflicts).toBeLessThan(commits / 2);
}

interface ModelEntry {
  readonly scope: string;
  readonly id: string;
  readonly revision: number;
  readonly value: unknown;
  readonly owner?: string;
  readonly dueMs?: number;
}

type Model = Map<string, ModelEntry>;

const scopes = fc.constantFrom('', 's', 't/u');
const ids = fc.constantFrom('', 'a', 'b', 'ｂ', '😀', 'a\0');
const owners = fc.constantFrom('o', 'p', undefined);
const place = fc.record({ scope: scopes, id: ids });

const change = fc.record({
  place,
  what: fc.constantFrom('put', 'put', 'put', 'delete', 'check'),
  /** How far the expectation is off. */
  off: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 0, 1, -1),
  value: fc.oneof(fc.string({ unit: 'grapheme' }), fc.nat(), fc.constant(null)),
  owner: owners,
  dueMs: fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined }),
});

const step = fc.record({
  changes: fc.uniqueArray(change, {
    minLength: 1,
    maxLength: 3,
    selector: ({ place: { scope, id } }) => `${scope}|${id}`,
  }),
  resets: fc.integer({ min: 0, max: 30 }).map((roll) => roll === 0),
  look: fc.record({
    place,
    after: fc.option(ids, { nil: undefined }),
    limit: fc.integer({ min: 0, max: 4 }),
    owner: owners,
    untilMs: fc.nat(20),
  }),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type Look = Step['look'];

async function play(
  store: RecordStore,
  model: Model,
  { changes, resets }: Step,
): Promise<'conflict' | 'done'> {
  if (resets) {
    await store.reset();
    model.clear();
    return 'done';
  }
  const planned = changes.map((each) => {
    const revision = model.get(nameOf(each.place))?.revision ?? 0;
    return { ...each, revision, expect: Math.max(0, revision + each.off) };
  });
  const sound = planned.every((each) => each.expect === each.revision);
  const outcome = await store.commit(planned.map(recordChange)).then(
    () => 'done' as const,
    (error: unknown) => {
      expect(error).toBeInstanceOf(StoreConflict);
      return 'conflict' as const;
    },
  );
  expect(outcome).toBe(sound ? 'done' : 'conflict');
  if (!sound) return outcome;
  for (const { place: where, what, revision, value, owner, dueMs } of planned) {
    if (what === 'delete') model.delete(nameOf(where));
    if (what === 'put') {
      const index = { ...(owner !== undefined && { owner }), ...(dueMs !== undefined && { dueMs }) };
      model.set(nameOf(where), { ...where, revision: revision + 1, value, ...index });
    }
  }
  return outcome;
}

function recordChange(planned: Step['changes'][number] & { expect: number }): RecordChange {
  const { place: where, what, value, owner, dueMs } = planned;
  if (what === 'put') {
    const index = { ...(owner !== undefined && { owner }), ...(dueMs !== undefined && { dueMs }) };
    return put(where, value, planned.expect, index);
  }
  return { ...remove(where, planned.expect), do: what as 'delete' | 'check' } as RecordChange;
}

async function compare(store: RecordStore, model: Model, look: Look): Promise<void> {
  const { place: where, after, limit, owner, untilMs } = look;
  const entries = [...model.values()];
  const peeked = store.peek('setting', where);
  if (peeked !== 'unknown') expect(seen(peeked)).toStrictEqual(expected(model.get(nameOf(where))));
  expect(seen(await store.get('setting', where))).toStrictEqual(expected(model.get(nameOf(where))));
  const listed = entries
    .filter((each) => each.scope === where.scope && (owner === undefined || each.owner === owner))
    .sort((a, b) => byBytes(a.id, b.id));
  const options = { limit, ...(after !== undefined && { after }), ...(owner !== undefined && { owner }) };
  expect((await store.list('setting', where.scope, options)).map(seen)).toStrictEqual(
    listed
      .filter((each) => after === undefined || byBytes(each.id, after) > 0)
      .slice(0, limit)
      .map(expected),
  );
  expect(await store.count('setting', where.scope, owner)).toBe(listed.length);
  const due = entries
    .filter((each) => each.dueMs !== undefined)
    .sort((a, b) => Number(a.dueMs) - Number(b.dueMs) || byBytes(a.scope, b.scope) || byBytes(a.id, b.id));
  expect((await store.due('setting', untilMs, limit)).map(seen)).toStrictEqual(
    due
      .filter((each) => Number(each.dueMs) <= untilMs)
      .slice(0, limit)
      .map(expected),
  );
  expect(await store.nextDueMs('setting')).toBe(due[0]?.dueMs);
  expect(await store.scopes('setting')).toStrictEqual(
    [...new Set(entries.map(({ scope }) => scope))].sort(byBytes),
  );
}

async function compareAll(store: RecordStore, model: Model): Promise<void> {
  const found = [];
  for (const scope of await store.scopes('setting')) {
    found.push(...(await store.list('setting', scope, { limit: 1_000 })).map(seen));
  }
  const everything = [...model.values()].sort((a, b) => byBytes(a.scope, b.scope) || byBytes(a.id, b.id));
  expect(found).toStrictEqual(everything.map(expected));
}

function seen(
  record:
    | { scope: string; id: string; revision: number; body: { readonly [name: string]: unknown } }
    | undefined,
) {
  return (
    record && { address: at(record.id, record.scope), revision: record.revision, value: record.body['value'] }
  );
}

function expected(entry: ModelEntry | undefined) {
  return entry && { address: at(entry.id, entry.scope), revision: entry.revision, value: entry.value };
}

function nameOf({ scope, id }: { scope: string; id: string }): string {
  return JSON.stringify([scope, id]);
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
