import { describe, expect, it } from 'vitest';
import { softhsm2 } from '../../../../src/hsm/devices/softhsm2.ts';
import { type DeviceFindings, deviceReport, reportName } from '../../../../tools/device/device-report.ts';
import { reportMarkdown } from '../../../../tools/device/report-markdown.ts';

const FINDINGS: DeviceFindings = {
  profile: softhsm2,
  token: {
    paths: { directory: '/state', module: '/lib/module.so' },
    env: {},
    label: 'portcullis-test-a/b',
    pin: 'pin-4711',
    [Symbol.asyncDispose]: async () => undefined,
  },
  seen: {
    label: 'portcullis-test-a/b',
    serial: 'DENK0106137',
    manufacturer: 'Maker',
    model: 'Model | 2',
    firmware: '3.4',
    library: 'Library 1.0',
    pinTroubled: false,
  },
  mechanisms: [
    { name: 'CKM_AES_ECB', minKeySize: 16, maxKeySize: 32 },
    { name: 'CKM_AES_CBC', minKeySize: 16, maxKeySize: 32 },
  ],
  knownAnswers: {
    CKM_AES_GCM: 'CKR_MECHANISM_INVALID:112',
    CKM_AES_CMAC: 'right',
    CKM_SHA256_HMAC: 'right',
    CKM_AES_CBC: 'wrong',
    CKM_AES_ECB: 'no key: CKR_TEMPLATE_INCONSISTENT:209',
  },
  tests: [
    { name: 'own token > opens', state: 'passed', reason: '' },
    { name: 'own token > finds', state: 'failed', reason: '' },
    { name: 'own token > keeps', state: 'skipped', reason: 'DENK0106137 refused pin-4711' },
  ],
  at: new Date('2027-01-02T03:04:05Z'),
};

describe('a device report', () => {
  const report = deviceReport(FINDINGS);

  it('holds neither the PIN nor the whole serial number', () => {
    expect(JSON.stringify(report)).not.toMatch(/pin-4711|DENK0106137/);
    expect(report.token.serialEnd).toBe('…6137');
    expect(report.tests[2]?.reason).toBe('*** refused ***');
  });

  it('shows nothing of a serial number that is short', () => {
    const { seen } = FINDINGS;
    expect(deviceReport({ ...FINDINGS, seen: { ...seen, serial: '123' } }).token.serialEnd).toBe('…');
  });

  it('counts what passed, failed and was skipped', () => {
    expect(report.counts).toEqual({ passed: 1, failed: 1, skipped: 1 });
  });

  it('has a name that is one file', () => {
    expect(reportName(report)).toBe('portcullis-test-a_b');
  });

  it('reads as tables', () => {
    expect(reportMarkdown(report)).toBe(`# Maker Model | 2

|  |  |
| -- | -- |
| Library | Library 1.0 |
| Firmware | 3.4 |
| Token | portcullis-test-a/b, serial …6137 |
| Profile | softhsm2 |
| Portcullis | 0.1.0 |
| Made | 2027-01-02T03:04:05.000Z |
| Tests | 1 passed, 1 failed, 1 skipped |

## Known answers

| Mechanism | Answer |
| -- | -- |
| CKM_AES_GCM | CKR_MECHANISM_INVALID:112 |
| CKM_AES_CMAC | right |
| CKM_SHA256_HMAC | right |
| CKM_AES_CBC | wrong |
| CKM_AES_ECB | no key: CKR_TEMPLATE_INCONSISTENT:209 |

## Tests

| Test | Outcome |
| -- | -- |
| own token > opens | passed |
| own token > finds | failed |
| own token > keeps | skipped: *** refused *** |

## Mechanisms

| Mechanism | Key sizes |
| -- | -- |
| CKM_AES_CBC | 16 – 32 |
| CKM_AES_ECB | 16 – 32 |
`);
  });
});
