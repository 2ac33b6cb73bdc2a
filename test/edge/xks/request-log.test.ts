import { afterEach, describe, expect, it, test, vi } from 'vitest';
import { HsmFault } from '../../../src/domain/hsm-fault.ts';
import { SECRET_ACCESS_KEY } from '../../unit/domain/xks/samples.ts';
import {
  AAD,
  DECRYPT,
  decryptBody,
  encryptBody,
  HEALTH,
  HEALTH_METADATA,
  METADATA,
  PLAINTEXT,
  proxyRig,
} from './rig.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('the request log', () => {
  it('mistake 11: X-70: one line at info says who asked for what, how it ended and how long it took', async () => {
    const rig = proxyRig();
    rig.hsm.before = () => {
      rig.monotonicMs += 2;
    };
    await rig.ask({
      body: encryptBody({
        requestMetadata: {
          ...METADATA,
          kmsViaService: 'ebs',
          awsSourceVpc: 'vpc-1',
          awsSourceVpce: 'vpce-1',
          sourceIdentity: 'x',
        },
      }),
    });
    expect(rig.lines).toEqual([
      {
        level: 'info',
        event: 'request',
        fields: {
          kmsRequestId: 'request-1',
          operation: 'Encrypt',
          pathPrefix: '/one',
          externalKeyId: 'foo',
          region: 'us-east-1',
          accessKeyId: 'PORTCULLISTESTKEYAAAAAAA',
          kmsOperation: 'Encrypt',
          awsPrincipalArn: 'arn:aws:iam::123456789012:user/Alice',
          kmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/k1',
          kmsViaService: 'ebs',
          awsSourceVpc: 'vpc-1',
          awsSourceVpce: 'vpce-1',
          otherMetadata: { sourceIdentity: 'x' },
          token: 'soft',
          keyGeneration: 0,
          remoteAddress: '192.0.2.7',
          outcome: 'success',
          status: 200,
          host: 4711,
          durations: { totalMs: 4, queueMs: 2, tokenMs: 4 },
        },
      },
    ]);
  });

  it('X-70: health has no key, no token and no token time', async () => {
    const rig = proxyRig();
    await rig.ask({ path: HEALTH, body: { requestMetadata: HEALTH_METADATA } });
    expect(rig.lastLine()).toMatchObject({
      kmsRequestId: 'request-2',
      operation: 'GetHealthStatus',
      outcome: 'success',
      durations: { totalMs: 0 },
    });
    expect(Object.keys(rig.lastLine())).not.toContain('externalKeyId');
    expect(Object.keys(rig.lastLine())).not.toContain('token');
  });

  it('X-68: a denial names the statement that denied', async () => {
    const statement = { sid: 'no-alice', effect: 'DENY', principals: ['*:user/Alice'] } as const;
    const rig = proxyRig({ store: { policy: { default: 'ALLOW', statements: [statement] } } });
    const answer = await rig.ask();
    expect(rig.lines.map(({ level }) => level)).toEqual(['warn']);
    expect(rig.lastLine()).toMatchObject({
      kmsRequestId: 'request-1',
      awsPrincipalArn: 'arn:aws:iam::123456789012:user/Alice',
      outcome: 'error',
      status: 403,
      errorName: 'AccessDeniedException',
      stage: 'policy',
      deniedBy: 'no-alice',
      statement,
    });
    expect(answer.body).not.toContain('no-alice');
  });

  it('X-70: a bad field does not hide who sent it', async () => {
    const rig = proxyRig();
    await rig.ask({ body: encryptBody({ plaintext: '*' }) });
    expect(rig.lastLine()).toMatchObject({
      kmsRequestId: 'request-1',
      errorName: 'ValidationException',
      detail: 'plaintext must be Base64 of RFC 4648 section 4: standard alphabet, padded, no white space.',
      stage: 'fields',
    });
  });

  it('X-17: what is not authenticated is not believed: no metadata, no caller, but the reason', async () => {
    const rig = proxyRig();
    await rig.ask({ secret: 'wrong' });
    expect(rig.lastLine()).toMatchObject({
      operation: 'Encrypt',
      pathPrefix: '/one',
      status: 401,
      errorName: 'AuthenticationFailedException',
      reason: 'bad-signature',
    });
    expect(Object.keys(rig.lastLine())).not.toContain('accessKeyId');
    expect(Object.keys(rig.lastLine())).not.toContain('awsPrincipalArn');
  });

  it('X-70: a refused signature is logged with the credential that it claims, and the Regions that are served', async () => {
    const rig = proxyRig();
    const answer = await rig.ask({ region: 'eu-west-1' });
    expect(rig.lastLine()).toMatchObject({
      reason: 'scope-mismatch',
      claimedAccessKeyId: 'PORTCULLISTESTKEYAAAAAAA',
      claimedRegion: 'eu-west-1',
      servedRegions: ['us-east-1'],
    });
    expect(answer.body).not.toContain('us-east-1');
  });

  test.for([
    { what: 'a secret access key', accessKeyId: 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ' },
    { what: 'something short', accessKeyId: 'SHORT' },
  ])('X-69: $what in place of the access key id stays out of the log', async ({ accessKeyId }) => {
    const rig = proxyRig();
    await rig.ask({ accessKeyId });
    expect(rig.lastLine()).toMatchObject({ status: 401, claimedRegion: 'us-east-1' });
    expect(JSON.stringify(rig.lines)).not.toContain(accessKeyId);
  });

  it('X-70: a request without a signature claims nothing', async () => {
    const rig = proxyRig();
    await rig.ask({ unsigned: true });
    expect(rig.lastLine()).toMatchObject({ status: 401, reason: 'missing-authorization' });
    expect(Object.keys(rig.lastLine()).filter((name) => name.startsWith('claimed'))).toEqual([]);
  });

  it('X-70: of requests that nobody has authenticated ten a second are written, the others counted', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const rig = proxyRig();
    for (let sent = 0; sent < 8; sent += 1) await rig.ask({ secret: 'wrong' });
    for (let sent = 0; sent < 8; sent += 1) await rig.ask({ path: '/nowhere', unsigned: true });
    await rig.ask();
    expect(rig.lines.map(({ level, fields }) => `${level} ${fields['status']}`)).toEqual([
      ...Array(8).fill('warn 401'),
      ...Array(2).fill('info 404'),
      'info 200',
    ]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(rig.lines.at(-1)).toEqual({
      level: 'warn',
      event: 'log.suppressed',
      fields: { listener: 'proxy', lines: 6 },
    });
    await rig.ask({ secret: 'wrong' });
    expect(rig.lastLine()).toMatchObject({ status: 401 });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(rig.lines).toHaveLength(13);
    expect(rig.measures).toHaveLength(18);
  });

  it('X-55: an unknown path is logged as it came, cut, and measured without a label of its own', async () => {
    const rig = proxyRig();
    await rig.ask({ path: `/${'x'.repeat(1000)}`, method: 'GET', unsigned: true });
    expect(rig.lastLine()).toMatchObject({
      operation: 'unknown',
      method: 'GET',
      rawUrl: `/${'x'.repeat(511)}`,
    });
    expect(rig.measures).toEqual([
      { operation: 'unknown', pathPrefix: 'unknown', errorName: 'InvalidUriPathException', seconds: 0 },
    ]);
  });

  it('X-70: a failing token is an error, with the cause that the client is not told', async () => {
    const rig = proxyRig();
    const cause = new HsmFault('denied', 'the login was lost', { cause: new RangeError('CKR 0x101') });
    rig.hsm.failOn({ operation: 'seal' }, new HsmFault('internal', 'the token failed', { cause }));
    const answer = await rig.ask();
    expect(rig.lines.map(({ level }) => level)).toEqual(['error']);
    expect(rig.lastLine()).toMatchObject({ reason: 'internal', stage: 'operation', status: 500 });
    expect(rig.lastLine()['cause']).toContain('HsmFault denied: the login was lost <- RangeError: CKR 0x101');
    expect(answer.body).not.toContain('CKR');
  });

  test.for([
    { thrown: new TypeError('unforeseen'), cause: 'TypeError: unforeseen\n' },
    { thrown: 'a text', cause: 'a string was thrown' },
  ])('X-70: what nobody foresaw is logged with what is known of it', async ({ thrown, cause }) => {
    const rig = proxyRig();
    rig.hsm.failOn({ operation: 'seal' }, thrown);
    await rig.ask();
    expect(rig.lastLine()['cause']).toContain(cause);
  });

  it('X-35 X-70: a failed check of a new ciphertext is logged as one', async () => {
    const rig = proxyRig();
    rig.hsm.alterOpened = (plaintext) => plaintext.subarray(1);
    await rig.ask({ body: encryptBody({ ciphertextDataIntegrityValueAlgorithm: 'SHA_256' }) });
    expect(rig.lines.map(({ level }) => level)).toEqual(['error']);
    expect(rig.lastLine()).toMatchObject({ errorName: 'InternalException', integrityCheck: 'failed' });
  });

  it('X-69: no plaintext, ciphertext, associated data, signature or secret is ever in a line', async () => {
    const rig = proxyRig();
    const sealed = await rig.ask();
    await rig.ask({ path: DECRYPT, body: decryptBody(sealed.json) });
    await rig.ask({ path: DECRYPT, body: decryptBody() });
    await rig.ask({ secret: 'wrong' });
    const text = JSON.stringify(rig.lines);
    expect(rig.lines.filter(({ event }) => event === 'request')).toHaveLength(4);
    const opened = Buffer.from(PLAINTEXT, 'base64').toString();
    for (const hidden of [
      PLAINTEXT,
      opened,
      sealed.json.ciphertext,
      AAD,
      'project=nile',
      SECRET_ACCESS_KEY,
      'Signature',
    ]) {
      expect(text).not.toContain(hidden);
    }
  });

  it('X-70: every answer is measured once', async () => {
    const rig = proxyRig();
    rig.hsm.before = () => {
      rig.monotonicMs += 500;
    };
    await rig.ask();
    await rig.ask({ path: DECRYPT, body: decryptBody() });
    await rig.ask({ unsigned: true });
    expect(rig.measures).toEqual([
      { operation: 'Encrypt', pathPrefix: '/one', errorName: '', seconds: 1 },
      { operation: 'Decrypt', pathPrefix: '/one', errorName: 'InvalidCiphertextException', seconds: 1 },
      { operation: 'Encrypt', pathPrefix: '/one', errorName: 'AuthenticationFailedException', seconds: 0 },
    ]);
  });
});
