/** What a run over somebody's token found, fit to be shown around: no PIN, and of the serial number its end alone. */
import { VERSION } from '../../src/domain/version.ts';
import type { OwnToken } from '../../test/support/tokens/own-token.ts';
import type { WorkbenchResults } from '../../test/support/tokens/workbench-orders.ts';

export interface TestOutcome {
  readonly name: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  /** Why it was skipped; empty otherwise. */
  readonly reason: string;
}

export interface DeviceReport {
  readonly madeAt: string;
  readonly portcullis: string;
  readonly profile: string;
  readonly token: {
    readonly label: string;
    readonly serialEnd: string;
    readonly manufacturer: string;
    readonly model: string;
    readonly firmware: string;
    readonly library: string;
  };
  readonly knownAnswers: WorkbenchResults['ask known answers'];
  readonly mechanisms: WorkbenchResults['list mechanisms'];
  readonly counts: { readonly passed: number; readonly failed: number; readonly skipped: number };
  readonly tests: readonly TestOutcome[];
}

export interface DeviceFindings extends OwnToken {
  readonly mechanisms: DeviceReport['mechanisms'];
  readonly knownAnswers: DeviceReport['knownAnswers'];
  readonly tests: readonly TestOutcome[];
  readonly at: Date;
}

export function deviceReport(findings: DeviceFindings): DeviceReport {
  const { seen, token, profile, knownAnswers, tests } = findings;
  const redact = (text: string): string =>
    [token.pin, seen.serial]
      .filter((secret) => secret !== '')
      .reduce((clean, secret) => clean.replaceAll(secret, '***'), text);
  const count = (state: TestOutcome['state']): number => tests.filter((test) => test.state === state).length;
  const { label, serial, manufacturer, model, firmware, library } = seen;
  return {
    madeAt: findings.at.toISOString(),
    portcullis: VERSION,
    profile: profile.name,
    token: { label, serialEnd: serialEnd(serial), manufacturer, model, firmware, library },
    knownAnswers,
    mechanisms: [...findings.mechanisms].sort((a, b) => a.name.localeCompare(b.name)),
    counts: { passed: count('passed'), failed: count('failed'), skipped: count('skipped') },
    tests: tests.map((test) => ({ ...test, reason: redact(test.reason) })),
  };
}

/** A file name without its extension. */
export function reportName({ token }: DeviceReport): string {
  return token.label.replaceAll(/[^A-Za-z0-9._-]/g, '_');
}

function serialEnd(serial: string): string {
  return serial.length <= SERIAL_CHARS_SHOWN ? '…' : `…${serial.slice(-SERIAL_CHARS_SHOWN)}`;
}

const SERIAL_CHARS_SHOWN = 4;
