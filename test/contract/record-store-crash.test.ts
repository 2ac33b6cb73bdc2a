import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { SeededRandom } from '../support/seeded-random.ts';
import { CRASH_COUNT, CRASH_SEED, killedAtRandom } from '../support/store/crash.ts';
import { lastCommit, writersOf } from '../support/store/crash-writer.ts';
import { StoreFolder } from '../support/store/store-folder.ts';

it(`${CRASH_COUNT} kills lose no commit that was acknowledged, and leave no half of one`, async () => {
  using folder = new StoreFolder();
  const random = new SeededRandom(CRASH_SEED);
  const acknowledged = new Map<string, number>();
  const counts = { kills: 0, acknowledged: 0, unacknowledged: 0, lost: 0, halves: 0 };
  for (let round = 0; round < CRASH_COUNT; round += 1) {
    const args = [folder.file, `${round}`];
    const lines = await killedAtRandom({ entry: ENTRY, args, withinMs: 250, random });
    counts.kills += 1;
    counts.acknowledged += lines.length;
    for (const writer of writersOf(`${round}`)) acknowledged.set(writer, 0);
    for (const line of lines) {
      const [writer = '', number] = line.split(' ');
      acknowledged.set(writer, Math.max(acknowledged.get(writer) ?? 0, Number(number)));
    }
    await using store = await folder.open();
    for (const [writer, number] of acknowledged) {
      const last = await lastCommit(store, writer);
      if (last === undefined) counts.halves += 1;
      else if (last < number) counts.lost += 1;
      else counts.unacknowledged += last - number;
      // What is there now is there for good.
      acknowledged.set(writer, last ?? number);
    }
  }
  console.log(`store crashes: seed ${CRASH_SEED}, ${JSON.stringify(counts)}`);

  expect(counts).toMatchObject({ kills: CRASH_COUNT, lost: 0, halves: 0 });
  // Each writer has one commit under way.
  expect(counts.unacknowledged).toBeLessThanOrEqual(CRASH_COUNT * writersOf('').length);
  expect(counts.acknowledged).toBeGreaterThan(CRASH_COUNT * 10);
  expect(integrityOf(folder.file)).toBe('ok');
}, 600_000);

function integrityOf(file: string): unknown {
  const database = new DatabaseSync(file);
  try {
    return database.prepare('PRAGMA integrity_check').get()?.['integrity_check'];
  } finally {
    database.close();
  }
}

const ENTRY = fileURLToPath(new URL('../support/store/crash-writer-entry.ts', import.meta.url));
