import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startKmsForTests, type TestKms } from '../../../src/testing.ts';

const KEY_ID = '11111111-2222-3333-4444-555555555555';

let kms: TestKms;

beforeEach(async () => {
  kms = await startKmsForTests({ seed: { keys: [{ id: KEY_ID, aliases: ['alias/payroll'] }] } });
});
afterEach(() => kms[Symbol.asyncDispose]());

/** In open mode, whose callers need no signature: as root of the account that the access key names. */
async function call(operation: string, input: unknown): Promise<Record<string, unknown>> {
  const credential = 'Credential=123456789012/20260101/us-east-1/kms/aws4_request';
  const response = await fetch(kms.endpoint, {
    method: 'POST',
    headers: {
      'X-Amz-Target': `TrentService.${operation}`,
      'X-Amz-Date': '20260101T000000Z',
      Authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host;x-amz-date;x-amz-target, Signature=${'0'.repeat(64)}`,
    },
    body: JSON.stringify(input),
  });
  const text = await response.text();
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}

describe('an engine for the tests of other programs', () => {
  it('has the keys of its seed, before and after a reset, and no others after it', async () => {
    await call('CreateKey', {});
    const before = await call('ListKeys', {});
    await kms.reset();
    const after = await call('ListKeys', {});

    expect((before['Keys'] as unknown[]).length).toBe(2);
    expect(after['Keys']).toEqual([
      { KeyId: KEY_ID, KeyArn: `arn:aws:kms:us-east-1:123456789012:key/${KEY_ID}` },
    ]);
  });

  it('rotates a key as often as time that passes at once has periods', async () => {
    const { KeyMetadata } = await call('CreateKey', {});
    const { KeyId } = KeyMetadata as { KeyId: string };
    await call('EnableKeyRotation', { KeyId, RotationPeriodInDays: 90 });
    const { NextRotationDate: first } = await call('GetKeyRotationStatus', { KeyId });
    await kms.advance({ days: 400 });
    const { Rotations } = await call('ListKeyRotations', { KeyId });
    const { NextRotationDate: next } = await call('GetKeyRotationStatus', { KeyId });

    const dates = (Rotations as { RotationDate: number }[]).map(({ RotationDate }) => RotationDate);
    const days = [...dates, next as number].map((at) => Math.round((at - (first as number)) / 86_400));
    expect(days).toEqual([0, 90, 180, 270, 360]);
  });

  it('destroys a key when the days of its window have passed', async () => {
    await call('ScheduleKeyDeletion', { KeyId: KEY_ID, PendingWindowInDays: 7 });
    await kms.advance({ days: 6, hours: 23 });
    const waiting = await call('DescribeKey', { KeyId: KEY_ID });
    await kms.advance({ hours: 1, seconds: 5 });

    expect(waiting['KeyMetadata']).toMatchObject({ KeyState: 'PendingDeletion' });
    expect(await call('DescribeKey', { KeyId: KEY_ID })).toMatchObject({ __type: 'NotFoundException' });
  });
});
