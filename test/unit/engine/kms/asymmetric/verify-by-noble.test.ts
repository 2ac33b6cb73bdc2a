import { expect, test } from 'vitest';
import { findAlgorithm } from '../../../../../src/domain/key/algorithms.ts';
import type { NobleRequest } from '../../../../../src/engine/kms/signature/verify-by-noble.ts';
import { SlowThread } from '../../../../../src/engine/kms/slow-thread.ts';
import { measuredThread } from '../../../../support/measured-thread.ts';
import { keyPairOf, SIGNED_ROWS, spkiOf } from './key-pairs.ts';

const MESSAGE = Buffer.from('attack at dawn');
const PATIENCE = { clock: { monotonicMs: () => 0 }, deadlineMs: 1, tenant: 0 };
const THREAD = new SlowThread<NobleRequest, boolean>({
  name: 'tests',
  entry: './signature/verify-by-noble',
  waiting: 0,
  start: measuredThread,
});
/** Of what a caller has hashed already, all but RSA. */
const WAYS = SIGNED_ROWS.filter(
  ({ algorithm, types }) => !algorithm.startsWith('RSA') && types.at(-1) !== 'RAW',
);

test.for(WAYS)(
  'the thread tells what is a signature by $algorithm of $spec, and what is none',
  async (way) => {
    const pair = keyPairOf(way.spec);
    const row = findAlgorithm({ spec: way.spec, usage: 'SIGN_VERIFY' }, way.algorithm) as NobleRequest['row'];
    const input = way.digest(MESSAGE, pair);
    const signature = way.sign(MESSAGE, pair);
    const others = {
      input: way.digest(Buffer.from('attack at dusk'), pair),
      signature: signature.subarray(1),
    };
    const request = { signature, row, input, spki: spkiOf(pair) };
    expect(await THREAD.ask(request, PATIENCE)).toBe(true);
    expect(await THREAD.ask({ ...request, input: others.input }, PATIENCE)).toBe(false);
    expect(await THREAD.ask({ ...request, signature: others.signature }, PATIENCE)).toBe(false);
  },
);

test('all that the engine has hashed signatures for is told', () => {
  expect(WAYS.map(({ spec }) => spec)).toStrictEqual([
    'ECC_NIST_P256',
    'ECC_NIST_P384',
    'ECC_NIST_P521',
    'ECC_SECG_P256K1',
    'ECC_NIST_EDWARDS25519',
    'ML_DSA_44',
    'ML_DSA_65',
    'ML_DSA_87',
  ]);
});
