import { describe, expect, it, vi } from 'vitest';
import { Secret } from '../../../src/domain/secret.ts';
import { SigningKeyCache } from '../../../src/sigv4/signing-key-cache.ts';
import { SigV4Fault } from '../../../src/sigv4/sigv4-fault.ts';
import { verifySignature } from '../../../src/sigv4/verify.ts';
import {
  ACCESS_KEY_ID,
  AMZ_DATE,
  NOW_MS,
  SECRET_ACCESS_KEY,
  type SentRequest,
  type Signing,
  signedRequest,
} from './reference-signer.ts';
import { fault, verifyOptions } from './verification.ts';

const HOST = ['host', 'proxy.example.com'] as const;
const DATE = ['x-amz-date', AMZ_DATE] as const;
/** SHA-256 of the empty text. */
const EMPTY_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

describe('a signature', () => {
  it('X-61 X-63: verifies and names its caller, Region and signed headers', () => {
    expect(verifySignature(signedRequest(), verifyOptions())).toEqual({
      accessKeyId: ACCESS_KEY_ID,
      region: 'us-east-1',
      signedHeaders: ['host', 'x-amz-date'],
    });
  });

  it.for([
    { what: 'elements without spaces between', changes: { separator: ',' } },
    {
      what: 'more signed headers',
      changes: {
        signedHeaders: [['accept', '*/*'], ['content-length', '2'], HOST, ['user-agent', 'x'], DATE],
      },
    },
    { what: 'an empty signed header', changes: { signedHeaders: [HOST, ['te', ''], DATE] } },
    {
      what: 'an unsigned header twice',
      changes: { rawHeaders: [...HOST, ...DATE, 'Accept', 'a', 'Accept', 'b'] },
    },
    {
      what: 'a header of UTF-8 bytes',
      changes: { signedHeaders: [HOST, ['x-amz-date', AMZ_DATE], ['x-name', '\xc3\xa4']] },
    },
    { what: 'an absolute-form target', changes: { rawUrl: 'http://proxy.example.com/kms/xks/v1/health' } },
    {
      what: 'an absolute-form target with another host',
      changes: { rawUrl: 'http://other.example.com/kms/xks/v1/health' },
    },
    { what: 'a query', changes: { rawUrl: '/kms/xks/v1/health?b=2&a=%2f', canonicalQuery: 'a=%2F&b=2' } },
    {
      what: 'a percent sign in the path, encoded twice',
      changes: { rawUrl: '/a%20b', canonicalUri: '/a%2520b' },
    },
    { what: 'no body', changes: { body: new Uint8Array(0) } },
    {
      what: 'the hash of the body signed',
      changes: { body: new Uint8Array(0), signedHeaders: [HOST, ['x-amz-content-sha256', EMPTY_HASH], DATE] },
    },
    {
      what: 'an unsigned wrong hash of the body',
      changes: { rawHeaders: [...HOST, ...DATE, 'X-Amz-Content-Sha256', EMPTY_HASH] },
    },
    {
      what: "HTTP/2's :authority signed as host",
      changes: { rawHeaders: [':authority', 'proxy.example.com', ...DATE] },
    },
    {
      what: "HTTP/2's :authority signed under its own name",
      changes: { signedHeaders: [[':authority', 'proxy.example.com'], DATE] },
    },
  ] satisfies { what: string; changes: Partial<Signing> }[])('X-63: with $what verifies', ({ changes }) => {
    expect(verifySignature(signedRequest(changes), verifyOptions()).accessKeyId).toBe(ACCESS_KEY_ID);
  });

  it.for([1, 20, 52, 128])('X-65: of an access key id of %i characters verifies', (length) => {
    const accessKeyId = 'A'.repeat(length);
    const options = verifyOptions({ secretFor: () => new Secret(SECRET_ACCESS_KEY) });
    expect(verifySignature(signedRequest({ accessKeyId }), options).accessKeyId).toBe(accessKeyId);
  });

  it.for(['us-east-1', 'eu-central-1', 'ap-southeast-2'])(
    'X-63: of %s verifies where several Regions are served',
    (region) => {
      const sent = signedRequest({ scope: `20260301/${region}/kms-xks-proxy/aws4_request` });
      const options = verifyOptions({ regions: ['us-east-1', 'eu-central-1', 'ap-southeast-2'] });
      expect(verifySignature(sent, options).region).toBe(region);
    },
  );

  it('X-63: of any Region verifies where any is served', () => {
    const sent = signedRequest({ scope: '20260301/mars-north-1/kms-xks-proxy/aws4_request' });
    expect(verifySignature(sent, verifyOptions({ regions: 'any' })).region).toBe('mars-north-1');
  });

  it('X-66: of either of two live credentials verifies, and a withdrawn one at once no longer', () => {
    const secrets = new Map([
      ['OLD', new Secret('old-secret')],
      ['NEW', new Secret('new-secret')],
    ]);
    const options = verifyOptions({ secretFor: (accessKeyId) => secrets.get(accessKeyId) });
    const old = signedRequest({ accessKeyId: 'OLD', secretAccessKey: 'old-secret' });
    const young = signedRequest({ accessKeyId: 'NEW', secretAccessKey: 'new-secret' });
    expect(verifySignature(old, options).accessKeyId).toBe('OLD');
    expect(verifySignature(young, options).accessKeyId).toBe('NEW');
    secrets.delete('OLD');
    expect(() => verifySignature(old, options)).toThrow(fault('unknown-access-key'));
    expect(verifySignature(young, options).accessKeyId).toBe('NEW');
  });

  it('mistake 14: several credentials and several Regions are live in one process at the same time', () => {
    const secrets = new Map([
      ['OLD', new Secret('old-secret')],
      ['NEW', new Secret('new-secret')],
    ]);
    const options = verifyOptions({
      regions: ['us-east-1', 'eu-central-1'],
      secretFor: (accessKeyId) => secrets.get(accessKeyId),
    });
    const sent = [
      signedRequest({ accessKeyId: 'OLD', secretAccessKey: 'old-secret' }),
      signedRequest({
        accessKeyId: 'NEW',
        secretAccessKey: 'new-secret',
        scope: '20260301/eu-central-1/kms-xks-proxy/aws4_request',
      }),
    ];
    expect(sent.map((request) => verifySignature(request, options))).toMatchObject([
      { accessKeyId: 'OLD', region: 'us-east-1' },
      { accessKeyId: 'NEW', region: 'eu-central-1' },
    ]);
  });

  it('X-66: verifies under the new secret of its access key id, and under the old one no longer', () => {
    const signingKeys = new SigningKeyCache();
    const before = verifyOptions({ signingKeys });
    const after = verifyOptions({ signingKeys, secretFor: () => new Secret('rotated') });
    expect(verifySignature(signedRequest(), before).accessKeyId).toBe(ACCESS_KEY_ID);
    expect(() => verifySignature(signedRequest(), after)).toThrow(fault('bad-signature'));
    expect(verifySignature(signedRequest({ secretAccessKey: 'rotated' }), after).accessKeyId).toBe(
      ACCESS_KEY_ID,
    );
  });
});

describe('a request is refused', () => {
  it.for([
    {
      code: 'missing-authorization',
      what: 'without an Authorization header',
      request: without('Authorization'),
    },
    {
      code: 'malformed-authorization',
      what: 'with two Authorization headers',
      request: plus('authorization', 'AWS4-HMAC-SHA256 x'),
    },
    {
      code: 'malformed-authorization',
      what: 'with basic authentication',
      request: plus('Authorization', 'Basic eA==', without('Authorization')),
    },
    { code: 'missing-date', what: 'without X-Amz-Date', request: without('x-amz-date') },
    { code: 'malformed-date', what: 'with two X-Amz-Date headers', request: plus('X-AMZ-DATE', AMZ_DATE) },
    {
      code: 'malformed-date',
      what: 'on 30 February',
      request: signedRequest({ amzDate: '20260230T120000Z' }),
    },
    { code: 'skew-past', what: 'from 2015', request: signedRequest({ amzDate: '20150830T123600Z' }) },
    { code: 'skew-future', what: 'from 2030', request: signedRequest({ amzDate: '20300830T123600Z' }) },
    {
      code: 'scope-mismatch',
      what: 'with a scope of yesterday',
      request: signedRequest({ scope: '20260228/us-east-1/kms-xks-proxy/aws4_request' }),
    },
    {
      code: 'scope-mismatch',
      what: 'of another Region',
      request: signedRequest({ scope: '20260301/us-east-2/kms-xks-proxy/aws4_request' }),
    },
    {
      code: 'scope-mismatch',
      what: 'for another service',
      request: signedRequest({ scope: '20260301/us-east-1/kms/aws4_request' }),
    },
    {
      code: 'scope-mismatch',
      what: 'with another terminator',
      request: signedRequest({ scope: '20260301/us-east-1/kms-xks-proxy/aws4' }),
    },
    {
      code: 'unknown-access-key',
      what: 'of an unknown access key id',
      request: signedRequest({ accessKeyId: 'NOBODY' }),
    },
    {
      code: 'missing-signed-header',
      what: 'whose date is not signed',
      request: signedRequest({ signedHeaders: [HOST], rawHeaders: [...HOST, ...DATE] }),
    },
    {
      code: 'missing-signed-header',
      what: 'whose signed header did not arrive',
      request: signedRequest({ signedHeaders: [HOST, ['via', 'x'], DATE], rawHeaders: [...HOST, ...DATE] }),
    },
    { code: 'missing-signed-header', what: 'whose host did not arrive', request: without('host') },
    { code: 'malformed-header', what: 'with two Host headers', request: plus('HOST', 'proxy.example.com') },
    {
      code: 'malformed-header',
      what: 'with both Host and :authority',
      request: plus(':authority', 'proxy.example.com'),
    },
    {
      code: 'malformed-header',
      what: 'with a signed character that is no byte',
      request: signedRequest({ signedHeaders: [HOST, DATE, ['x-name', '\u0141']] }),
    },
    { code: 'malformed-uri', what: 'with a fragment', request: signedRequest({ rawUrl: '/a#b' }) },
    {
      code: 'malformed-uri',
      what: 'with half a percent triplet',
      request: signedRequest({ rawUrl: '/a%4' }),
    },
    {
      code: 'payload-mismatch',
      what: 'with an unsigned payload',
      request: signedRequest({ signedHeaders: [HOST, ['x-amz-content-sha256', 'UNSIGNED-PAYLOAD'], DATE] }),
    },
    {
      code: 'payload-mismatch',
      what: 'with the hash of another body',
      request: signedRequest({ signedHeaders: [HOST, ['x-amz-content-sha256', EMPTY_HASH], DATE] }),
    },
    {
      code: 'bad-signature',
      what: 'of another secret',
      request: signedRequest({ secretAccessKey: 'another' }),
    },
    {
      code: 'bad-signature',
      what: 'whose path was changed',
      request: { ...signedRequest(), rawUrl: '/other' },
    },
    {
      code: 'bad-signature',
      what: 'whose query was added',
      request: { ...signedRequest(), rawUrl: '/kms/xks/v1/health?a' },
    },
    {
      code: 'bad-signature',
      what: 'whose method was changed',
      request: { ...signedRequest(), method: 'GET' },
    },
    {
      code: 'bad-signature',
      what: 'whose body was changed',
      request: { ...signedRequest(), body: Buffer.from('{}') },
    },
    {
      code: 'bad-signature',
      what: 'whose path is encoded once',
      request: signedRequest({ rawUrl: '/a%20b', canonicalUri: '/a%20b' }),
    },
  ] as const)('X-61 X-63 X-64: $what, as $code', ({ code, request }) => {
    expect(() => verifySignature(request, verifyOptions())).toThrow(fault(code));
  });

  it.for([
    { nowMs: NOW_MS + 300_000, verdict: 'accepted' },
    { nowMs: NOW_MS + 300_001, verdict: 'skew-past' },
    { nowMs: NOW_MS - 300_000, verdict: 'accepted' },
    { nowMs: NOW_MS - 300_001, verdict: 'skew-future' },
  ])('X-64: at the clock $nowMs the verdict is $verdict', ({ nowMs, verdict }) => {
    expect(verdictOf(signedRequest(), nowMs)).toBe(verdict);
  });

  it('X-64: across midnight UTC the scope follows X-Amz-Date, not the clock', () => {
    expect(verdictOf(signedRequest({ amzDate: '20260228T235959Z' }), Date.UTC(2026, 2, 1, 0, 1))).toBe(
      'accepted',
    );
  });

  it('X-61: with one bit of the signature changed, whichever it is', () => {
    const sent = signedRequest();
    const options = verifyOptions();
    for (let digit = 1; digit <= 64; digit += 1) {
      const rawHeaders = sent.rawHeaders.with(-1, withChangedDigit(String(sent.rawHeaders.at(-1)), digit));
      expect(() => verifySignature({ ...sent, rawHeaders }, options)).toThrow(fault('bad-signature'));
    }
  });
});

describe('what a refusal tells', () => {
  it('X-61: an unknown access key id and a bad signature read alike', () => {
    const unknown = faultOf(signedRequest({ accessKeyId: 'NOBODY' }));
    const bad = faultOf(signedRequest({ secretAccessKey: 'another' }));
    expect([unknown.code, bad.code]).toEqual(['unknown-access-key', 'bad-signature']);
    expect(unknown.detail).toBe(bad.detail);
  });

  it('X-61: neither the secret nor the expected signature', () => {
    const expected = String(signedRequest().rawHeaders.at(-1)).slice(-64);
    const bad = faultOf({ ...signedRequest({ secretAccessKey: 'another' }) });
    expect(`${bad.message} ${bad.stack} ${JSON.stringify(bad)}`).not.toContain(expected);
    expect(`${bad.message} ${bad.stack} ${JSON.stringify(bad)}`).not.toContain(SECRET_ACCESS_KEY);
  });

  it('X-61: an unknown access key id takes the same steps, and leaves one entry in the cache however many ask', () => {
    const signingKeys = new SigningKeyCache();
    const keyFor = vi.spyOn(signingKeys, 'keyFor');
    const options = verifyOptions({ signingKeys });
    for (const accessKeyId of ['NOBODY1', 'NOBODY2', 'NOBODY3']) {
      expect(() => verifySignature(signedRequest({ accessKeyId }), options)).toThrow(
        fault('unknown-access-key'),
      );
    }
    expect(keyFor).toHaveBeenCalledTimes(3);
    expect(signingKeys.size).toBe(1);
  });

  it('X-61: a signature with the stand-in secret of unknown access key ids opens nothing', () => {
    const signingKeys = new SigningKeyCache();
    const keyFor = vi.spyOn(signingKeys, 'keyFor');
    const options = verifyOptions({ signingKeys });
    expect(() => verifySignature(signedRequest({ accessKeyId: 'NOBODY' }), options)).toThrow(SigV4Fault);
    const standIn = String(keyFor.mock.calls[0]?.[0].secret.reveal());
    const forged = signedRequest({ accessKeyId: 'NOBODY', secretAccessKey: standIn });
    expect(verifySignature(forged, { ...options, secretFor: () => new Secret(standIn) }).accessKeyId).toBe(
      'NOBODY',
    );
    expect(() => verifySignature(forged, options)).toThrow(fault('unknown-access-key'));
  });

  it('X-63: which service is expected; the Regions of the key store only to the log', () => {
    const region = faultOf(signedRequest({ scope: '20260301/us-east-2/kms-xks-proxy/aws4_request' }));
    const service = faultOf(signedRequest({ scope: '20260301/us-east-1/kms/aws4_request' }));
    expect(region.detail).toBe('The credential scope names a Region that is not served here.');
    expect(region.logFields).toEqual({ servedRegions: ['us-east-1'] });
    expect(service.detail).toBe('The credential scope names another service; expected kms-xks-proxy.');
  });
});

function without(name: string): SentRequest {
  const sent = signedRequest();
  const at = sent.rawHeaders.indexOf(name);
  return { ...sent, rawHeaders: sent.rawHeaders.toSpliced(at, 2) };
}

function plus(name: string, value: string, sent = signedRequest()): SentRequest {
  return { ...sent, rawHeaders: [...sent.rawHeaders, name, value] };
}

function verdictOf(sent: SentRequest, nowMs: number): string {
  try {
    verifySignature(sent, verifyOptions({ nowMs }));
    return 'accepted';
  } catch (error) {
    return (error as SigV4Fault).code;
  }
}

function faultOf(sent: SentRequest): SigV4Fault {
  try {
    verifySignature(sent, verifyOptions());
  } catch (error) {
    return error as SigV4Fault;
  }
  throw new Error('the request was accepted');
}

/** Flips the lowest bit of one digit, counted from the end. */
function withChangedDigit(header: string, fromEnd: number): string {
  const at = header.length - fromEnd;
  const digit = Number.parseInt(header.charAt(at), 16) ^ 1;
  return header.slice(0, at) + digit.toString(16) + header.slice(at + 1);
}
