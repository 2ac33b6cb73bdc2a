import { describe, expect, it, test, vi } from 'vitest';
import { Bug } from '../../../src/domain/bug.ts';
import { HsmFault, type HsmFaultCode } from '../../../src/domain/hsm-fault.ts';
import { KmsFault } from '../../../src/domain/kms/kms-fault.ts';
import { StoreFailure } from '../../../src/domain/ports/record-store.ts';
import { BodyIncomplete } from '../../../src/edge/http/exchange.ts';
import { KmsRig } from './rig.ts';

const TIMED_OUT =
  '503 DependencyTimeoutException: The system timed out while trying to fulfill the request. You can retry the request.';
const THROTTLED =
  '400 ThrottlingException: You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.';
const INTERNAL = '500 KMSInternalException';

describe('what the engine fails with', () => {
  test.for<{ code: HsmFaultCode; told: string }>([
    { code: 'timeout', told: TIMED_OUT },
    { code: 'busy', told: THROTTLED },
    { code: 'unavailable', told: TIMED_OUT },
    { code: 'denied', told: INTERNAL },
    { code: 'pin-locked', told: INTERNAL },
    { code: 'full', told: INTERNAL },
    { code: 'not-found', told: INTERNAL },
    { code: 'ambiguous', told: INTERNAL },
    { code: 'usage', told: INTERNAL },
    { code: 'unsupported', told: INTERNAL },
    { code: 'corrupt', told: INTERNAL },
    { code: 'internal', told: INTERNAL },
  ])('is told without detail when the token says $code', async ({ code, told }) => {
    const rig = new KmsRig();
    rig.failure = new HsmFault(code, 'slot 7 of the vendor');
    expect(await rig.told()).toBe(told);
    expect(rig.lastLine()).toMatchObject({ reason: code, cause: rig.failure });
  });

  test.for<{ what: string; failure: unknown }>([
    { what: 'the store', failure: new StoreFailure('disk full at /var/lib') },
    { what: 'a bug', failure: new Bug('unreachable') },
    { what: 'anything', failure: 'text' },
  ])('is told without detail, but logged: $what', async ({ failure }) => {
    const rig = new KmsRig();
    rig.failure = failure;
    expect(await rig.told()).toBe(INTERNAL);
    expect(rig.lastLine()).toMatchObject({ status: 500, cause: failure });
    expect(rig.lines[0]?.level).toBe('error');
  });

  it('is told in its own words where it is the caller’s affair, always as 400', async () => {
    const rig = new KmsRig();
    rig.failure = new KmsFault('NotFoundException', "Invalid keyId 'foo'");
    const body = { KeyId: 'foo' };
    expect(await rig.told({ operation: 'DescribeKey', body })).toBe(
      "400 NotFoundException: Invalid keyId 'foo'",
    );
    expect(rig.lastLine()).toMatchObject({ keyId: 'foo', detail: "Invalid keyId 'foo'" });
  });

  it('has no message where AWS has none', async () => {
    const rig = new KmsRig();
    rig.failure = new KmsFault('InvalidCiphertextException');
    expect((await rig.ask()).body).toBe('{"__type":"InvalidCiphertextException"}');
  });

  it('has an empty message where AWS has an empty one', async () => {
    const rig = new KmsRig();
    rig.failure = new KmsFault('ValidationException', '');
    expect((await rig.ask()).body).toBe('{"__type":"ValidationException","message":""}');
  });
});

describe('an answer', () => {
  it('has the headers of AWS, on success and on failure', async () => {
    const rig = new KmsRig();
    const headers = {
      'x-amzn-RequestId': expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-/),
      'Cache-Control': 'no-cache, no-store, must-revalidate, private',
      Pragma: 'no-cache',
      Expires: '0',
    };
    const answers = [await rig.ask(), await rig.ask({ unsigned: true })];
    for (const { options } of answers) {
      expect(options).toMatchObject({ contentType: 'application/x-amz-json-1.1', headers });
    }
  });

  test.for<{ operation: string; body: object; answer: string }>([
    { operation: 'DisableKey', body: { KeyId: 'a' }, answer: '' },
    { operation: 'ConnectCustomKeyStore', body: { CustomKeyStoreId: 'cks-1' }, answer: '{}' },
  ])('of $operation is "$answer"', async ({ operation, body, answer }) => {
    expect((await new KmsRig().ask({ operation, body })).body).toBe(answer);
  });

  it('writes times as seconds with a fraction', async () => {
    const rig = new KmsRig();
    rig.output = {
      keyMetadata: { keyId: 'a', creationDate: 1_568_290_320_000, deletionDate: 1_568_290_320_123 },
    };
    expect((await rig.ask({ operation: 'DescribeKey', body: { KeyId: 'a' } })).body).toBe(
      '{"KeyMetadata":{"CreationDate":1568290320.0,"DeletionDate":1568290320.123,"KeyId":"a"}}',
    );
  });

  it('comes at the deadline, and what comes later is dropped', async () => {
    vi.useFakeTimers();
    const rig = new KmsRig();
    const { promise, resolve } = Promise.withResolvers<void>();
    rig.held = promise;
    const told = rig.told();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await told).toBe(TIMED_OUT);
    resolve();
    await vi.runAllTimersAsync();
    expect(rig.lines.map(({ event }) => event)).toEqual(['request', 'request.late']);
    vi.useRealTimers();
  });
});

describe('an operation that may make an RSA key', () => {
  it.for([
    { operation: 'CreateKey', body: { KeySpec: 'RSA_4096', KeyUsage: 'SIGN_VERIFY' } },
    { operation: 'GenerateDataKeyPair', body: { KeyId: 'a', KeyPairSpec: 'RSA_4096' } },
    { operation: 'GenerateDataKeyPairWithoutPlaintext', body: { KeyId: 'a', KeyPairSpec: 'RSA_4096' } },
  ])('is waited for longer than others: $operation', async (ask) => {
    vi.useFakeTimers();
    const rig = new KmsRig({ keyMakingMs: 40_000 });
    const { promise, resolve } = Promise.withResolvers<void>();
    rig.held = promise;
    const told = rig.told(ask);
    await vi.advanceTimersByTimeAsync(49_999);
    resolve();
    expect(await told).toBe('200');
    vi.useRealTimers();
  });
});

describe('a request that is none of the API', () => {
  test.for([
    { what: 'another target', ask: { operation: 'Nothing' } },
    { what: 'a name of JavaScript', ask: { operation: '__proto__' } },
    { what: 'no target', ask: { headers: { 'X-Amz-Target': undefined } } },
    { what: 'another path', ask: { path: '/service/TrentService/operation/ListKeys' } },
    { what: 'another method', ask: { method: 'PUT' } },
  ])('is an UnknownOperationException: $what', async ({ ask }) => {
    expect(await new KmsRig().told(ask)).toMatch(/^400 UnknownOperationException/);
  });

  it('may not be longer than the cap', async () => {
    const rig = new KmsRig({ bodyBytes: 100 });
    const answer = await rig.ask({ body: { Marker: 'x'.repeat(100) } });
    expect(answer.status).toBe(413);
    expect(answer.json).toEqual({
      __type: 'RequestEntityTooLargeException',
      message: 'The request body has more than 100 bytes.',
    });
    expect(answer.options.close).toBe(true);
  });

  it('must arrive', async () => {
    const told = await new KmsRig().told({ failBody: new BodyIncomplete() });
    expect(told).toBe('400 MalformedHttpRequestException: The request ended before its body was complete.');
  });
});

describe('GET /ping', () => {
  it('answers without a signature', async () => {
    const answer = await new KmsRig().ask({ unsigned: true, method: 'GET', path: '/ping' });
    expect(answer).toMatchObject({ status: 200, body: '{"status":"ok"}' });
  });

  it('knows no other method', async () => {
    const answer = await new KmsRig().ask({ path: '/ping' });
    expect(answer).toMatchObject({ status: 405, body: '{"__type":"UnknownOperationException"}' });
    expect(answer.options.contentType).toBe('application/x-amz-json-1.1');
    expect(answer.options.headers).toMatchObject({ Allow: 'GET, HEAD' });
    expect(answer.options.headers?.['x-amzn-RequestId']).toMatch(/^[0-9a-f-]{36}$/);
  });
});
