/** Two engines on one database, as behind a load balancer: the same keys, and no harm when both do the same work. */
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, expect, it, vi } from 'vitest';
import { keyAddress } from '../../src/domain/key/record-address.ts';
import type { KmsOperationName, KmsOperations } from '../../src/domain/kms/api/operations.ts';
import { allowAll } from '../../src/domain/ports/authorizer.ts';
import { StoreConflict, type StoredRecord } from '../../src/domain/ports/record-store.ts';
import { destroyIfDue } from '../../src/engine/kms/destroy-if-due.ts';
import { createKmsEngine } from '../../src/engine/kms/kms-engine.ts';
import { rotateIfDue } from '../../src/engine/kms/rotate-if-due.ts';
import { DEFAULT_SETTINGS, type KmsServices } from '../../src/engine/kms/services.ts';
import { EventCourier } from '../../src/events/event-courier.ts';
import { outboxRecords } from '../../src/events/event-outbox.ts';
import { SoftwareVault } from '../../src/hsm/software/software-vault.ts';
import { CommandedSink, SeenMeter } from '../support/event-sinks.ts';
import { SeenLog } from '../support/seen-log.ts';
import { describeWithServer } from '../support/store/describe-with-server.ts';
import { PostgresServer } from '../support/store/postgres-server.ts';

const ACCOUNT = '111122223333';
const REGION = 'eu-central-1';
const DAY_MS = 86_400_000;
const server = await PostgresServer.start();
afterAll(() => server?.stop());

describeWithServer(server, 'two engines on one database', () => {
  it('give a name that both are asked for to one key', async () => {
    await using engines = await Engines.start();
    const { one, other } = engines;
    const [a, b] = [await one.newKey(), await other.newKey()];
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, race) => [
        one.run('CreateAlias', { aliasName: `alias/${race}`, targetKeyId: a }),
        other.run('CreateAlias', { aliasName: `alias/${race}`, targetKeyId: b }),
      ]).flat(),
    );
    const refused = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));

    expect(refused.map(({ code }) => code)).toStrictEqual(
      Array.from({ length: 10 }, () => 'AlreadyExistsException'),
    );
    expect((await one.run('ListAliases', {})).aliases?.filter(({ targetKeyId }) => targetKeyId)).toHaveLength(
      10,
    );
  });

  it('use what the other has made at once, and what it has disabled no more within a second', async () => {
    await using engines = await Engines.start();
    const { one, other } = engines;
    const keyId = await one.newKey();
    const plaintext = new TextEncoder().encode('hello');
    const { ciphertextBlob } = await other.run('Encrypt', { keyId, plaintext });
    expect(await one.run('Decrypt', { ciphertextBlob: ciphertextBlob ?? new Uint8Array() })).toMatchObject({
      keyId: expect.stringContaining(keyId),
    });
    await one.run('DisableKey', { keyId });

    await vi.waitFor(
      () => expect(other.run('Encrypt', { keyId, plaintext })).rejects.toThrow('is disabled'),
      { timeout: 1_000 },
    );
  });

  it('deliver each event of theirs once, whichever made it', async () => {
    const postgres = server as PostgresServer;
    const database = await postgres.database();
    await using one = await postgres.open(database);
    await using other = await postgres.open(database);
    const entropy = { randomBytes: (length: number) => new Uint8Array(randomBytes(length)) };
    const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
    const sink = new CommandedSink('sink', 2);
    const parts = { sink, shared: true, clock, log: new SeenLog(), meter: new SeenMeter() };
    for (const [at, store] of [one, other, one, other, one, other, one].entries()) {
      const about = { account: ACCOUNT, region: REGION, keyId: `key-${at}`, atMs: at };
      await store.commit([...outboxRecords({ type: 'KMS CMK Deletion', ...about }, ['sink'], entropy)]);
    }
    const couriers = [one, other].map((store) => new EventCourier({ ...parts, store }));
    await vi.waitFor(async () => expect(await one.count('event', '')).toBe(0), { timeout: 20_000 });
    await Promise.all(couriers.map((courier) => courier.stop(1_000)));

    expect(sink.taken.map(({ detail }) => detail['key-id'])).toStrictEqual(
      Array.from({ length: 7 }, (_, at) => `key-${at}`),
    );
  });

  it('rotate a key that is due once', async () => {
    await using engines = await Engines.start();
    const { one, other } = engines;
    const keyId = await one.newKey();
    await one.run('EnableKeyRotation', { keyId, rotationPeriodInDays: 90 });
    engines.nowMs += 91 * DAY_MS;
    await engines.bothDo(keyId, rotateIfDue);

    await vi.waitFor(async () =>
      expect((await other.run('ListKeyRotations', { keyId })).rotations).toHaveLength(1),
    );
    expect((await one.run('ListKeyRotations', { keyId })).rotations).toHaveLength(1);
  });

  it('destroy a key that is due, both of them', async () => {
    await using engines = await Engines.start();
    const { one, other } = engines;
    const keyId = await one.newKey();
    await one.run('ScheduleKeyDeletion', { keyId, pendingWindowInDays: 7 });
    engines.nowMs += 8 * DAY_MS;
    await engines.bothDo(keyId, destroyIfDue);

    for (const engine of [one, other]) {
      await vi.waitFor(() => expect(engine.run('DescribeKey', { keyId })).rejects.toThrow(keyId));
    }
  });
});

class Engine {
  readonly services: KmsServices;
  readonly #engine;

  constructor(services: KmsServices) {
    this.services = services;
    this.#engine = createKmsEngine(services);
  }

  run<N extends KmsOperationName>(
    name: N,
    input: KmsOperations[N]['input'],
  ): Promise<KmsOperations[N]['output']> {
    const caller = {
      account: ACCOUNT,
      principalArn: `arn:aws:iam::${ACCOUNT}:root`,
      userId: ACCOUNT,
      accessKeyId: 'AKIA',
    };
    return this.#engine.run(name, input, {
      requestId: randomUUID(),
      caller,
      region: REGION,
      deadlineMs: 1e15,
    });
  }

  async newKey(): Promise<string> {
    return (await this.run('CreateKey', {})).keyMetadata?.keyId ?? '';
  }
}

/** Their tokens have the same domain: here, one vault is both's. */
class Engines implements AsyncDisposable {
  nowMs = 1_767_323_045_678;
  readonly one: Engine;
  readonly other: Engine;

  private constructor(stores: readonly [KmsServices['store'], KmsServices['store']]) {
    const entropy = { randomBytes: (length: number) => new Uint8Array(randomBytes(length)) };
    const vault = new SoftwareVault({ entropy });
    const [one, other] = stores.map(
      (store) =>
        new Engine({
          store,
          vault,
          clock: { nowMs: () => this.nowMs, monotonicMs: () => performance.now() },
          entropy,
          authorizer: allowAll,
          events: { recordsOf: () => [], happened: () => undefined },
          settings: DEFAULT_SETTINGS,
          log: new SeenLog(),
        }),
    ) as [Engine, Engine];
    this.one = one;
    this.other = other;
  }

  static async start(): Promise<Engines> {
    const postgres = server as PostgresServer;
    const database = await postgres.database();
    return new Engines([await postgres.open(database), await postgres.open(database)]);
  }

  /** As their schedulers do: a job that meets the other one's change fails, and is tried again. */
  async bothDo(
    keyId: string,
    job: (services: KmsServices, record: StoredRecord<'key'>) => Promise<unknown>,
  ): Promise<void> {
    const address = keyAddress({ account: ACCOUNT, region: REGION, keyId });
    const [record] = await this.one.services.store.due('key', this.nowMs, 1);
    expect(record).toMatchObject(address);
    const stored = record as StoredRecord<'key'>;
    const outcomes = await Promise.allSettled([
      job(this.one.services, stored),
      job(this.other.services, stored),
    ]);
    const refused = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));

    expect(refused).toStrictEqual([expect.any(StoreConflict)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.one.services.store[Symbol.asyncDispose]();
    await this.other.services.store[Symbol.asyncDispose]();
  }
}
