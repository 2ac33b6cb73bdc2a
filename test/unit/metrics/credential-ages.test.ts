import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/domain/secret.ts';
import type { KeyStore, StoreCredential } from '../../../src/domain/xks/key-store.ts';
import { CredentialAges } from '../../../src/metrics/credential-ages.ts';

function store(pathPrefix: string, ...credentials: Omit<StoreCredential, 'accessKeyId'>[]): KeyStore {
  return {
    pathPrefix,
    tenant: 1,
    status: 'ENABLED',
    regions: [],
    credentials: credentials.map((each, index) => ({ accessKeyId: `AKID${index}`, ...each })),
    aadMode: 'spec',
    keys: new Map(),
    policy: { default: 'ALLOW', statements: [] },
  };
}

const secret = (text: string) => new Secret(text);

describe('the age of credentials', () => {
  it.for([
    {
      title: 'the day that the operator wrote, whatever else is known',
      credential: { createdMs: 100, writtenMs: 50 },
      reading: { source: 'createdAt', sinceMs: 100 },
    },
    {
      title: 'the time of the secret file',
      credential: { writtenMs: 50 },
      reading: { source: 'file', sinceMs: 50 },
    },
    {
      title: 'the moment of loading, for want of anything else',
      credential: {},
      reading: { source: 'loaded', sinceMs: 1_000 },
    },
    {
      title: 'the moment of loading, when a file claims to come from the future',
      credential: { writtenMs: 2_000 },
      reading: { source: 'file', sinceMs: 1_000 },
    },
  ])('counts from $title', ({ credential, reading }) => {
    const ages = new CredentialAges();
    ages.inForce([store('/a', { secretAccessKey: secret('s'), ...credential })], 1_000);
    expect(ages.readings()).toEqual([{ pathPrefix: '/a', accessKeyId: 'AKID0', ...reading }]);
  });

  it('goes on over a reload that leaves the secret as it was, also in a file that was written again', () => {
    const ages = new CredentialAges();
    ages.inForce([store('/a', { secretAccessKey: secret('s') })], 1_000);
    ages.inForce([store('/a', { secretAccessKey: secret('s'), writtenMs: 1_500 })], 2_000);
    expect(ages.readings()).toMatchObject([{ sinceMs: 1_000, source: 'file' }]);
  });

  it('begins anew with another secret, and ends with a credential that was taken away', () => {
    const ages = new CredentialAges();
    const stays = { secretAccessKey: secret('s') };
    ages.inForce([store('/a', stays, stays), store('/b', stays)], 1_000);
    ages.inForce([store('/a', { secretAccessKey: secret('other') }, stays)], 2_000);
    expect(ages.readings()).toEqual([
      { pathPrefix: '/a', accessKeyId: 'AKID0', source: 'loaded', sinceMs: 2_000 },
      { pathPrefix: '/a', accessKeyId: 'AKID1', source: 'loaded', sinceMs: 1_000 },
    ]);
  });
});
