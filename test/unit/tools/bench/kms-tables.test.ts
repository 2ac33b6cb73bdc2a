import { describe, expect, it } from 'vitest';
import type { KmsLoad, KmsPoint, KmsRun, KmsSeries } from '../../../../tools/bench/kms-run.ts';
import { renderKms } from '../../../../tools/bench/kms-tables.ts';

const LOAD: KmsLoad = {
  ...{ connections: 16, seconds: 5, requests: 40_000, errors: 0, perSecond: 8_000 },
  ...{ p50Ms: 1.5, p99Ms: 4, p999Ms: 9, serverCpuMicros: 110, hostCpuMicros: 45 },
};
const NOTHING = { busySeconds: 1, idleSeconds: 1, functions: [], areas: [] };

const RUN: KmsRun = {
  format: 1,
  quick: false,
  startedAt: '2026-01-02T03:04:05.000Z',
  seconds: 90,
  machine: {
    ...{ commit: '0123456789abcdef', dirty: false, node: 'v24', openssl: '3', softhsm: '2', wrk: '4' },
    ...{ kernel: '6', cpu: 'Some CPU', cores: 2, memoryMb: 8, loadBefore: [0, 0, 0] },
  },
  othersShare: 0.01,
  message: { plaintextBytes: 100, requestBytes: 676, replyBodyBytes: 485 },
  tokenLoops: [
    { calls: 1, callsPerSecond: 30_000, sealPerSecond: 15_000 },
    { calls: 1, callsPerSecond: 50_000, sealPerSecond: 17_000 },
  ],
  points: [
    point('echo', 'Encrypt', [30_000, 32_000, 20_000]),
    { ...point('engine', 'Encrypt', [8_000, 4_000, 6_000]), errors: 3 },
    point('engine', 'Decrypt', [5_000, 6_000, 5_500]),
  ],
  firstUses: [series(100_000, 'first', 2_000)],
  rounds: [
    [series(10, 'hot', 8_000), series(100_000, 'hot', 8_000), series(100_000, 'uniform', 4_000)],
    [series(10, 'hot', 9_000), series(100_000, 'hot', 6_000), series(100_000, 'uniform', 3_000)],
    [series(10, 'hot', 6_000), series(100_000, 'hot', 5_000), series(100_000, 'uniform', 2_400)],
  ],
  starts: [
    { keys: 10, listeningMs: 700, encryptedMs: 900 },
    { keys: 100_000, listeningMs: 800, encryptedMs: 1_000 },
    { keys: 100_000, listeningMs: 900, encryptedMs: 1_300 },
    { keys: 100_000, listeningMs: 850, encryptedMs: 1_100 },
  ],
  memory: [{ keys: 100_000, when: 'after all rounds', engineMb: 420.4, hostMb: 900 }],
  profile: { connections: 16, requests: 20_000, engine: NOTHING, host: NOTHING },
  commands: [],
};

describe('the tables of the engine', () => {
  it.for([
    {
      what: 'the rate',
      row: '| Encrypt, 16 connections, fastest measurement | ≥ 8,600/s | 8,000/s | **no** |',
    },
    {
      what: 'the hot set, by the median of the rounds',
      row: '| Encrypt, hot set of 100,000 keys, time a request | ≤ 1.1 × | 1.20 × | **no** |',
    },
    {
      what: 'uniform access, by the median of the rounds',
      row: '| Encrypt, uniform over 100,000 keys, time a request | ≤ 2 × | 2.50 × | **no** |',
    },
    {
      what: 'the start, by the median',
      row: '| From the start until the first Encrypt, 100,000 keys | ≤ 2,000 ms | 1,100 ms | yes |',
    },
  ])('hold $what against its aim', ({ row }) => {
    expect(renderKms(RUN)).toContain(row);
  });

  it('show each operation beside the token, whose faster loop counts, and beside bare HTTP', () => {
    const text = renderKms(RUN);
    expect(text).toContain('| 16 | bare HTTP | 32,000 | 30,000 |  |  | 1.50 | 4.00 | 9.00 | 110 | 45 |');
    expect(text).toContain('| 16 | Decrypt | 6,000 | 5,500 | 0.12 | 0.19 | 1.50 | 4.00 | 9.00 | 110 | 45 |');
  });

  it('show many keys beside few, and first uses below', () => {
    const text = renderKms(RUN);
    expect(text).toContain('| 100,000 | uniform | 3,000 | 2.50 | 110 | 45 |');
    expect(text).toContain('| 100,000 | first use of each | 2,000 | 4.00 | 110 | 45 |');
  });

  it('count every request and every wrong answer', () => {
    expect(renderKms(RUN)).toContain('Requests in all: 760,000; without a right answer: 3.');
  });

  it('refuse a run that lacks a point', () => {
    expect(() => renderKms({ ...RUN, points: [] })).toThrow(/lacks Encrypt at 16/);
  });
});

function series(keys: number, access: KmsSeries['access'], perSecond: number): KmsSeries {
  return { ...LOAD, keys, access, perSecond };
}

function point(
  server: KmsPoint['server'],
  operation: KmsPoint['operation'],
  rates: readonly number[],
): KmsPoint {
  const allRequests = LOAD.requests * rates.length;
  return { ...LOAD, server, operation, perSecond: Math.max(...rates), rates, allRequests };
}
