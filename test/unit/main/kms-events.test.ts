/** Events of a running engine, and what it does by itself because of a call. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_HTTP_LIMITS } from '../../../src/edge/http/http-limits.ts';
import { type Listener, listen } from '../../../src/edge/http/listener.ts';
import type { EventSink } from '../../../src/events/event-sink.ts';
import { SoftwareVault } from '../../../src/hsm/software/software-vault.ts';
import { KmsFace } from '../../../src/main-kms.ts';
import { openEventSinks } from '../../../src/open-event-sinks.ts';
import { MemoryStore } from '../../../src/store/memory-store.ts';
import { EventServer } from '../../support/event-server.ts';
import { CommandedSink, SeenMeter } from '../../support/event-sinks.ts';
import { type CallKms, kmsCaller } from '../../support/kms-crash/kms-call.ts';
import { until } from '../../support/running-proxy.ts';
import { SeenLog } from '../../support/seen-log.ts';

const START_MS = Date.UTC(2026, 0, 2);
const DAY_MS = 86_400_000;

class Stand implements AsyncDisposable {
  readonly face: KmsFace;
  readonly call: CallKms;
  readonly #listener: Listener;

  private constructor(face: KmsFace, listener: Listener) {
    this.face = face;
    this.#listener = listener;
    this.call = kmsCaller(listener.address);
  }

  static async start(store: MemoryStore, sinks: readonly EventSink[] = []): Promise<Stand> {
    const entropy = { randomBytes: (length: number) => new Uint8Array(randomBytes(length)) };
    const clock = { nowMs: () => START_MS, monotonicMs: () => performance.now() };
    const log = new SeenLog();
    const face = await KmsFace.start({
      config: {
        access: { mode: 'open', credentials: [] },
        allowClockControl: true,
        limits: { keys: 10, aliasesPerKey: 10, onDemandRotations: 10 },
        seed: [],
      },
      store,
      vault: new SoftwareVault({ entropy }),
      clock,
      entropy,
      log,
      meter: { kmsRequest: () => undefined },
      events: { sinks, shared: false, meter: new SeenMeter() },
    });
    const at = { host: '127.0.0.1', port: 0 };
    const { handler } = face;
    const shared = { limits: DEFAULT_HTTP_LIMITS, clock, log };
    return new Stand(face, await listen({ ...shared, name: 'kms', at, handler, bare: true }));
  }

  async newKey(): Promise<string> {
    const { body } = await this.call('CreateKey', {});
    return (body['KeyMetadata'] as { readonly KeyId: string }).KeyId;
  }

  async rotations(keyId: string): Promise<unknown[]> {
    return (await this.call('ListKeyRotations', { KeyId: keyId })).body['Rotations'] as unknown[];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    (this.call as CallKms & Disposable)[Symbol.dispose]();
    await this.#listener[Symbol.asyncDispose]();
    await this.face[Symbol.asyncDispose]();
  }
}

describe('a running engine', () => {
  it('rotates a key whose rotation is overdue as soon as it is enabled', async () => {
    await using stand = await Stand.start(new MemoryStore());
    const keyId = await stand.newKey();
    await stand.call('EnableKeyRotation', { KeyId: keyId, RotationPeriodInDays: 90 });
    await stand.call('DisableKey', { KeyId: keyId });
    await stand.face.advanceClock(100 * DAY_MS);
    expect(await stand.rotations(keyId)).toEqual([]);
    await stand.call('EnableKey', { KeyId: keyId });

    await until(async () => (await stand.rotations(keyId)).length === 1);
  });

  it('tells of rotations and deletions, and a restart repeats nothing', async () => {
    const sink = new CommandedSink();
    const store = new MemoryStore();
    await using stand = await Stand.start(store, [sink]);
    const keyId = await stand.newKey();
    await stand.call('RotateKeyOnDemand', { KeyId: keyId });
    await stand.call('ScheduleKeyDeletion', { KeyId: keyId, PendingWindowInDays: 7 });
    await stand.face.advanceClock(7 * DAY_MS);
    await until(async () => (await store.count('event', '')) === 0);

    expect(sink.taken).toMatchObject([
      {
        'detail-type': 'KMS CMK Rotation',
        account: '123456789012',
        region: 'eu-west-1',
        time: '2026-01-02T00:00:00Z',
        resources: [`arn:aws:kms:eu-west-1:123456789012:key/${keyId}`],
        detail: { 'key-id': keyId, 'rotation-type': 'ON_DEMAND' },
      },
      { 'detail-type': 'KMS CMK Deletion', time: '2026-01-09T00:00:00Z', detail: { 'key-id': keyId } },
    ]);
  });

  it('forgets what waits with a reset', async () => {
    const sink = new CommandedSink();
    sink.refuses = true;
    const store = new MemoryStore();
    await using stand = await Stand.start(store, [sink]);
    await stand.call('RotateKeyOnDemand', { KeyId: await stand.newKey() });
    expect(await store.count('event', '')).toBe(1);
    await stand.face.reset();

    expect(await store.count('event', '')).toBe(0);
  });
});

describe('the sinks of a configuration', () => {
  it('are a file, a server and standard output, under their names', async () => {
    await using server = await EventServer.start();
    const folder = mkdtempSync(join(tmpdir(), 'portcullis-sinks-'));
    const file = join(folder, 'events.jsonl');
    const sinks = openEventSinks([
      { name: 'a', file },
      { name: 'b', http: { url: server.url, timeoutMs: 1_000 } },
      { name: 'c', stdout: true },
    ]);
    expect(sinks.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    const [one, other] = sinks as [EventSink, EventSink];
    await using stand = await Stand.start(new MemoryStore(), [one, other]);
    await stand.call('RotateKeyOnDemand', { KeyId: await stand.newKey() });
    await until(() => server.bodies.length === 1);
    await stand.face[Symbol.asyncDispose]();

    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(server.bodies[0]);
    rmSync(folder, { recursive: true });
  });
});
