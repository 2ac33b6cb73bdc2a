import { describe, expect, it, test } from 'vitest';
import { HsmFault } from '../../../src/domain/hsm-fault.ts';
import type { KeyStore, MappedKey } from '../../../src/domain/xks/key-store.ts';
import { ORDER_OF_CHECKS } from '../../../src/edge/xks/order-of-checks.ts';
import type { FakeHsm } from '../../support/fake-hsm.ts';
import { type Ask, DECRYPT, decryptBody, METADATA, proxyRig } from './rig.ts';

/** One way to break one row, on a Decrypt that is otherwise in order. */
interface Violation {
  readonly row: string;
  /** Begins the client's answer. */
  readonly told: string;
  readonly ask?: Ask;
  readonly fields?: Record<string, unknown>;
  readonly store?: Partial<KeyStore>;
  readonly key?: Partial<MappedKey>;
  readonly object?: Parameters<FakeHsm['addKey']>[2];
  readonly fault?: HsmFault;
}

const big = (bytes: number) => Buffer.alloc(bytes).toString('base64');

/** From the reference, in its order. */
const VIOLATIONS: readonly Violation[] = [
  { row: 'path', told: '404 InvalidUriPathException', ask: { path: '/nobody/kms/xks/v1/keys/foo/decrypt' } },
  { row: 'method', told: '405 UnsupportedOperationException', ask: { method: 'GET' } },
  {
    row: 'body size',
    told: '501 UnsupportedOperationException: The request body',
    fields: { padding: 'x'.repeat(65_536) },
  },
  { row: 'signature', told: '401 AuthenticationFailedException', ask: { secret: 'another' } },
  { row: 'quota', told: '429 ThrottlingException', store: { quota: { perSecond: 1, burst: 0 } } },
  {
    row: 'fields',
    told: '400 ValidationException',
    fields: { requestMetadata: { ...METADATA, kmsKeyArn: undefined } },
  },
  { row: 'key map', told: '404 KeyNotFoundException', store: { keys: new Map() } },
  {
    row: 'policy',
    told: '403 AccessDeniedException',
    store: { policy: { default: 'DENY', statements: [] } },
  },
  {
    row: 'size limits',
    told: '501 UnsupportedOperationException: ciphertext has',
    fields: { ciphertext: big(4301) },
  },
  { row: 'store state', told: '400 InvalidStateException: This key store', store: { status: 'DISABLED' } },
  {
    row: 'key state',
    told: "400 InvalidStateException: External key 'foo' is disabled",
    key: { status: 'DISABLED' },
  },
  {
    row: 'key object',
    told: "400 InvalidStateException: External key 'foo' is refused",
    object: { extractable: true },
  },
  { row: 'key usage', told: '400 InvalidKeyUsageException', key: { usages: new Set(['ENCRYPT']) } },
  {
    row: 'ciphertext form',
    told: '400 InvalidCiphertextException: authenticationTag has',
    fields: { authenticationTag: big(15) },
  },
  {
    row: 'operation',
    told: '503 DependencyTimeoutException',
    fault: new HsmFault('timeout', 'no answer in time'),
  },
];

async function toldWith(violations: readonly Violation[]): Promise<string> {
  const rig = proxyRig({
    store: Object.assign({}, ...violations.map(({ store }) => store)),
    key: Object.assign({}, ...violations.map(({ key }) => key)),
    object: Object.assign({}, ...violations.map(({ object }) => object)),
  });
  rig.hsm.failOn({ operation: 'open' }, violations.find(({ fault }) => fault !== undefined)?.fault);
  return rig.told({
    path: DECRYPT,
    body: decryptBody(Object.assign({}, ...violations.map(({ fields }) => fields))),
    ...Object.assign({}, ...violations.map(({ ask }) => ask)),
  });
}

describe('the order of checks', () => {
  it('is the one of the reference', () => {
    expect(ORDER_OF_CHECKS.map(({ name }) => name)).toEqual(VIOLATIONS.map(({ row }) => row));
  });

  test.for(VIOLATIONS)('X-06 X-48 X-59: breaking "$row" alone is answered $told', async (violation) => {
    expect(await toldWith([violation])).toContain(violation.told);
  });

  test.for(VIOLATIONS.slice(1).map((later, index) => ({ earlier: VIOLATIONS[index] as Violation, later })))(
    'X-48 X-59: "$earlier.row" is answered before "$later.row"',
    async ({ earlier, later }) => {
      expect(await toldWith([earlier, later])).toContain(earlier.told);
    },
  );

  it('every row announces the answer that it gives', () => {
    const announced = ORDER_OF_CHECKS.map(({ answer }) => answer);
    expect(announced).toEqual([
      '404 InvalidUriPathException',
      '405 UnsupportedOperationException',
      '501 UnsupportedOperationException',
      '401 AuthenticationFailedException',
      '429 ThrottlingException',
      '400 ValidationException',
      '404 KeyNotFoundException',
      '403 AccessDeniedException',
      '501 UnsupportedOperationException',
      '400 InvalidStateException',
      '400 InvalidStateException',
      '400 InvalidStateException',
      '400 InvalidKeyUsageException',
      '400 InvalidCiphertextException',
      '503 DependencyTimeoutException',
    ]);
  });

  it('X-55: an unknown prefix is refused before any credential is looked at', async () => {
    const rig = proxyRig();
    const unsigned = { path: '/nobody/kms/xks/v1/keys/foo/decrypt', unsigned: true };
    expect(await rig.told(unsigned)).toBe(
      '404 InvalidUriPathException: This proxy serves nothing at this path.',
    );
  });

  it('X-58: nothing reaches a token before every check but its own has passed', async () => {
    const rig = proxyRig({ key: { status: 'DISABLED' } });
    await rig.ask();
    expect(rig.hsm.calls).toEqual([]);
  });

  it('X-11: a request that is not authenticated spends nothing of the quota', async () => {
    const rig = proxyRig({ store: { quota: { perSecond: 1, burst: 1 } } });
    expect(await rig.told({ secret: 'another' })).toContain('401 ');
    expect(await rig.told()).toBe('200');
    expect(await rig.told()).toBe(
      '429 ThrottlingException: This key store is over its quota of 1 requests per second.',
    );
  });
});
