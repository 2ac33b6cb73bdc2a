/** What a writer commits, so that half of a commit can be told from a whole one. */
import { writeSync } from 'node:fs';
import type { RecordChange, RecordStore } from '../../../src/domain/ports/record-store.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import { SeenLog } from '../seen-log.ts';
import { at, put, remove } from './records.ts';

/** Says `ready`, and then `writer number` when that commit is acknowledged. */
export async function writeForEver(file: string, round: string): Promise<void> {
  const store = await openSqliteStore({ file, log: new SeenLog(), lazyMs: 5 });
  writeSync(1, 'ready\n');
  await Promise.all(Array.from({ length: WRITERS }, (_, n) => writeAs(store, `${round}-${n}`)));
}

async function writeAs(store: RecordStore, writer: string): Promise<void> {
  for (let number = 1; ; number += 1) {
    await store.commit(commitNumber(writer, number));
    writeSync(1, `${writer} ${number}\n`);
    store.later('usage', at(writer), { operation: 'Encrypt', atMs: number, requestId: writer });
  }
}

/** Two records that count alike, one too long for a page, and one that moves on. */
function commitNumber(writer: string, number: number): RecordChange[] {
  const change = [
    put(at(`${writer}/left`), number, number - 1),
    put(at(`${writer}/right`), { number, padding: 'x'.repeat(number % 7 === 0 ? 20_000 : 50) }, number - 1),
    put(at(`${writer}/step/${number}`), number, 0, { owner: writer }),
  ];
  return number === 1 ? change : [...change, remove(at(`${writer}/step/${number - 1}`), 1)];
}

/**
 * The number of the last commit of a writer that the store has: undefined if there is no such number, because half of
 * one is there.
 */
export async function lastCommit(store: RecordStore, writer: string): Promise<number | undefined> {
  const [left, right] = await Promise.all([
    store.get('setting', at(`${writer}/left`)),
    store.get('setting', at(`${writer}/right`)),
  ]);
  const steps = await store.list('setting', at('').scope, { owner: writer, limit: 10 });
  const number = left?.revision ?? 0;
  const numbers = [
    left?.body['value'] ?? 0,
    right?.revision ?? 0,
    (right?.body['value'] as { number?: number } | undefined)?.number ?? 0,
    ...(number === 0 ? [] : [steps[0]?.body['value']]),
  ];
  const whole = numbers.every((each) => each === number) && steps.length === Math.min(number, 1);
  return whole ? number : undefined;
}

export function writersOf(round: string): string[] {
  return Array.from({ length: WRITERS }, (_, n) => `${round}-${n}`);
}

const WRITERS = 8;
