import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AWS_PATH_RULES, canonicalPath, canonicalQuery } from '../../../src/sigv4/canonical-uri.ts';
import { splitTarget } from '../../../src/sigv4/request-target.ts';
import { percentDecode, uriEncode } from '../../../src/sigv4/uri-encoding.ts';
import { fault } from './verification.ts';

const EVERY_BYTE = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));

describe('the request target', () => {
  it.for([
    { rawUrl: '/', path: '/', query: '' },
    { rawUrl: '/a/b', path: '/a/b', query: '' },
    { rawUrl: '/a?', path: '/a', query: '' },
    { rawUrl: '/a?b=c?d', path: '/a', query: 'b=c?d' },
    { rawUrl: '//host/path', path: '//host/path', query: '' },
    { rawUrl: '/%41%2f', path: '/%41%2f', query: '' },
    { rawUrl: 'http://proxy.example.com/kms/xks/v1/health', path: '/kms/xks/v1/health', query: '' },
    { rawUrl: 'HTTPS://proxy.example.com:8443/a?b', path: '/a', query: 'b' },
    { rawUrl: 'http://proxy.example.com', path: '/', query: '' },
    { rawUrl: 'http://proxy.example.com?a=b', path: '/', query: 'a=b' },
  ])('X-63: $rawUrl is path $path and query "$query"', ({ rawUrl, path, query }) => {
    expect(splitTarget(rawUrl)).toEqual({ path, query });
  });

  it.for([
    { what: 'nothing', rawUrl: '' },
    { what: 'an asterisk', rawUrl: '*' },
    { what: 'an authority', rawUrl: 'proxy.example.com:443' },
    { what: 'a relative path', rawUrl: 'a/b' },
    { what: 'a query alone', rawUrl: '?a=b' },
    { what: 'another scheme', rawUrl: 'ftp://proxy.example.com/' },
    { what: 'a URL without a host', rawUrl: 'http:///a' },
    { what: 'a fragment', rawUrl: '/a#b' },
    { what: 'a lone percent sign', rawUrl: '/a%' },
    { what: 'half a triplet', rawUrl: '/a%2' },
    { what: 'a triplet that is not hexadecimal', rawUrl: '/a%2g' },
    { what: 'a malformed triplet in the query', rawUrl: '/?a=%zz' },
    { what: 'a line break', rawUrl: '/a\nb' },
    { what: 'a NUL', rawUrl: '/a\0' },
    { what: 'a DEL', rawUrl: '/a\x7f' },
    { what: 'a character that is no byte', rawUrl: '/\u1234' },
  ])('X-63: $what is refused', ({ rawUrl }) => {
    expect(() => splitTarget(rawUrl)).toThrow(fault('malformed-uri'));
  });
});

describe('the canonical path', () => {
  it.for([
    { path: '/', expected: '/' },
    { path: '/kms/xks/v1/keys/a-b_c.d~e/encrypt', expected: '/kms/xks/v1/keys/a-b_c.d~e/encrypt' },
    { path: '/a%20b', expected: '/a%2520b' },
    { path: '/a b', expected: '/a%20b' },
    { path: '/a+b=c:d@e!', expected: '/a%2Bb%3Dc%3Ad%40e%21' },
    { path: '/\xc3\xa4', expected: '/%C3%A4' },
    { path: '/.hidden/..b', expected: '/.hidden/..b' },
    { path: '/..', expected: '/' },
    { path: '/../a', expected: '/a' },
    { path: '/a/b/..', expected: '/a' },
    { path: '/a/b/../', expected: '/a/' },
    { path: '/a/./', expected: '/a/' },
    { path: '/%2e%2e/a', expected: '/%252e%252e/a' },
  ])('X-63: of $path is $expected by the rules of AWS', ({ path, expected }) => {
    expect(canonicalPath(path, AWS_PATH_RULES)).toBe(expected);
  });

  it.for([
    { path: '/a%20b', expected: '/a%20b' },
    { path: '/a b', expected: '/a%20b' },
    { path: '/a%2fb', expected: '/a%2Fb' },
    { path: '/a%7Eb', expected: '/a~b' },
    { path: '//a/../b', expected: '//a/../b' },
  ])('of $path is $expected by the rules of S3', ({ path, expected }) => {
    expect(canonicalPath(path, { normalize: false, encodeTwice: false })).toBe(expected);
  });
});

describe('the canonical query', () => {
  it.for([
    { query: '', expected: '' },
    { query: 'a', expected: 'a=' },
    { query: 'a=', expected: 'a=' },
    { query: '=a', expected: '=a' },
    { query: 'b=2&a=1', expected: 'a=1&b=2' },
    { query: 'a=2&a=1&a=10', expected: 'a=1&a=10&a=2' },
    { query: 'a=1&a=1', expected: 'a=1&a=1' },
    { query: 'a=b=c', expected: 'a=b%3Dc' },
    { query: '&&a=1&', expected: 'a=1' },
    { query: 'a=+', expected: 'a=%2B' },
    { query: 'a=%20&b=%2b&c=%7e', expected: 'a=%20&b=%2B&c=~' },
    { query: 'B=1&a=1', expected: 'B=1&a=1' },
    { query: 'a-b=1&a=2', expected: 'a=2&a-b=1' },
    { query: '%61=2&a=1', expected: 'a=1&a=2' },
    { query: '%00=%ff', expected: '%00=%FF' },
  ])('X-63: of "$query" is "$expected"', ({ query, expected }) => {
    expect(canonicalQuery(query)).toBe(expected);
  });

  it('X-63: does not depend on the order of the pairs', () => {
    const pair = fc.string({ unit: fc.constantFrom('a', 'b', '=', '%41', '-', '~', '+'), maxLength: 5 });
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 6 }), (pairs) => {
        expect(canonicalQuery(pairs.toReversed().join('&'))).toBe(canonicalQuery(pairs.join('&')));
      }),
    );
  });
});

describe('URI encoding', () => {
  it('leaves the 66 unreserved characters alone and encodes the other 190 bytes', () => {
    const encoded = uriEncode(EVERY_BYTE);
    expect(encoded.replace(/%[0-9A-F]{2}/g, '')).toBe(
      '-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~',
    );
    expect(encoded.length).toBe(66 + 3 * 190);
    expect(encoded.slice(0, 6)).toBe('%00%01');
    expect(encoded.slice(-6)).toBe('%FE%FF');
  });

  it('is undone by decoding, whatever the bytes', () => {
    expect(percentDecode(uriEncode(EVERY_BYTE))).toBe(EVERY_BYTE);
  });
});
