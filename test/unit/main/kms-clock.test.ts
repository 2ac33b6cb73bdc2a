/** How far the clock of a running engine can be moved. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { clockSettingAddress } from '../../../src/domain/key/record-address.ts';
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
    meter: { kmsRequest: vi.fn() },
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

describe('two who move it at the same time', () => {
  it('both do: one after the other', async () => {
    const store = new MemoryStore();
    await using face = await start(store);
    const outcomes = await Promise.all([face.advanceClock(DAY_MS), face.advanceClock(2 * DAY_MS)]);

    expect(outcomes).toEqual([
      { now: '2026-01-02T00:00:00.000Z', problems: [] },
      { now: '2026-01-04T00:00:00.000Z', problems: [] },
    ]);
    expect((await store.get('setting', clockSettingAddress()))?.body['offsetMs']).toBe(3 * DAY_MS);
  });

  it('both do, on two engines over one store', async () => {
    const store = new MemoryStore();
    await using one = await start(store);
    await using other = await start(store);
    const outcomes = await Promise.all([one.advanceClock(DAY_MS), other.advanceClock(2 * DAY_MS)]);

    expect(outcomes.flatMap(({ problems }) => problems)).toEqual([]);
    expect((await store.get('setting', clockSettingAddress()))?.body['offsetMs']).toBe(3 * DAY_MS);
    expect(outcomes.map(({ now }) => now)).toContain('2026-01-04T00:00:00.000Z');
  });

  it('are not stopped by one whose store failed', async () => {
    const store = new MemoryStore();
    await using face = await start(store);
    vi.spyOn(store, 'commit').mockRejectedValueOnce(new Error('no disk'));
    const [failed, moved] = await Promise.allSettled([face.advanceClock(DAY_MS), face.advanceClock(DAY_MS)]);

    expect(failed).toMatchObject({ status: 'rejected', reason: { message: 'no disk' } });
    expect(moved).toMatchObject({ value: { now: '2026-01-02T00:00:00.000Z', problems: [] } });
  });
});
