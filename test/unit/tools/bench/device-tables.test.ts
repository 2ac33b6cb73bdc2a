import { describe, expect, it } from 'vitest';
import type { DeviceRun } from '../../../../tools/bench/device-run.ts';
import { renderDevices } from '../../../../tools/bench/device-tables.ts';

const RUN: DeviceRun = {
  format: 1,
  quick: false,
  startedAt: '2026-01-02T03:04:05.000Z',
  seconds: 90,
  machine: {
    ...{ commit: '0123456789abcdef', dirty: false, node: 'v24', openssl: '3', softhsm: '2', wrk: '4' },
    ...{ kernel: '6', cpu: 'Some CPU', cores: 2, memoryMb: 8, loadBefore: [0, 0, 0] },
  },
  othersShare: 0.01,
  message: { plaintextBytes: 100, aadBytes: 32 },
  tokens: [
    {
      token: 'Soft',
      profile: 'softhsm2',
      schemes: [
        {
          scheme: 'cmac',
          raw: { calls: 2, callsPerSecond: 20_000, sealPerSecond: 10_000 },
          fleet: {
            alone: { p50Ms: 0.1, p99Ms: 0.25, p999Ms: 1, perSecond: 9_000 },
            ...{ sealPerSecond: 8_000, openPerSecond: 7_500, errors: 3 },
          },
        },
      ],
      without: [{ scheme: 'native-gcm', reason: 'CKM_AES_GCM: CKR_MECHANISM_INVALID' }],
    },
  ],
  absent: [{ token: 'Other', reason: 'not installed' }],
  commands: [],
};

describe('the table of tokens and schemes', () => {
  it('has a row for each scheme, with what it costs beside its bare calls', () => {
    expect(renderDevices(RUN)).toContain(
      '| Soft | `cmac` | 2 | 50.0 | 100.0 | 0.10 | 0.25 | 8,000 | 7,500 | 0.40 | 3 |',
    );
  });

  it('names what was not measured, and why', () => {
    const text = renderDevices(RUN);
    expect(text).toContain('- Soft without `native-gcm`: CKM_AES_GCM: CKR_MECHANISM_INVALID');
    expect(text).toContain('- Other was not measured: not installed');
    const [token] = RUN.tokens;
    const whole = { ...RUN, tokens: token === undefined ? [] : [{ ...token, without: [] }], absent: [] };
    expect(renderDevices(whole)).toContain('Every token has every scheme.');
  });

  it('warns of what makes its figures doubtful', () => {
    expect(renderDevices(RUN)).not.toContain('**');
    const doubtful = renderDevices({
      ...RUN,
      ...{ quick: true, othersShare: 0.5, machine: { ...RUN.machine, dirty: true } },
    });
    for (const warning of ['too few samples', 'not a quiet machine', 'changes that are not committed']) {
      expect(doubtful).toContain(warning);
    }
  });
});
