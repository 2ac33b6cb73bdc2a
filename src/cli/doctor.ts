/** `portcullis doctor`: looks at everything a configuration depends on, and says what is wrong with it. */
import { Command } from 'commander';
import { ConfigFault } from '../config/config-fault.ts';
import { loadConfig } from '../config/load-config.ts';
import type { PortcullisConfig } from '../config/portcullis-config.ts';
import { allDuties } from './config-check.ts';
import { type DoctorFinding, found } from './doctor-finding.ts';
import { probePrefixes } from './doctor-probe.ts';
import { examineTokens } from './doctor-tokens.ts';
import { reloadProblems } from './reload-problems.ts';

interface DoctorOptions {
  readonly config: string;
  /** True without a URL. */
  readonly probe?: string | true;
  readonly json: boolean;
}

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('look at files, certificate, clock, tokens, PINs and keys of a configuration')
    .requiredOption('-c, --config <file>', 'configuration file')
    .option('--probe [url]', 'also call the running proxy: health, Encrypt and Decrypt behind each prefix')
    .option('--json', 'print one JSON document', false)
    .addHelpText('after', EXAMPLE)
    .action((options: DoctorOptions) => runDoctor(options));
}

async function runDoctor(options: DoctorOptions): Promise<void> {
  const findings = await examine(options);
  const ok = findings.every(({ severity }) => severity !== 'problem');
  process.stdout.write(
    options.json ? `${JSON.stringify({ ok, findings }, null, 2)}\n` : report(findings, ok),
  );
  if (!ok) process.exitCode = 1;
}

/** A file that is refused ends the examination: the rest would be about another configuration. */
async function examine({ config: file, probe }: DoctorOptions): Promise<DoctorFinding[]> {
  let config: PortcullisConfig;
  try {
    config = loadConfig(file);
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error;
    return reloadProblems(error).map((problem) => found('configuration', 'problem', problem));
  }
  const nowMs = Date.now();
  const { findings, keys } = await examineTokens(config);
  const url = typeof probe === 'string' ? probe : undefined;
  return [
    ...configurationFindings(config, nowMs),
    clockFinding(nowMs),
    ...findings,
    ...(probe === undefined ? [] : await probePrefixes({ config, url, keys })),
  ];
}

/** What loading has checked besides (files, modes, secrets) is good, or there would be no configuration. */
function configurationFindings(config: PortcullisConfig, nowMs: number): DoctorFinding[] {
  return [
    found('configuration', 'ok', `${config.file} is valid; files, modes and secrets are as they must be`),
    ...config.warnings.map((warning) => found('configuration', 'warning', warning)),
    ...allDuties(config, nowMs).flatMap(({ requirement, severity, text }) =>
      severity === 'duty' ? [] : [found(requirement, severity, text)],
    ),
  ];
}

/** Signatures more than five minutes old are refused, so a clock that was never set stops everything. */
function clockFinding(nowMs: number): DoctorFinding {
  const now = new Date(nowMs).toISOString();
  return nowMs < OLDEST_PLAUSIBLE_MS
    ? found('clock', 'problem', `${now} is before this program was made; set the clock`)
    : found('clock', 'ok', `${now}; AWS KMS must agree within five minutes, so keep it synchronised`);
}

function report(findings: readonly DoctorFinding[], ok: boolean): string {
  const lines = findings.map(({ subject, severity, text }) => `${severity.padEnd(8)} ${subject}: ${text}`);
  const count = (severity: string): number => findings.filter((each) => each.severity === severity).length;
  const verdict = ok ? 'no problem' : `problems: ${count('problem')}`;
  return `${lines.join('\n')}\n${verdict}, warnings: ${count('warning')}\n`;
}

const OLDEST_PLAUSIBLE_MS = Date.UTC(2026, 0, 1);
const EXAMPLE = `
Each token is logged in to once, under the PIN latch of the proxy, which may run at the same time. --probe
calls the proxy at its configured address, or at the URL that AWS KMS would use.

  portcullis doctor --config portcullis.yaml
  portcullis doctor --config portcullis.yaml --probe https://xks.example.com

Exit code: 0 no problem (there may be warnings), 1 problems, 2 wrong usage.`;
