import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { parseRoute } from '../../../src/edge/xks/route.ts';
import { encryptBody, proxyRig } from './rig.ts';

describe('paths', () => {
  test.for([
    { url: '/kms/xks/v1/health', pathPrefix: '', operation: 'GetHealthStatus', externalKeyId: '' },
    { url: '/a/kms/xks/v1/health', pathPrefix: '/a', operation: 'GetHealthStatus', externalKeyId: '' },
    {
      url: '/kms/xks/v1/keys/foo/metadata',
      pathPrefix: '',
      operation: 'GetKeyMetadata',
      externalKeyId: 'foo',
    },
    {
      url: '/a/b-c/_d/kms/xks/v1/keys/foo/encrypt',
      pathPrefix: '/a/b-c/_d',
      operation: 'Encrypt',
      externalKeyId: 'foo',
    },
    {
      url: '/a/kms/xks/v1/keys/A.b_c-9/decrypt',
      pathPrefix: '/a',
      operation: 'Decrypt',
      externalKeyId: 'A.b_c-9',
    },
    { url: '/a/kms/xks/v1/keys/../decrypt', pathPrefix: '/a', operation: 'Decrypt', externalKeyId: '..' },
    {
      url: '/kms/xks/v1/kms/xks/v1/keys/k/encrypt',
      pathPrefix: '/kms/xks/v1',
      operation: 'Encrypt',
      externalKeyId: 'k',
    },
  ])('X-04 X-06: $url is $operation', ({ url, ...route }) => {
    expect(parseRoute(url)).toEqual(route);
  });

  test.for([
    { url: '' },
    { url: '/' },
    { url: '/kms/xks/v1' },
    { url: '/kms/xks/v1/' },
    { url: '/kms/xks/v2/health' },
    { url: '/kms/xks/v1/Health' },
    { url: '/kms/xks/v1/health/' },
    { url: '/kms/xks/v1/health?' },
    { url: '/kms/xks/v1/health?x=/kms/xks/v1/y' },
    { url: '/kms/xks/v1/keys/foo' },
    { url: '/kms/xks/v1/keys/foo/' },
    { url: '/kms/xks/v1/keys/foo/delete' },
    { url: '/kms/xks/v1/keys//encrypt' },
    { url: '/kms/xks/v1/keys/a/b/encrypt' },
    { url: '/kms/xks/v1/keys/foo%2e/encrypt' },
    { url: '/kms/xks/v1/keys/foo/encrypt?x=1' },
    { url: '/kms/xks/v1/keys/foo/encrypt#x' },
    { url: '/kms/xks/v1/keys/fo o/encrypt' },
    { url: '/kms/xks/v1/keys/foo/encrypt\n' },
    { url: '/kms//xks/v1/keys/foo/encrypt' },
  ])('X-55: "$url" is none of ours', ({ url }) => {
    expect(parseRoute(url)).toBeUndefined();
  });

  it('X-09: an external key id has at most 128 characters', () => {
    expect(parseRoute(`/kms/xks/v1/keys/${'k'.repeat(128)}/encrypt`)?.externalKeyId).toHaveLength(128);
    expect(parseRoute(`/kms/xks/v1/keys/${'k'.repeat(129)}/encrypt`)).toBeUndefined();
  });

  it('X-06: what is routed is spelt exactly as it was received', () => {
    const segments = fc.array(fc.stringMatching(/^[A-Za-z0-9_-]{1,8}$/), { maxLength: 3 });
    const id = fc.stringMatching(/^[A-Za-z0-9._-]{1,20}$/);
    fc.assert(
      fc.property(segments, id, (parts, externalKeyId) => {
        const pathPrefix = parts.map((part) => `/${part}`).join('');
        const route = parseRoute(`${pathPrefix}/kms/xks/v1/keys/${externalKeyId}/encrypt`);
        expect(route).toEqual({ pathPrefix, operation: 'Encrypt', externalKeyId });
      }),
    );
  });

  test.for([
    { path: '/on/kms/xks/v1/keys/foo/encrypt' },
    { path: '/one/two/kms/xks/v1/keys/foo/encrypt' },
    { path: '/ONE/kms/xks/v1/keys/foo/encrypt' },
    { path: '//one/kms/xks/v1/keys/foo/encrypt' },
    { path: '/one//kms/xks/v1/keys/foo/encrypt' },
    { path: '/kms/xks/v1/keys/foo/encrypt' },
    { path: '/%6fne/kms/xks/v1/keys/foo/encrypt' },
  ])('X-06 X-55: $path does not reach the store at /one', async ({ path }) => {
    expect(await proxyRig().told({ path })).toBe(
      '404 InvalidUriPathException: This proxy serves nothing at this path.',
    );
  });

  test.for(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'].map((method) => ({ method })))(
    'X-05: $method on the four paths is 405 with Allow',
    async ({ method }) => {
      const rig = proxyRig();
      for (const rest of ['health', 'keys/foo/metadata', 'keys/foo/encrypt', 'keys/foo/decrypt']) {
        const answer = await rig.ask({ method, path: `/one/kms/xks/v1/${rest}`, unsigned: true });
        expect(answer.status).toBe(405);
        expect(answer.options.headers).toEqual({ Allow: 'POST' });
        expect(answer.json.errorName).toBe('UnsupportedOperationException');
      }
    },
  );

  test.for([{ path: '/ping' }, { path: '/ping?from=lb' }])(
    'X-71: GET $path answers without a credential or a token',
    async ({ path }) => {
      const rig = proxyRig();
      for (const method of ['GET', 'HEAD']) {
        const answer = await rig.ask({ method, path, unsigned: true });
        expect([answer.status, answer.body]).toEqual([200, '{"status":"ok"}']);
      }
      expect(rig.hsm.calls).toEqual([]);
    },
  );

  it('X-71: other methods on /ping are 405, and longer paths are not found', async () => {
    const rig = proxyRig();
    const answer = await rig.ask({ method: 'POST', path: '/ping', unsigned: true });
    expect([answer.status, answer.options.headers]).toEqual([405, { Allow: 'GET, HEAD' }]);
    expect(await rig.told({ method: 'GET', path: '/pingpong', unsigned: true })).toContain(
      '404 InvalidUriPath',
    );
  });

  it('X-09: the same external key id under two prefixes is two keys', async () => {
    const rig = proxyRig();
    const [store] = rig.stores;
    rig.stores = [store, { ...store, pathPrefix: '', keys: new Map() }] as typeof rig.stores;
    expect(await rig.told({ path: '/one/kms/xks/v1/keys/foo/encrypt', body: encryptBody() })).toBe('200');
    expect(await rig.told({ path: '/kms/xks/v1/keys/foo/encrypt', body: encryptBody() })).toContain(
      '404 KeyNotFoundException',
    );
  });
});
