/**
 * A store full of keys for the engine under test, as CreateKey leaves them. Their exported key tokens are made in software
 * from the secret that the token's own domain keys were made of: 100 000 keys take seconds instead of minutes.
 */
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { defaultPolicy } from '../../src/domain/key/key-policy.ts';
import type { KeyRecord } from '../../src/domain/key/key-record.ts';
import { NO_ROTATION } from '../../src/domain/key/rotation-schedule.ts';
import { accountArn } from '../../src/domain/kms/arn.ts';
import type { Log } from '../../src/domain/ports/log.ts';
import type { RecordStore } from '../../src/domain/ports/record-store.ts';
import { Secret } from '../../src/domain/secret.ts';
import { keyChange } from '../../src/engine/kms/key-change.ts';
import { softhsm2 } from '../../src/hsm/devices/softhsm2.ts';
import { DOMAIN_SECRET_BYTES } from '../../src/hsm/material/domain-secret.ts';
import { materialIdInput } from '../../src/hsm/material/prf-inputs.ts';
import { SoftwareDomain } from '../../src/hsm/software/software-domain.ts';
import { openTokenAdmin } from '../../src/hsm/token-admin.ts';
import { makeGeneration, planFirst } from '../../src/hsm/vault/domain-keys.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { FleetToken } from '../../test/support/test-fleet.ts';

export interface StoreOrder {
  readonly token: FleetToken;
  /** As the configuration names it. */
  readonly tokenName: string;
  readonly account: string;
  readonly region: string;
  readonly keys: number;
}

/** Makes a SQLite file and fills it as {@link fillStore} does. */
export async function makeFilledFile(file: string, order: StoreOrder): Promise<string[]> {
  await using store = await openSqliteStore({ file, log: SILENT });
  return await fillStore(store, order);
}

/** Makes a domain on the token, and in the store its keys; their ids. */
export async function fillStore(store: RecordStore, order: StoreOrder): Promise<string[]> {
  const secret = randomBytes(DOMAIN_SECRET_BYTES);
  await makeDomain(store, order, secret);
  const entropy = { randomBytes: (length: number) => randomBytes(length) };
  const domain = new SoftwareDomain(FIRST_GENERATION, secret, entropy);
  const ids: string[] = [];
  while (ids.length < order.keys) {
    const count = Math.min(KEYS_IN_A_COMMIT, order.keys - ids.length);
    const records = Array.from({ length: count }, () => newRecord(order, domain));
    await store.commit(records.map((record) => keyChange(record, 0)));
    ids.push(...records.map(({ keyId }) => keyId));
  }
  return ids;
}

async function makeDomain(
  store: RecordStore,
  { token, tokenName }: StoreOrder,
  secret: Uint8Array,
): Promise<void> {
  const { paths, env, label, pin } = token;
  await using admin = await openTokenAdmin({
    profile: softhsm2,
    module: paths.module,
    env: { ...process.env, ...env } as Record<string, string>,
    stateDir: paths.directory,
  });
  await admin.login({ token: { label }, pin: new Secret(pin) });
  const plan = await planFirst(store, { randomBytes: (length) => randomBytes(length) });
  const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
  const source = { secret, shares: 3, threshold: 2 };
  await makeGeneration({ store, token: admin, tokenName, clock }, plan, source);
}

function newRecord({ account, region }: StoreOrder, domain: SoftwareDomain): KeyRecord {
  const keyId = randomUUID();
  const createdMs = Date.now();
  const value = randomBytes(MATERIAL_BYTES);
  const materialId = createHmac('sha256', value).update(materialIdInput({ account, keyId })).digest('hex');
  const usage = 'ENCRYPT_DECRYPT';
  const token = domain.export(
    { wrapped: value },
    { account, keyId, materialId, spec: 'SYMMETRIC_DEFAULT', usage },
  );
  return {
    ...{ account, region, keyId, usage, createdMs },
    spec: 'SYMMETRIC_DEFAULT',
    origin: 'AWS_KMS',
    multiRegion: false,
    state: 'Enabled',
    description: '',
    policy: defaultPolicy(accountArn({ account, region })),
    tags: [],
    materials: [{ materialId, token: Buffer.from(token).toString('base64'), createdMs }],
    currentMaterialId: materialId,
    rotation: NO_ROTATION,
  };
}

const FIRST_GENERATION = 1;
const MATERIAL_BYTES = 32;
const KEYS_IN_A_COMMIT = 1_000;
export const SILENT: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
