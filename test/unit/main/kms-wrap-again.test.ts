/** What becomes of wrapping keys again in the background of a running engine when its store fails. */
import { randomBytes } from 'node:crypto';
import { expect, it, vi } from 'vitest';
import { StoreFailure } from '../../../src/domain/ports/record-store.ts';
import { SoftwareVault } from '../../../src/hsm/software/software-vault.ts';
import { KmsFace } from '../../../src/main-kms.ts';
import { MemoryStore } from '../../../src/store/memory-store.ts';

it('waits for its next attempt where the store cannot be read, and brings nothing down', async () => {
  const store = new MemoryStore();
  const entropy = { randomBytes: (length: number) => new Uint8Array(randomBytes(length)) };
  const warn = vi.fn();
  const face = await KmsFace.start({
    config: {
      access: { mode: 'open', credentials: [] },
      allowClockControl: false,
      limits: { keys: 10, aliasesPerKey: 10, onDemandRotations: 10 },
      seed: [],
    },
    store,
    vault: new SoftwareVault({ entropy }),
    clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() },
    entropy,
    log: { debug: vi.fn(), info: vi.fn(), warn, error: vi.fn() },
    meter: { kmsRequest: vi.fn() },
  });
  vi.spyOn(store, 'get').mockRejectedValue(new StoreFailure('the disk is gone'));

  face.wrapAgain();
  await vi.waitFor(() =>
    expect(warn).toHaveBeenCalledWith(
      'kms.wrap-again-failed',
      expect.objectContaining({ error: expect.objectContaining({ message: 'the disk is gone' }) }),
    ),
  );
  await face[Symbol.asyncDispose]();
});
