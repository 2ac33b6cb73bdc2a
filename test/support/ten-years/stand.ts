/** An engine whose clock stands still but for what a test adds, on a port of its own, with a sink for its events. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../src/domain/ports/clock.ts';
import type { KeyVault } from '../../../src/domain/ports/key-vault.ts';
import { DEFAULT_HTTP_LIMITS } from '../../../src/edge/http/http-limits.ts';
import { listen } from '../../../src/edge/http/listener.ts';
import { KmsFace } from '../../../src/main-kms.ts';
import { MemoryStore } from '../../../src/store/memory-store.ts';
import { CommandedSink, SeenMeter } from '../event-sinks.ts';
import { kmsCaller } from '../kms-crash/kms-call.ts';
import { until } from '../running-proxy.ts';
import { SeenLog } from '../seen-log.ts';
import { type Counts, TenYears } from './life.ts';
import { START_MS } from './plans.ts';

/** Resolves to what was done, and prints it. */
export async function liveTenYears(vault: KeyVault, name: string): Promise<Counts> {
  const clock: Clock = { nowMs: () => START_MS, monotonicMs: () => performance.now() };
  const log = new SeenLog();
  const sink = new CommandedSink('sink', 100);
  await using store = new MemoryStore();
  await using face = await KmsFace.start({
    config: {
      access: { mode: 'open', credentials: [] },
      allowClockControl: true,
      limits: { keys: 10, aliasesPerKey: 10, onDemandRotations: 25 },
      seed: [],
    },
    store,
    vault,
    clock,
    entropy: { randomBytes: (length) => new Uint8Array(randomBytes(length)) },
    log,
    meter: { kmsRequest: () => undefined },
    events: { sinks: [sink], shared: false, meter: new SeenMeter() },
  });
  await using listener = await listen({
    name: 'kms',
    at: { host: '127.0.0.1', port: 0 },
    limits: DEFAULT_HTTP_LIMITS,
    handler: face.handler,
    bare: true,
    clock,
    log,
  });
  using call = kmsCaller(listener.address);
  const counts = await new TenYears(face, call).live(async () => {
    await until(async () => (await store.count('event', '')) === 0);
    return sink.taken;
  });
  console.log(`ten years, ${name}: ${JSON.stringify(counts)}`);
  return counts;
}
