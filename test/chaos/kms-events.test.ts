/** An engine that is killed between a change and the delivery of its event, again and again, owes nobody an event. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { EventServer } from '../support/event-server.ts';
import { type CallKms, kmsCaller } from '../support/kms-crash/kms-call.ts';
import { endpointOf, KmsStand } from '../support/kms-crash/kms-stand.ts';
import { until } from '../support/running-proxy.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import type { StartedProcess } from '../support/started-process.ts';

const COUNT = Number(process.env['KMS_EVENT_KILLS'] ?? 4);
const SEED = Number(process.env['KMS_EVENT_SEED'] ?? Date.now() % 2 ** 31);
/** In which a few rotations are made and delivered. */
const MOMENTS_MS = 200;
const LIMITS = { onDemandRotations: 10_000 };

interface ShownEvent {
  readonly id: string;
  readonly 'detail-type': string;
  readonly detail: Readonly<Record<string, string>>;
}

it('a killed engine delivers after its next start what it had committed, under the same ids', {
  retry: 0,
  timeout: 300_000,
}, async () => {
  await using server = await EventServer.start();
  await using stand = await KmsStand.make(LIMITS, { events: [{ http: { url: server.url } }] });
  server.status = 0;
  await withEngine(stand, async (call, engine) => {
    const keyId = await newKey(call);
    for (let round = 0; round < 3; round += 1) await call('RotateKeyOnDemand', { KeyId: keyId });
    // The first has been sent, and the engine does not know whether it was taken.
    await until(() => server.bodies.length === 1);
    await kill(engine);
  });
  const [first] = server.bodies as ShownEvent[];
  server.status = 204;
  await withEngine(stand, async () => {
    await until(() => server.bodies.length >= 4);
    await sleep(500);
  });

  const events = server.bodies as ShownEvent[];
  expect(events).toHaveLength(4);
  expect(events[1]).toStrictEqual(first);
  expect(new Set(events.map(({ id }) => id)).size).toBe(3);
  expect(events.map((event) => event['detail-type'])).toStrictEqual(Array(4).fill('KMS CMK Rotation'));
});

it(`${COUNT} kills cost no event and make none up`, { retry: 0, timeout: 3_600_000 }, async () => {
  await using server = await EventServer.start();
  const events = [{ http: { url: server.url } }, { file: 'events.jsonl' }];
  await using stand = await KmsStand.make(LIMITS, { events });
  const random = new SeededRandom(SEED);
  const file = join(stand.token.paths.directory, 'events.jsonl');
  let keyId = '';
  let acknowledged = 0;
  for (let round = 0; round < COUNT; round += 1) {
    await withEngine(stand, async (call, engine) => {
      if (keyId === '') keyId = await newKey(call);
      server.status = random.chance(0.3) ? 503 : 200;
      acknowledged += await rotateUntilKilled(call, keyId, async () => {
        await sleep(random.next() * MOMENTS_MS);
        await kill(engine);
      });
    });
  }
  server.status = 200;
  let made: readonly string[] = [];
  await withEngine(stand, async (call) => {
    made = await materialsByRotation(call, keyId);
    await until(() => distinct(server.bodies as ShownEvent[]).size >= made.length);
    await until(() => distinct(linesOf(file)).size >= made.length);
    await sleep(300);
  });
  const counts = {
    seed: SEED,
    kills: COUNT,
    acknowledged,
    rotations: made.length,
    overHttp: server.bodies.length,
    inFile: linesOf(file).length,
  };
  console.log(`kms events: ${JSON.stringify(counts)}`);

  expect(acknowledged).toBeGreaterThanOrEqual(COUNT);
  expect(made.length).toBeGreaterThanOrEqual(acknowledged);
  for (const seen of [server.bodies as ShownEvent[], linesOf(file)]) {
    const materials = seen.map(({ detail }) => detail['current-key-material-id'] as string);
    expect(new Set(materials)).toStrictEqual(new Set(made));
    // Whoever has seen an id needs not look at the event again.
    expect(distinct(seen).size).toBe(made.length);
  }
});

async function withEngine(
  stand: KmsStand,
  work: (call: CallKms, engine: StartedProcess) => Promise<void>,
): Promise<void> {
  await using engine = stand.spawn();
  using call = kmsCaller(await endpointOf(engine));
  await work(call, engine);
}

async function newKey(call: CallKms): Promise<string> {
  const { body } = await call('CreateKey', {});
  return (body['KeyMetadata'] as { readonly KeyId: string }).KeyId;
}

/** Kills it soon after an answer. Resolves to how many rotations were acknowledged. */
async function rotateUntilKilled(call: CallKms, keyId: string, kills: () => Promise<void>): Promise<number> {
  let killed: Promise<void> | undefined;
  for (let count = 0; ; ) {
    try {
      const { error } = await call('RotateKeyOnDemand', { KeyId: keyId });
      expect(error).toBe('');
    } catch (error) {
      if (killed === undefined) throw error;
      await killed;
      return count;
    }
    count += 1;
    killed ??= kills();
  }
}

async function materialsByRotation(call: CallKms, keyId: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (let marker: object | undefined = {}; marker !== undefined; ) {
    const { body } = await call('ListKeyRotations', { KeyId: keyId, Limit: 1000, ...marker });
    const rotations = body['Rotations'] as readonly { readonly KeyMaterialId: string }[];
    found.push(...rotations.map(({ KeyMaterialId }) => KeyMaterialId));
    marker = body['Truncated'] === true ? { Marker: body['NextMarker'] } : undefined;
  }
  return found;
}

async function kill(engine: StartedProcess): Promise<void> {
  engine.signalGroup('SIGKILL');
  await engine.exited;
}

function distinct(events: readonly ShownEvent[]): ReadonlySet<string> {
  return new Set(events.map(({ id }) => id));
}

/** What was cut short by a kill is no line; it comes again. */
function linesOf(file: string): readonly ShownEvent[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => (line.endsWith('}}') ? [JSON.parse(line) as ShownEvent] : []));
}
