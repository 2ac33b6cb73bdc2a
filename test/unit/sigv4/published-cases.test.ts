import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/domain/secret.ts';
import { parseAuthorization } from '../../../src/sigv4/authorization-header.ts';
import { canonicalRequest } from '../../../src/sigv4/canonical-request.ts';
import { collectHeaders } from '../../../src/sigv4/received-headers.ts';
import { SigningKeyCache } from '../../../src/sigv4/signing-key-cache.ts';
import { stringToSign } from '../../../src/sigv4/string-to-sign.ts';
import { type ReceivedRequest, type VerifyOptions, verifySignature } from '../../../src/sigv4/verify.ts';
import { fault } from './verification.ts';

interface PublishedRequest {
  readonly name: string;
  readonly method: string;
  readonly rawUrl: string;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

interface PublishedCase extends PublishedRequest {
  readonly normalize: boolean;
  readonly canonicalRequest: string;
  readonly stringToSign: string;
  readonly signature: string;
}

interface PublishedSuite {
  readonly origin: { readonly repository: string; readonly path: string; readonly licence: string };
  readonly context: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly cases: readonly PublishedCase[];
  readonly leftOut: readonly { readonly name: string; readonly reason: string }[];
  readonly refused: PublishedRequest & { readonly code: 'payload-mismatch' };
}

const suite: PublishedSuite = JSON.parse(
  readFileSync(new URL('../../fixtures/sigv4/aws-c-auth-v4.json', import.meta.url), 'utf8'),
);
const secret = new Secret(suite.context.secretAccessKey);

describe('the published AWS SigV4 cases', () => {
  it('X-61: 37 cases are used and 2 are left out, each with its reason', () => {
    expect(suite.origin).toMatchObject({ repository: 'awslabs/aws-c-auth', licence: 'Apache-2.0' });
    expect(new Set(suite.cases.map(({ name }) => name)).size).toBe(37);
    expect(suite.leftOut.map(({ name }) => name)).toEqual([
      'get-header-value-multiline',
      'post-unsigned-payload',
    ]);
    expect(suite.leftOut.filter(({ reason }) => reason.length < 40)).toEqual([]);
  });

  it.for(suite.cases)('X-61: $name has the published canonical request', (published) => {
    expect(canonical(published)).toBe(published.canonicalRequest);
  });

  it.for(suite.cases)('X-61: $name has the published string to sign', (published) => {
    const { scope } = authorizationOf(published);
    expect(stringToSign('20150830T123600Z', scope, canonical(published))).toBe(published.stringToSign);
  });

  it.for(suite.cases)('X-61: $name is accepted with the published signature', (published) => {
    expect(authorizationOf(published).signature).toBe(published.signature);
    expect(verifySignature(received(published), options(published.normalize))).toMatchObject({
      accessKeyId: 'AKIDEXAMPLE',
      region: 'us-east-1',
    });
  });

  it.for(suite.cases)('X-61: $name is refused with one digit of the signature changed', (published) => {
    const request = received(published);
    const rawHeaders = request.rawHeaders.map((text) => text.replace(/(Signature=.{63})(.)$/, changedDigit));
    expect(rawHeaders).not.toEqual(request.rawHeaders);
    expect(() => verifySignature({ ...request, rawHeaders }, options(published.normalize))).toThrow(
      fault('bad-signature'),
    );
  });

  it.for(suite.cases)('X-61: $name is refused with another method, path, host or body', (published) => {
    const request = received(published);
    const changed: ReceivedRequest[] = [
      { ...request, method: 'PUT' },
      { ...request, rawUrl: `/x${request.rawUrl}` },
      {
        ...request,
        rawHeaders: request.rawHeaders.map((text) => text.replace('example.amazonaws', 'other.amazonaws')),
      },
    ];
    for (const request of changed) {
      expect(() => verifySignature(request, options(published.normalize))).toThrow(fault('bad-signature'));
    }
    const otherBody = { ...request, body: Buffer.concat([request.body, Buffer.of(0)]) };
    expect(() => verifySignature(otherBody, options(published.normalize))).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^(bad-signature|payload-mismatch)$/) }),
    );
  });

  it('X-61: the published request with an unsigned payload is refused', () => {
    expect(() => verifySignature(received(suite.refused), options(true))).toThrow(fault('payload-mismatch'));
  });
});

function canonical(published: PublishedCase): string {
  const request = received(published);
  return canonicalRequest({
    method: request.method,
    rawUrl: request.rawUrl,
    headers: collectHeaders(request.rawHeaders),
    signedHeaders: authorizationOf(published).signedHeaders,
    payloadHash: published.canonicalRequest.slice(-64),
    pathRules: { normalize: published.normalize, encodeTwice: true },
  });
}

function authorizationOf(published: PublishedCase): ReturnType<typeof parseAuthorization> {
  return parseAuthorization(collectHeaders(published.rawHeaders).get('authorization'));
}

function received(published: PublishedRequest): ReceivedRequest {
  return {
    method: published.method,
    rawUrl: Buffer.from(published.rawUrl, 'utf8').toString('latin1'),
    rawHeaders: published.rawHeaders,
    body: Buffer.from(published.body, 'utf8'),
  };
}

function options(normalize: boolean): VerifyOptions {
  return {
    service: 'service',
    regions: ['us-east-1'],
    nowMs: 1_440_938_160_000,
    maxSkewMs: 0,
    secretFor: () => secret,
    signingKeys: new SigningKeyCache(),
    pathRules: { normalize, encodeTwice: true },
  };
}

function changedDigit(_match: string, before: string, digit: string): string {
  return before + (Number.parseInt(digit, 16) ^ 1).toString(16);
}
