/** How far the clock of a running engine can be moved. */
import { randomBytes } from 'node:crypto';
import { expect, it, vi } from 'vitest';
import { SoftwareVault } from '../../../src/hsm/software/software-vault.ts';
import { KmsFace } from '../../../src/main-kms.ts';
import { MemoryStore } from '../../../src/store/memory-store.ts';
import { startKmsForTests } from '../../../src/testing.ts';

const START_MS = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
const REFUSED = { problems: ['the clock goes forward only, and not beyond the year 9899'] };

function start(store: MemoryStore): Promise<KmsFace> {
  const entropy = { randomBytes: (length: number) => new Uint8Array(randomBytes(length)) };
  return KmsFace.start({
    config: {
      access: { mode: 'open', credentials: [] },
      allowClockControl: true,
      limits: { keys: 10, aliasesPerKey: 10, onDemandRotations: 10 },
      seed: [],
    },
    store,
    vault: new SoftwareVault({ entropy }),
    clock: { nowMs: () => START_MS, monotonicMs: () => performance.now() },
    entropy,
    log: { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() },
  });
}

it.for([
  { far: 'past the times that clients can read', ms: 8_000 * 365 * DAY_MS },
  { far: 'past the times that there are', ms: 999_999_999_999_999 },
  { far: 'backwards', ms: -1 },
  { far: 'by what is no number', ms: Number.NaN },
])('is not moved $far, and keeps nothing of it', async ({ ms }) => {
  const store = new MemoryStore();
  await using face = await start(store);

  expect(await face.advanceClock(ms)).toEqual({ ...REFUSED, now: '2026-01-01T00:00:00.000Z' });
  expect(await store.count('setting', '')).toBe(0);
});

it('is moved step by step until there, and no further', async () => {
  await using face = await start(new MemoryStore());
  await face.advanceClock(4_000 * 365 * DAY_MS);

  expect(await face.advanceClock(4_000 * 365 * DAY_MS)).toMatchObject(REFUSED);
});

it('fails a test that has time go backwards', async () => {
  await using kms = await startKmsForTests();

  await expect(kms.advance({ days: -1 })).rejects.toThrow('the clock goes forward only');
});
