import { describe, expect, it, test } from 'vitest';
import { rotateIfDue } from '../../../../src/engine/kms/rotate-if-due.ts';
import { ACCOUNT, bytesOf, callBy, DAY_MS, faultOf, OTHER_ACCOUNT, REGION, Rig, START_MS } from './rig.ts';

const PLAINTEXT = bytesOf('attack at dawn');
const MINUTE_MS = 60_000;

async function encrypted(rig: Rig, keyId: string): Promise<Uint8Array> {
  return (await rig.run('Encrypt', { keyId, plaintext: PLAINTEXT })).ciphertextBlob as Uint8Array;
}

async function currentMaterial(rig: Rig, keyId: string): Promise<string | undefined> {
  return (await rig.run('DescribeKey', { keyId })).keyMetadata?.currentKeyMaterialId;
}

describe('a key', () => {
  it('rotates not by itself', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    expect(await rig.run('GetKeyRotationStatus', { keyId: key.id })).toStrictEqual({
      keyId: key.arn,
      keyRotationEnabled: false,
    });
    expect(await rig.store.nextDueMs('key')).toBeUndefined();
  });

  it('rotates every 365 days where the period is not given', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    expect(await rig.run('EnableKeyRotation', { keyId: key.id })).toBeUndefined();
    expect(await rig.run('GetKeyRotationStatus', { keyId: key.arn })).toStrictEqual({
      keyId: key.arn,
      keyRotationEnabled: true,
      rotationPeriodInDays: 365,
      nextRotationDate: START_MS + 365 * DAY_MS,
    });
    expect(await rig.store.nextDueMs('key')).toBe(START_MS + 365 * DAY_MS);
  });

  it('has its schedule start anew with each EnableKeyRotation', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    await rig.run('EnableKeyRotation', { keyId: key.id, rotationPeriodInDays: 90 });
    rig.nowMs += 10 * DAY_MS;
    await rig.run('EnableKeyRotation', { keyId: key.id, rotationPeriodInDays: 200 });
    expect(await rig.run('GetKeyRotationStatus', { keyId: key.id })).toMatchObject({
      rotationPeriodInDays: 200,
      nextRotationDate: START_MS + 210 * DAY_MS,
    });
  });

  it('rotates every 365 days again where EnableKeyRotation names no period', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    await rig.run('EnableKeyRotation', { keyId: key.id, rotationPeriodInDays: 90 });
    await rig.run('EnableKeyRotation', { keyId: key.id });
    expect(await rig.run('GetKeyRotationStatus', { keyId: key.id })).toMatchObject({
      rotationPeriodInDays: 365,
      nextRotationDate: START_MS + 365 * DAY_MS,
    });
  });

  it('stops with DisableKeyRotation', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    await rig.run('EnableKeyRotation', { keyId: key.id });
    expect(await rig.run('DisableKeyRotation', { keyId: key.id })).toBeUndefined();
    expect(await rig.run('GetKeyRotationStatus', { keyId: key.id })).toStrictEqual({
      keyId: key.arn,
      keyRotationEnabled: false,
    });
    expect(await rig.store.nextDueMs('key')).toBeUndefined();
  });

  it('that waits for its deletion says that it does not rotate', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    await rig.run('EnableKeyRotation', { keyId: key.id });
    await rig.alter(key.id, { state: 'PendingDeletion' });
    expect(await rig.run('GetKeyRotationStatus', { keyId: key.id })).toMatchObject({
      keyRotationEnabled: false,
    });
  });

  it('tells its status to other accounts, and takes orders from its own alone', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const stranger = callBy({ account: OTHER_ACCOUNT });
    expect(await rig.run('GetKeyRotationStatus', { keyId: key.arn }, stranger)).toMatchObject({
      keyRotationEnabled: false,
    });
    for (const name of ['EnableKeyRotation', 'DisableKeyRotation', 'RotateKeyOnDemand'] as const) {
      expect(await faultOf(rig.run(name, { keyId: key.arn }, stranger))).toMatchObject({
        code: 'AccessDeniedException',
      });
    }
  });

  it('that is multi-Region rotates as any other', async () => {
    const rig = new Rig();
    const { keyMetadata } = await rig.run('CreateKey', { multiRegion: true });
    const keyId = keyMetadata?.keyId as string;
    await rig.run('EnableKeyRotation', { keyId, rotationPeriodInDays: 90 });
    await rig.run('RotateKeyOnDemand', { keyId });
    rig.nowMs += 90 * DAY_MS;
    await rotateIfDue(rig.services, await rig.record(keyId));
    const { rotations } = await rig.run('ListKeyRotations', { keyId });
    expect(rotations?.map(({ rotationType }) => rotationType)).toStrictEqual(['ON_DEMAND', 'AUTOMATIC']);
  });

  it('whose deletion is cancelled has the schedule that it had, and rotates once it is enabled', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    await rig.run('EnableKeyRotation', { keyId: key.id, rotationPeriodInDays: 90 });
    rig.nowMs += 80 * DAY_MS;
    await rig.run('ScheduleKeyDeletion', { keyId: key.id });
    rig.nowMs += 20 * DAY_MS;
    await rig.run('CancelKeyDeletion', { keyId: key.id });
    expect(await rig.run('GetKeyRotationStatus', { keyId: key.id })).toMatchObject({
      keyRotationEnabled: true,
      rotationPeriodInDays: 90,
      nextRotationDate: START_MS + 90 * DAY_MS,
    });
    expect(await rotateIfDue(rig.services, await rig.record(key.id))).toBe('not due');
    await rig.run('EnableKey', { keyId: key.id });
    expect(await rotateIfDue(rig.services, await rig.record(key.id))).toBe('rotated');
    expect(await rig.run('GetKeyRotationStatus', { keyId: key.id })).toMatchObject({
      nextRotationDate: START_MS + 190 * DAY_MS,
    });
  });

  test.for(['EnableKeyRotation', 'DisableKeyRotation', 'RotateKeyOnDemand'] as const)(
    'that is disabled refuses %s',
    async (name) => {
      const rig = new Rig();
      const key = await rig.newKey();
      await rig.alter(key.id, { state: 'Disabled' });
      expect(await faultOf(rig.run(name, { keyId: key.id }))).toStrictEqual({
        code: 'DisabledException',
        detail: `${key.arn} is disabled.`,
      });
    },
  );

  test.for(['EnableKeyRotation', 'DisableKeyRotation'] as const)(
    'with imported material refuses %s',
    async (name) => {
      const rig = new Rig();
      const key = await rig.newKey();
      await rig.alter(key.id, { origin: 'EXTERNAL' });
      expect(await faultOf(rig.run(name, { keyId: key.id }))).toStrictEqual({
        code: 'UnsupportedOperationException',
        detail: `${key.arn} origin is EXTERNAL which is not valid for this operation.`,
      });
    },
  );

  it('that does not encrypt with AES refuses all of it without a message', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    await rig.alter(key.id, { spec: 'RSA_2048' });
    for (const name of ['GetKeyRotationStatus', 'RotateKeyOnDemand', 'ListKeyRotations'] as const) {
      expect(await faultOf(rig.run(name, { keyId: key.id }))).toStrictEqual({
        code: 'UnsupportedOperationException',
        detail: undefined,
      });
    }
  });
});

describe('RotateKeyOnDemand', () => {
  it('answers with the ARN, and the key encrypts with new material while the old still decrypts', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const first = await currentMaterial(rig, key.id);
    const old = await encrypted(rig, key.id);
    expect(await rig.run('RotateKeyOnDemand', { keyId: key.id })).toStrictEqual({ keyId: key.arn });
    const second = await currentMaterial(rig, key.id);
    expect(second).not.toBe(first);
    expect(await rig.run('Decrypt', { ciphertextBlob: old })).toMatchObject({
      plaintext: PLAINTEXT,
      keyMaterialId: first,
    });
    expect(await rig.run('Decrypt', { ciphertextBlob: await encrypted(rig, key.id) })).toMatchObject({
      plaintext: PLAINTEXT,
      keyMaterialId: second,
    });
  });

  it('is told to whoever wants to know', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    rig.nowMs += DAY_MS;
    const previousMaterialId = await currentMaterial(rig, key.id);
    await rig.run('RotateKeyOnDemand', { keyId: key.id });
    expect(rig.events).toStrictEqual([
      {
        type: 'KMS CMK Rotation',
        account: ACCOUNT,
        region: REGION,
        keyId: key.id,
        atMs: START_MS + DAY_MS,
        origin: 'AWS_KMS',
        rotation: 'ON_DEMAND',
        previousMaterialId,
        currentMaterialId: await currentMaterial(rig, key.id),
      },
    ]);
  });

  it('commits its event together with the new material, or neither', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    rig.recordsOf = () => [{ do: 'check', kind: 'setting', address: { scope: '', id: 'absent' }, expect: 1 }];
    expect(await faultOf(rig.run('RotateKeyOnDemand', { keyId: key.id }))).toMatchObject({
      code: 'ThrottlingException',
    });
    expect((await rig.record(key.id)).body.materials).toHaveLength(1);
    expect(rig.events).toStrictEqual([]);
  });

  it('leaves the schedule as it is', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    await rig.run('EnableKeyRotation', { keyId: key.id, rotationPeriodInDays: 90 });
    rig.nowMs += DAY_MS;
    await rig.run('RotateKeyOnDemand', { keyId: key.id });
    expect(await rig.run('GetKeyRotationStatus', { keyId: key.id })).toMatchObject({
      nextRotationDate: START_MS + 90 * DAY_MS,
    });
  });

  it('works 25 times in the life of a key', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    for (let round = 0; round < 25; round += 1) await rig.run('RotateKeyOnDemand', { keyId: key.id });
    expect(await faultOf(rig.run('RotateKeyOnDemand', { keyId: key.id }))).toStrictEqual({
      code: 'LimitExceededException',
      detail: `The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: ${key.arn}`,
    });
  });

  it('counts across stops and starts of automatic rotation', async () => {
    const rig = new Rig({ onDemandRotationsPerKey: 1 });
    const key = await rig.newKey();
    await rig.run('RotateKeyOnDemand', { keyId: key.id });
    await rig.run('EnableKeyRotation', { keyId: key.id });
    await rig.run('DisableKeyRotation', { keyId: key.id });
    expect(await faultOf(rig.run('RotateKeyOnDemand', { keyId: key.id }))).toMatchObject({
      code: 'LimitExceededException',
    });
  });

  test.for([
    { minutes: 21, conflicts: false },
    { minutes: 20, conflicts: true },
    { minutes: 0, conflicts: true },
    { minutes: -5, conflicts: true },
  ])('$minutes minutes before an automatic rotation conflicts: $conflicts', async (row) => {
    const rig = new Rig();
    const key = await rig.newKey();
    await rig.run('EnableKeyRotation', { keyId: key.id, rotationPeriodInDays: 90 });
    rig.nowMs += 90 * DAY_MS - row.minutes * MINUTE_MS;
    const { code } = await faultOf(rig.run('RotateKeyOnDemand', { keyId: key.id }));
    expect(code === 'ConflictException').toBe(row.conflicts);
  });

  it('of imported material needs material to rotate to', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    await rig.alter(key.id, { origin: 'EXTERNAL' });
    expect(await faultOf(rig.run('RotateKeyOnDemand', { keyId: key.id }))).toStrictEqual({
      code: 'KMSInvalidStateException',
      detail: `No available key material pending rotation for the key: ${key.arn}.`,
    });
  });
});

describe('ListKeyRotations', () => {
  it('has the materials that rotations brought, oldest first', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const first = await currentMaterial(rig, key.id);
    rig.nowMs = START_MS + DAY_MS;
    await rig.run('RotateKeyOnDemand', { keyId: key.id });
    const second = await currentMaterial(rig, key.id);
    await rig.run('EnableKeyRotation', { keyId: key.id, rotationPeriodInDays: 90 });
    rig.nowMs = START_MS + 91 * DAY_MS;
    await rotateIfDue(rig.services, await rig.record(key.id));
    const third = await currentMaterial(rig, key.id);

    const rotations = [
      {
        keyId: key.id,
        keyMaterialId: second,
        keyMaterialState: 'NON_CURRENT',
        rotationDate: START_MS + DAY_MS,
        rotationType: 'ON_DEMAND',
      },
      {
        keyId: key.id,
        keyMaterialId: third,
        keyMaterialState: 'CURRENT',
        rotationDate: START_MS + 91 * DAY_MS,
        rotationType: 'AUTOMATIC',
      },
    ];
    expect(await rig.run('ListKeyRotations', { keyId: key.id })).toStrictEqual({
      rotations,
      truncated: false,
    });
    const all = { keyId: key.id, includeKeyMaterial: 'ALL_KEY_MATERIAL' } as const;
    expect(await rig.run('ListKeyRotations', all)).toStrictEqual({
      rotations: [{ keyId: key.id, keyMaterialId: first, keyMaterialState: 'NON_CURRENT' }, ...rotations],
      truncated: false,
    });
  });

  it('of a key that never rotated is empty', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    expect(await rig.run('ListKeyRotations', { keyId: key.id })).toStrictEqual({
      rotations: [],
      truncated: false,
    });
  });

  it('comes in pages whose markers serve for the same list alone', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    for (let round = 0; round < 12; round += 1) await rig.run('RotateKeyOnDemand', { keyId: key.id });
    const whole = await rig.run('ListKeyRotations', { keyId: key.id });
    const head = await rig.run('ListKeyRotations', { keyId: key.id, limit: 10 });
    const marker = head.nextMarker as string;
    const tail = await rig.run('ListKeyRotations', { keyId: key.id, marker });
    expect(head).toMatchObject({ truncated: true, rotations: whole.rotations?.slice(0, 10) });
    expect(tail).toStrictEqual({ truncated: false, rotations: whole.rotations?.slice(10) });
    const other = { keyId: key.id, marker, includeKeyMaterial: 'ALL_KEY_MATERIAL' } as const;
    expect(await faultOf(rig.run('ListKeyRotations', other))).toStrictEqual({
      code: 'InvalidMarkerException',
      detail: undefined,
    });
  });
});

describe('automatic rotation', () => {
  async function stand() {
    const rig = new Rig();
    const key = await rig.newKey();
    await rig.run('EnableKeyRotation', { keyId: key.id, rotationPeriodInDays: 90 });
    const rotate = async () => rotateIfDue(rig.services, await rig.record(key.id));
    return { rig, key, rotate };
  }

  it('waits until it is due, and is due again a period later', async () => {
    const { rig, key, rotate } = await stand();
    const first = await currentMaterial(rig, key.id);
    rig.nowMs = START_MS + 90 * DAY_MS - 1;
    expect(await rotate()).toBe('not due');
    rig.nowMs += 1;
    expect(await rotate()).toBe('rotated');
    expect(await currentMaterial(rig, key.id)).not.toBe(first);
    expect(await rotate()).toBe('not due');
    expect(await rig.store.nextDueMs('key')).toBe(START_MS + 180 * DAY_MS);
    expect(rig.events).toMatchObject([
      { type: 'KMS CMK Rotation', rotation: 'AUTOMATIC', atMs: START_MS + 90 * DAY_MS },
    ]);
  });

  it('happens once however late it is', async () => {
    const { rig, rotate } = await stand();
    rig.nowMs = START_MS + 1000 * DAY_MS;
    expect(await rotate()).toBe('rotated');
    expect(await rotate()).toBe('not due');
    expect(await rig.store.nextDueMs('key')).toBe(START_MS + 1090 * DAY_MS);
  });

  it('counts not against the rotations on demand', async () => {
    const { rig, key, rotate } = await stand();
    rig.nowMs = START_MS + 90 * DAY_MS;
    await rotate();
    expect((await rig.record(key.id)).body.rotation.onDemandCount).toBe(0);
  });

  it('of a disabled key waits until it is enabled', async () => {
    const { rig, key, rotate } = await stand();
    await rig.alter(key.id, { state: 'Disabled' });
    rig.nowMs = START_MS + 100 * DAY_MS;
    expect(await rotate()).toBe('not due');
    await rig.alter(key.id, { state: 'Enabled' });
    expect(await rotate()).toBe('rotated');
  });

  it('does not happen to a key that has it off', async () => {
    const { rig, key, rotate } = await stand();
    await rig.run('DisableKeyRotation', { keyId: key.id });
    rig.nowMs = START_MS + 100 * DAY_MS;
    expect(await rotate()).toBe('not due');
  });

  it('of a key without material is a broken invariant', async () => {
    const { rig, key } = await stand();
    rig.nowMs = START_MS + 90 * DAY_MS;
    const { body, ...record } = await rig.record(key.id);
    const { currentMaterialId: _, ...without } = body;
    await expect(rotateIfDue(rig.services, { ...record, body: without })).rejects.toThrow(
      `key ${key.id} has no material to rotate from`,
    );
  });

  it('gives way to whoever changed the key meanwhile', async () => {
    const { rig, key } = await stand();
    rig.nowMs = START_MS + 90 * DAY_MS;
    const before = await rig.record(key.id);
    await rig.run('DisableKeyRotation', { keyId: key.id });
    await expect(rotateIfDue(rig.services, before)).rejects.toThrow('revision');
    expect(rig.events).toStrictEqual([]);
  });
});

describe('calls at the same time', () => {
  it('rotate a key as often as they say, and nothing of what was encrypted meanwhile is lost', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const rotations = Array.from({ length: 5 }, () => rig.run('RotateKeyOnDemand', { keyId: key.id }));
    const blobs = await Promise.all(Array.from({ length: 50 }, () => encrypted(rig, key.id)));
    await Promise.all(rotations);
    const { body } = await rig.record(key.id);
    expect(body.rotation.onDemandCount).toBe(5);
    expect(new Set(body.materials.map(({ materialId }) => materialId)).size).toBe(6);
    for (const ciphertextBlob of blobs) {
      expect(await rig.run('Decrypt', { ciphertextBlob })).toMatchObject({ plaintext: PLAINTEXT });
    }
  });

  it('go over no limit', async () => {
    const rig = new Rig({ onDemandRotationsPerKey: 2 });
    const key = await rig.newKey();
    const calls = Array.from({ length: 5 }, () => rig.run('RotateKeyOnDemand', { keyId: key.id }));
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect((await rig.record(key.id)).body.materials).toHaveLength(3);
  });

  it('of which one deletes the key leave the other with an answer of the API', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const ciphertextBlob = await encrypted(rig, key.id);
    let once = async (): Promise<void> => {
      once = () => Promise.resolve();
      const { scope, id, revision } = await rig.record(key.id);
      await rig.store.commit([{ do: 'delete', kind: 'key', address: { scope, id }, expect: revision }]);
    };
    rig.store.beforeCommit = () => once();
    expect(await faultOf(rig.run('RotateKeyOnDemand', { keyId: key.id }))).toStrictEqual({
      code: 'NotFoundException',
      detail: `Key '${key.arn}' does not exist`,
    });
    expect(await faultOf(rig.run('Decrypt', { ciphertextBlob }))).toMatchObject({
      code: 'AccessDeniedException',
    });
  });

  it('see the key disabled as soon as that is answered', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    await rig.run('DisableKey', { keyId: key.id });
    expect(await faultOf(encrypted(rig, key.id))).toMatchObject({ code: 'DisabledException' });
  });
});
