import aws4 from 'aws4';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/domain/secret.ts';
import { SigningKeyCache } from '../../../src/sigv4/signing-key-cache.ts';
import { type ReceivedRequest, type VerifyOptions, verifySignature } from '../../../src/sigv4/verify.ts';
import { fault } from './verification.ts';

const REGIONS = ['us-east-1', 'eu-central-1', 'ap-southeast-2', 'us-gov-west-1'];
const SECRET_CHARACTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/='];
const ID_CHARACTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'];

/** Characters that no one encodes, that everyone encodes, and percent triplets. */
const pathPiece = fc.constantFrom(
  'a',
  'Z',
  '0',
  '-',
  '_',
  '.',
  '~',
  '/',
  '//',
  '/./',
  '/../',
  '!',
  '*',
  "'",
  '(',
  '$',
  ':',
  '@',
  ',',
  '%20',
  '%2F',
  '%c3%a4',
  '%25',
);
const queryPiece = fc.constantFrom(
  'a',
  'b',
  'A',
  '0',
  '-',
  '~',
  '!',
  '*',
  "'",
  '(',
  ')',
  '/',
  ':',
  '%20',
  '%2B',
  '%26',
  '%3d',
  '%C3%A4',
);
const queryPair = fc
  .tuple(fc.array(queryPiece, { minLength: 1, maxLength: 4 }), fc.array(queryPiece, { maxLength: 4 }))
  .map(([name, value]) => `${name.join('')}=${value.join('')}`);

const generated = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
  path: fc.array(pathPiece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`),
  query: fc.array(queryPair, { maxLength: 5 }).map((pairs) => pairs.join('&')),
  headers: fc.dictionary(
    fc.constantFrom('Content-Type', 'X-Custom', 'x-amz-target', 'Accept-Language', 'Via'),
    fc
      .array(fc.constantFrom('a', 'B', ' ', '  ', '\t', ',', ';', '"', 'x'), { maxLength: 8 })
      .map((p) => `v${p.join('')}`),
  ),
  body: fc.string({ unit: 'binary', maxLength: 60 }),
  secret: fc.string({ unit: fc.constantFrom(...SECRET_CHARACTERS), minLength: 43, maxLength: 64 }),
  accessKeyId: fc.string({ unit: fc.constantFrom(...ID_CHARACTERS), minLength: 1, maxLength: 128 }),
  region: fc.constantFrom(...REGIONS),
  epochSeconds: fc.integer({ min: 1_400_000_000, max: 4_000_000_000 }),
});
type Generated = typeof generated extends fc.Arbitrary<infer Value> ? Value : never;

describe('requests that the aws4 package signs', () => {
  it('X-61: are accepted', () => {
    fc.assert(
      fc.property(generated, (request) => {
        const caller = verifySignature(signedByAws4(request), optionsFor(request));
        expect(caller).toMatchObject({ accessKeyId: request.accessKeyId, region: request.region });
        expect(caller.signedHeaders).toEqual(expect.arrayContaining(['host', 'x-amz-date']));
      }),
      { numRuns: 500 },
    );
  });

  it('X-61: are refused under another secret', () => {
    fc.assert(
      fc.property(generated, (request) => {
        const otherSecret = { ...request, secret: `${request.secret}x` };
        expect(() => verifySignature(signedByAws4(request), optionsFor(otherSecret))).toThrow(
          fault('bad-signature'),
        );
      }),
    );
  });

  it('X-61: of S3, whose path is encoded once and not normalised, are accepted under its rules', () => {
    const signed = aws4.sign(
      {
        method: 'GET',
        path: '/bucket//a%20b/./%C3%A4',
        service: 's3',
        region: 'us-east-1',
        headers: { Host: 's3.example.com', 'X-Amz-Date': '20260301T120000Z' },
      },
      { accessKeyId: 'A', secretAccessKey: 'S' },
    );
    const request = received('GET', '/bucket//a%20b/./%C3%A4', signed.headers, '');
    const options: VerifyOptions = {
      service: 's3',
      regions: 'any',
      nowMs: 1_772_366_400_000,
      maxSkewMs: 0,
      secretFor: () => new Secret('S'),
      signingKeys: new SigningKeyCache(),
    };
    const pathRules = { normalize: false, encodeTwice: false };
    expect(verifySignature(request, { ...options, pathRules }).region).toBe('us-east-1');
    expect(() => verifySignature(request, options)).toThrow(fault('bad-signature'));
  });
});

function signedByAws4(request: Generated): ReceivedRequest {
  const rawUrl = request.query === '' ? request.path : `${request.path}?${request.query}`;
  const signed = aws4.sign(
    {
      method: request.method,
      path: rawUrl,
      body: request.body,
      service: 'kms-xks-proxy',
      region: request.region,
      headers: { ...request.headers, Host: 'proxy.example.com', 'X-Amz-Date': amzDate(request.epochSeconds) },
    },
    { accessKeyId: request.accessKeyId, secretAccessKey: request.secret },
  );
  return received(request.method, rawUrl, signed.headers, request.body);
}

function received(
  method: string,
  rawUrl: string,
  headers: object | undefined,
  body: string,
): ReceivedRequest {
  const rawHeaders = Object.entries(headers ?? {}).flatMap(([name, value]) => [name, String(value)]);
  return { method, rawUrl, rawHeaders, body: Buffer.from(body, 'utf8') };
}

function optionsFor(request: Generated): VerifyOptions {
  return {
    service: 'kms-xks-proxy',
    regions: REGIONS,
    nowMs: request.epochSeconds * 1000,
    maxSkewMs: 0,
    secretFor: () => new Secret(request.secret),
    signingKeys: new SigningKeyCache(),
  };
}

function amzDate(epochSeconds: number): string {
  return new Date(epochSeconds * 1000).toISOString().replace(/[-:]|\.000/g, '');
}
