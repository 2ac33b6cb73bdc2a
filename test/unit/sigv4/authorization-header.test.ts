import { describe, expect, it } from 'vitest';
import { parseAuthorization } from '../../../src/sigv4/authorization-header.ts';
import { fault } from './verification.ts';

const SIGNATURE = '0123456789abcdef'.repeat(4);
const CREDENTIAL = 'Credential=AKID/20260301/us-east-1/kms-xks-proxy/aws4_request';
const HEADERS = 'SignedHeaders=host;x-amz-date';

describe('the Authorization header', () => {
  it.for([
    {
      what: 'with spaces after the commas',
      header: `AWS4-HMAC-SHA256 ${CREDENTIAL}, ${HEADERS}, Signature=${SIGNATURE}`,
    },
    { what: 'without spaces', header: `AWS4-HMAC-SHA256 ${CREDENTIAL},${HEADERS},Signature=${SIGNATURE}` },
    {
      what: 'in another order',
      header: `AWS4-HMAC-SHA256 Signature=${SIGNATURE}, ${CREDENTIAL}, ${HEADERS}`,
    },
  ])('X-63: is read $what', ({ header }) => {
    const authorization = parseAuthorization([header]);
    expect(authorization).toEqual({
      accessKeyId: 'AKID',
      date: '20260301',
      region: 'us-east-1',
      service: 'kms-xks-proxy',
      scope: '20260301/us-east-1/kms-xks-proxy/aws4_request',
      signedHeaders: ['host', 'x-amz-date'],
      signature: SIGNATURE,
    });
  });

  it.for([1, 19, 20, 30, 52, 128])('X-65: an access key id of %i characters is read', (length) => {
    const accessKeyId = 'K'.repeat(length);
    const header = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260301/us-east-1/kms-xks-proxy/aws4_request, ${HEADERS}, Signature=${SIGNATURE}`;
    expect(parseAuthorization([header]).accessKeyId).toBe(accessKeyId);
  });

  it('X-63: is read the same however often it comes, but for its signature', () => {
    const head = `AWS4-HMAC-SHA256 ${CREDENTIAL}, ${HEADERS}, Signature=`;
    const first = parseAuthorization([head + SIGNATURE]);
    expect(parseAuthorization([head + SIGNATURE])).toEqual(first);
    const other = 'f'.repeat(64);
    expect(parseAuthorization([head + other])).toEqual({ ...first, signature: other });
    for (const wrong of [
      'F'.repeat(64),
      'f'.repeat(63),
      'f'.repeat(65),
      `${'f'.repeat(63)},`,
      `,${'f'.repeat(63)}`,
    ]) {
      expect(() => parseAuthorization([head + wrong]), wrong).toThrow(fault('malformed-authorization'));
    }
  });

  it('X-63: is read the same again when its end only looks like a signature', () => {
    const start = `AWS4-HMAC-SHA256 Signature=${SIGNATURE}, ${HEADERS}, Credential=`;
    // Its last 64 characters follow `Signature=`.
    const end = '/20260301/us-east-1/kms/aws4_request';
    const accessKeyId = `Signature=${'K'.repeat(64 - end.length)}`;
    for (const _ of [1, 2]) {
      expect(parseAuthorization([start + accessKeyId + end])).toMatchObject({
        accessKeyId,
        signature: SIGNATURE,
      });
    }
    expect(() => parseAuthorization([`${start}Signature=${'f'.repeat(64)}`])).toThrow(
      fault('malformed-authorization'),
    );
  });

  it('X-63: is read when there have been more of them than are remembered, and longer ones', () => {
    for (let number = 0; number < 600; number += 1) {
      const accessKeyId = number % 2 === 0 ? `K${number}` : `K${number}`.padEnd(128, 'K');
      const more = number % 2 === 0 ? '' : `;${'x'.repeat(400)}`;
      const header = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260301/us-east-1/kms/aws4_request, ${HEADERS}${more}, Signature=${SIGNATURE}`;
      for (const _ of [1, 2]) expect(parseAuthorization([header])).toMatchObject({ accessKeyId });
    }
  });

  it.for([
    'AWS4-HMAC-SHA256',
    `AWS4-HMAC-SHA256, ${CREDENTIAL}, ${HEADERS}, Signature=${SIGNATURE}`,
    `AWS4-HMAC-SHA256,${CREDENTIAL}, ${HEADERS}, Signature=${SIGNATURE}`,
    `AWS4-HMAC-SHA256\t${CREDENTIAL}, ${HEADERS}, Signature=${SIGNATURE}`,
    `aws4-hmac-sha256 ${CREDENTIAL}, ${HEADERS}, Signature=${SIGNATURE}`,
    `AWS4-ECDSA-P256-SHA256 ${CREDENTIAL}, ${HEADERS}, Signature=${SIGNATURE}`,
    `Basic dXNlcjpwYXNz`,
    `AWS4-HMAC-SHA256 ${CREDENTIAL}, ${HEADERS}`,
    `AWS4-HMAC-SHA256 ${CREDENTIAL}, ${HEADERS}, Signature=${SIGNATURE},`,
    `AWS4-HMAC-SHA256 ${CREDENTIAL}, ${CREDENTIAL}, ${HEADERS}, Signature=${SIGNATURE}`,
    `AWS4-HMAC-SHA256 ${CREDENTIAL}, ${CREDENTIAL}, Signature=${SIGNATURE}`,
    `AWS4-HMAC-SHA256 ${CREDENTIAL}, ${HEADERS}, Other=${SIGNATURE}`,
    `AWS4-HMAC-SHA256 ${CREDENTIAL}; ${HEADERS}; Signature=${SIGNATURE}`,
    `AWS4-HMAC-SHA256 Credential, ${HEADERS}, Signature=${SIGNATURE}`,
    `AWS4-HMAC-SHA256 credential=A/B/C/D/aws4_request, ${HEADERS}, Signature=${SIGNATURE}`,
    'AWS4-HMAC-SHA256 ,,',
  ])('X-63: "%s" is malformed', (header) => {
    expect(() => parseAuthorization([header])).toThrow(fault('malformed-authorization'));
  });

  it.for([
    '',
    'AKID',
    'AKID/20260301/us-east-1/aws4_request',
    '/20260301/us-east-1/kms-xks-proxy/aws4_request',
    'AKID/20260301//kms-xks-proxy/aws4_request',
    'AKID/20260301/us-east-1/kms-xks-proxy/aws4_request/',
    'AK/ID/20260301/us-east-1/kms-xks-proxy/aws4_request',
    'AK ID/20260301/us-east-1/kms-xks-proxy/aws4_request',
    'AK\xc4ID/20260301/us-east-1/kms-xks-proxy/aws4_request',
    `${'K'.repeat(129)}/20260301/us-east-1/kms-xks-proxy/aws4_request`,
    `AKID/20260301/${'r'.repeat(129)}/kms-xks-proxy/aws4_request`,
  ])('X-63: the credential "%s" is malformed', (credential) => {
    const header = `AWS4-HMAC-SHA256 Credential=${credential}, ${HEADERS}, Signature=${SIGNATURE}`;
    expect(() => parseAuthorization([header])).toThrow(fault('malformed-authorization'));
  });

  it('X-63: a credential scope that does not end with aws4_request is of another scope', () => {
    const header = `AWS4-HMAC-SHA256 Credential=AKID/20260301/us-east-1/kms-xks-proxy/aws5_request, ${HEADERS}, Signature=${SIGNATURE}`;
    expect(() => parseAuthorization([header])).toThrow(fault('scope-mismatch'));
  });

  it.for([
    { list: '', code: 'malformed-authorization' as const },
    { list: 'x-amz-date;host', code: 'malformed-authorization' as const },
    { list: 'host;host;x-amz-date', code: 'malformed-authorization' as const },
    { list: 'Host;x-amz-date', code: 'malformed-authorization' as const },
    { list: 'host;;x-amz-date', code: 'malformed-authorization' as const },
    { list: 'host;x-amz-date;', code: 'malformed-authorization' as const },
    { list: 'host; x-amz-date', code: 'malformed-authorization' as const },
    { list: 'ho st;x-amz-date', code: 'malformed-authorization' as const },
    { list: 'host', code: 'missing-signed-header' as const },
    { list: 'x-amz-date', code: 'missing-signed-header' as const },
    { list: 'content-type;x-amz-date', code: 'missing-signed-header' as const },
  ])('X-63: SignedHeaders "$list" are refused as $code', ({ list, code }) => {
    const header = `AWS4-HMAC-SHA256 ${CREDENTIAL}, SignedHeaders=${list}, Signature=${SIGNATURE}`;
    expect(() => parseAuthorization([header])).toThrow(fault(code));
  });

  it.for(['', 'abc', SIGNATURE.toUpperCase(), `${SIGNATURE}0`, SIGNATURE.slice(1), `g${SIGNATURE.slice(1)}`])(
    'X-63: the signature "%s" is malformed',
    (signature) => {
      const header = `AWS4-HMAC-SHA256 ${CREDENTIAL}, ${HEADERS}, Signature=${signature}`;
      expect(() => parseAuthorization([header])).toThrow(fault('malformed-authorization'));
    },
  );

  it('X-63: is refused when absent or repeated', () => {
    const header = `AWS4-HMAC-SHA256 ${CREDENTIAL}, ${HEADERS}, Signature=${SIGNATURE}`;
    expect(() => parseAuthorization(undefined)).toThrow(fault('missing-authorization'));
    expect(() => parseAuthorization([])).toThrow(fault('missing-authorization'));
    expect(() => parseAuthorization([header, header])).toThrow(fault('malformed-authorization'));
  });
});
