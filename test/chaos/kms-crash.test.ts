/** An engine that is killed in the middle of its work, again and again, keeps its word and does nothing by halves. */
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { runCrashes } from '../support/kms-crash/crash-run.ts';
import { KmsStand } from '../support/kms-crash/kms-stand.ts';

const COUNT = Number(process.env['KMS_CRASH_COUNT'] ?? 20);
const SEED = Number(process.env['KMS_CRASH_SEED'] ?? Date.now() % 2 ** 31);

// Tried once: a write that is lost one time in twenty is lost.
it(`${COUNT} kills take no key, alias, tag, rotation or ciphertext from anybody`, {
  retry: 0,
  timeout: 3_600_000,
}, async () => {
  await using stand = await KmsStand.make({ onDemandRotations: 10_000 });
  const account = await runCrashes(stand, { count: COUNT, seed: SEED });

  expect(account).toMatchObject({ wrong: [], survivors: [], kills: COUNT, killsThatCut: COUNT });
  // A test that interrupts nothing, or too little, proves nothing.
  expect(account.doubts.happened + account.doubts.not).toBeGreaterThan(COUNT);
  expect(account.acknowledged.changes).toBeGreaterThan(COUNT * 10);
  expect(account.acknowledged.others).toBeGreaterThan(COUNT * 3);
  expect(integrityOf(stand.storeFile)).toBe('ok');
});

function integrityOf(file: string): unknown {
  const database = new DatabaseSync(file);
  try {
    return database.prepare('PRAGMA integrity_check').get()?.['integrity_check'];
  } finally {
    database.close();
  }
}
