import { describe, expect, it, test } from 'vitest';
import { bytesOf, callBy, DAY_MS, faultOf, OTHER_ACCOUNT, Rig, START_MS } from '../rig.ts';

describe('EnableKey and DisableKey', () => {
  it('stop and resume the use of a key', async () => {
    const rig = new Rig();
    const { id, arn } = await rig.newKey();
    expect(await rig.run('DisableKey', { keyId: id })).toBeUndefined();
    expect(await stateOf(rig, id)).toEqual({ keyState: 'Disabled', enabled: false });
    expect(await faultOf(rig.run('Encrypt', { keyId: id, plaintext: bytesOf('x') }))).toEqual({
      code: 'DisabledException',
      detail: `${arn} is disabled.`,
    });
    expect(await rig.run('EnableKey', { keyId: arn })).toBeUndefined();
    expect(await stateOf(rig, id)).toEqual({ keyState: 'Enabled', enabled: true });
  });

  it('change nothing when there is nothing to change', async () => {
    const rig = new Rig();
    const { id } = await rig.newKey();
    await rig.run('EnableKey', { keyId: id });
    expect((await rig.record(id)).revision).toBe(1);
    await rig.run('DisableKey', { keyId: id });
    await rig.run('DisableKey', { keyId: id });
    expect((await rig.record(id)).revision).toBe(2);
  });

  it('make the scheduler look at the key, or not', async () => {
    const rig = new Rig();
    const { id } = await rig.newKey();
    await rig.run('EnableKeyRotation', { keyId: id, rotationPeriodInDays: 90 });
    expect(await rig.store.nextDueMs('key')).toBe(START_MS + 90 * DAY_MS);
    await rig.run('DisableKey', { keyId: id });
    expect(await rig.store.nextDueMs('key')).toBeUndefined();
    await rig.run('EnableKey', { keyId: id });
    expect(await rig.store.nextDueMs('key')).toBe(START_MS + 90 * DAY_MS);
  });
});

describe('UpdateKeyDescription', () => {
  test.for(['for payroll', ''])('gives the description "%s"', async (description) => {
    const rig = new Rig();
    const { keyMetadata } = await rig.run('CreateKey', { description: 'old' });
    const keyId = keyMetadata?.keyId as string;
    expect(await rig.run('UpdateKeyDescription', { keyId, description })).toBeUndefined();
    expect((await rig.run('DescribeKey', { keyId })).keyMetadata?.description).toBe(description);
  });
});

describe('ScheduleKeyDeletion', () => {
  test.for([
    { asked: undefined, days: 30 },
    { asked: 7, days: 7 },
    { asked: 30, days: 30 },
  ])('with a window of $asked days says when the key goes', async ({ asked, days }) => {
    const rig = new Rig();
    const { id, arn } = await rig.newKey();
    const input = { keyId: id, ...(asked !== undefined && { pendingWindowInDays: asked }) };
    expect(await rig.run('ScheduleKeyDeletion', input)).toEqual({
      keyId: arn,
      deletionDate: START_MS + days * DAY_MS,
      keyState: 'PendingDeletion',
      pendingWindowInDays: days,
    });
    const { keyMetadata } = await rig.run('DescribeKey', { keyId: id });
    expect(keyMetadata?.deletionDate).toBe(START_MS + days * DAY_MS);
    expect(await rig.store.nextDueMs('key')).toBe(START_MS + days * DAY_MS);
  });

  test.for([1, 6, 31, 365])('refuses a window of %i days', async (pendingWindowInDays) => {
    const rig = new Rig();
    const { id } = await rig.newKey();
    expect(await faultOf(rig.run('ScheduleKeyDeletion', { keyId: id, pendingWindowInDays }))).toEqual({
      code: 'ValidationException',
      detail: `PendingWindowInDays must be between 7 and 30, and it is ${pendingWindowInDays}.`,
    });
  });

  it('does not work twice', async () => {
    const rig = new Rig();
    const { id, arn } = await rig.newKey();
    await rig.run('ScheduleKeyDeletion', { keyId: id });
    expect(await faultOf(rig.run('ScheduleKeyDeletion', { keyId: id }))).toEqual({
      code: 'KMSInvalidStateException',
      detail: `${arn} is pending deletion.`,
    });
  });

  it('of one key by two callers at once has one winner', async () => {
    const rig = new Rig();
    const { id, arn } = await rig.newKey();
    const outcomes = await Promise.allSettled([
      rig.run('ScheduleKeyDeletion', { keyId: id, pendingWindowInDays: 7 }),
      rig.run('ScheduleKeyDeletion', { keyId: id, pendingWindowInDays: 8 }),
    ]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const rejected = outcomes.find(({ status }) => status === 'rejected');
    expect(rejected).toMatchObject({ reason: { detail: `${arn} is pending deletion.` } });
  });
});

describe('CancelKeyDeletion', () => {
  it('leaves the key disabled, with everything else as it was', async () => {
    const rig = new Rig();
    const { id, arn } = await rig.newKey();
    await rig.run('EnableKeyRotation', { keyId: id });
    const before = (await rig.record(id)).body;
    await rig.run('ScheduleKeyDeletion', { keyId: id });
    expect(await rig.run('CancelKeyDeletion', { keyId: id })).toEqual({ keyId: arn });
    expect((await rig.record(id)).body).toStrictEqual({ ...before, state: 'Disabled' });
    expect(await rig.run('GetKeyRotationStatus', { keyId: id })).toMatchObject({ keyRotationEnabled: true });
  });

  it('leaves a key without material waiting for it', async () => {
    const rig = new Rig();
    const { keyMetadata } = await rig.run('CreateKey', { origin: 'EXTERNAL' });
    const keyId = keyMetadata?.keyId as string;
    await rig.run('ScheduleKeyDeletion', { keyId });
    await rig.run('CancelKeyDeletion', { keyId });
    expect(await stateOf(rig, keyId)).toEqual({ keyState: 'PendingImport', enabled: false });
  });
});

describe('keys of other accounts', () => {
  test.for([
    'EnableKey',
    'DisableKey',
    'ScheduleKeyDeletion',
    'CancelKeyDeletion',
    'GetKeyPolicy',
    'ListKeyPolicies',
    'ListResourceTags',
    'ListAliases',
  ] as const)('%s does not reach them', async (operation) => {
    const rig = new Rig();
    const { arn } = await rig.newKey(callBy({ account: OTHER_ACCOUNT }));
    expect(await faultOf(rig.run(operation, { keyId: arn }))).toMatchObject({
      code: 'AccessDeniedException',
    });
  });
});

async function stateOf(rig: Rig, keyId: string): Promise<object> {
  const { keyMetadata } = await rig.run('DescribeKey', { keyId });
  return { keyState: keyMetadata?.keyState, enabled: keyMetadata?.enabled };
}
