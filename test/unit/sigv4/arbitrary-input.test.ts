import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SigV4Fault } from '../../../src/sigv4/sigv4-fault.ts';
import { type ReceivedRequest, verifySignature } from '../../../src/sigv4/verify.ts';
import { AMZ_DATE, signedRequest } from './reference-signer.ts';
import { verifyOptions } from './verification.ts';

const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.constant(''));
const rawUrl = fc.oneof(
  anyText,
  fc.string({
    unit: fc.constantFrom('/', '.', '..', '%', '%2', '%41', '?', '&', '=', '#', 'a', 'http://', '\xff', ' '),
  }),
);
const authorization = fc.oneof(
  anyText,
  anyText.map((rest) => `AWS4-HMAC-SHA256 ${rest}`),
  fc
    .array(
      fc.constantFrom(
        'Credential=',
        'SignedHeaders=',
        'Signature=',
        'A/20260301/us-east-1/kms-xks-proxy/aws4_request',
        'host;x-amz-date',
        '0'.repeat(64),
        ',',
        ' ',
        ';',
        '/',
        '=',
      ),
    )
    .map((pieces) => `AWS4-HMAC-SHA256 ${pieces.join('')}`),
);
const wellFormed = `AWS4-HMAC-SHA256 Credential=A/20260301/us-east-1/kms-xks-proxy/aws4_request, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`;

describe('whatever arrives', () => {
  it.for([
    {
      what: 'any request',
      arbitrary: fc.record({ method: anyText, rawUrl, rawHeaders: fc.array(anyText), body: fc.uint8Array() }),
    },
    {
      what: 'any Authorization header',
      arbitrary: authorization.map((value) =>
        request({ rawHeaders: ['Host', 'h', 'X-Amz-Date', AMZ_DATE, 'Authorization', value] }),
      ),
    },
    {
      what: 'any X-Amz-Date header',
      arbitrary: anyText.map((value) =>
        request({ rawHeaders: ['Host', 'h', 'X-Amz-Date', value, 'Authorization', wellFormed] }),
      ),
    },
    {
      what: 'any target under a well-formed header',
      arbitrary: rawUrl.map((value) => request({ rawUrl: value })),
    },
    {
      what: 'any further headers',
      arbitrary: fc
        .array(anyText)
        .map((more) => request({ rawHeaders: [...request({}).rawHeaders, ...more] })),
    },
  ])('X-61: $what is refused with a SigV4Fault and nothing else', ({ arbitrary }) => {
    fc.assert(
      fc.property(arbitrary as fc.Arbitrary<ReceivedRequest>, (received) => {
        expect(() => verifySignature(received, verifyOptions())).toThrow(SigV4Fault);
      }),
      { numRuns: 400 },
    );
  });

  it('X-61: a signed request still verifies with any unsigned headers beside it', () => {
    const reserved = new Set(['host', ':authority', 'x-amz-date', 'authorization']);
    const name = anyText.filter((text) => !reserved.has(text.toLowerCase()));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, anyText)), (more) => {
        const sent = signedRequest();
        const rawHeaders = [...more.flat(), ...sent.rawHeaders];
        expect(verifySignature({ ...sent, rawHeaders }, verifyOptions()).region).toBe('us-east-1');
      }),
    );
  });
});

function request(changes: Partial<ReceivedRequest>): ReceivedRequest {
  return {
    method: 'POST',
    rawUrl: '/kms/xks/v1/health',
    rawHeaders: ['Host', 'h', 'X-Amz-Date', AMZ_DATE, 'Authorization', wellFormed],
    body: new Uint8Array(0),
    ...changes,
  };
}
