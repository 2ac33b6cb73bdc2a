import { describe, expect, it } from 'vitest';
import { type CpuProfile, summariseProfile } from '../../../../tools/bench/cpu-profile.ts';

const ROOT = 'file:///srv/portcullis';

function node(id: number, functionName: string, url: string, ...children: number[]) {
  return { id, callFrame: { functionName, url, lineNumber: 1 }, children };
}

/** Idle 40 ms, then: our code 10, a hash for it 20, a socket's write for winston 30, the collector 40. */
const PROFILE: CpuProfile = {
  nodes: [
    node(1, '(root)', '', 2, 3, 7),
    node(2, '(idle)', ''),
    node(3, 'verify', `${ROOT}/src/sigv4/verify.ts`, 4, 5),
    node(4, 'hash', 'node:internal/crypto/hash'),
    node(5, 'log', `${ROOT}/node_modules/winston/lib/logger.js`, 6),
    node(6, 'writeBuffer', ''),
    node(7, '(garbage collector)', ''),
  ],
  samples: [2, 3, 4, 6, 7, 2],
  timeDeltas: [0, 40_000, 10_000, 20_000, 30_000, 40_000],
};

describe('summariseProfile', () => {
  it('gives each sample the time until the next, and idling no share', () => {
    const { busySeconds, idleSeconds, functions } = summariseProfile(PROFILE, ROOT);
    expect([busySeconds, idleSeconds]).toEqual([0.1, 0.04]);
    expect(functions).toEqual([
      { name: '(garbage collector)', file: 'V8', share: 0.4 },
      { name: 'writeBuffer', file: 'native, for winston/lib/logger.js', share: 0.3 },
      { name: 'hash', file: 'node:internal/crypto/hash', share: 0.2 },
      { name: 'verify', file: 'src/sigv4/verify.ts', share: 0.1 },
    ]);
  });

  it('gives the work of Node.js to whoever called it', () => {
    expect(summariseProfile(PROFILE, ROOT).areas).toEqual([
      { area: 'garbage collection', share: 0.4 },
      { area: 'src/sigv4: the signature', share: 0.3 },
      { area: 'log: src/log with winston', share: 0.3 },
    ]);
  });

  it('leaves the start out', () => {
    expect(summariseProfile(PROFILE, ROOT, 100_000)).toMatchObject({ busySeconds: 0.04, idleSeconds: 0 });
  });
});
