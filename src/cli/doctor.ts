/** `portcullis doctor`: looks at everything a configuration depends on, and says what is wrong with it. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { ConfigFault } from '../config/config-fault.ts';
import { loadConfig } from '../config/load-config.ts';
import type { PortcullisConfig } from '../config/portcullis-config.ts';
import { CliFault } from './cli-fault.ts';
import { allDuties } from './config-check.ts';
import { type DeviceReport, deviceText } from './doctor-device.ts';
import { type DoctorFinding, found } from './doctor-finding.ts';
import { examineKms } from './doctor-kms.ts';
import { type ProbeOptions, probePrefixes } from './doctor-probe.ts';
import { examineTokens } from './doctor-tokens.ts';
import { reloadProblems } from './reload-problems.ts';

interface Examination {
  readonly findings: readonly DoctorFinding[];
  readonly devices: readonly DeviceReport[];
}

interface DoctorOptions {
  readonly config: string;
  /** True without a URL. */
  readonly probe?: string | true;
  readonly clientCert?: string;
  readonly clientKey?: string;
  readonly json: boolean;
}

export function doctorCommand(): Command {
  return new Command('doctor')
    .description(
      'look at files, certificate, clock, tokens, PINs and keys of a configuration, and at what the devices can do',
    )
    .requiredOption('-c, --config <file>', 'configuration file')
    .option('--probe [url]', 'also call the running proxy: health, Encrypt and Decrypt behind each prefix')
    .option('--client-cert <file>', 'client certificate of the probe, with its chain, in PEM')
    .option('--client-key <file>', 'its private key, in PEM')
    .option('--json', 'print one JSON document', false)
    .addHelpText('after', EXAMPLE)
    .action((options: DoctorOptions) => runDoctor(options));
}

async function runDoctor(options: DoctorOptions): Promise<void> {
  const { findings, devices } = await examine(options);
  const ok = findings.every(({ severity }) => severity !== 'problem');
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ ok, findings, devices }, null, 2)}\n`
      : report({ findings, devices }, ok),
  );
  if (!ok) process.exitCode = 1;
}

/** A file that is refused ends the examination: the rest would be about another configuration. */
async function examine(options: DoctorOptions): Promise<Examination> {
  const { config: file, probe } = options;
  const client = clientOf(options);
  let config: PortcullisConfig;
  try {
    config = loadConfig(file);
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error;
    const problems = reloadProblems(error).map((problem) => found('configuration', 'problem', problem));
    return { findings: problems, devices: [] };
  }
  const nowMs = Date.now();
  const { findings, keys, lists, devices } = await examineTokens(config);
  const url = typeof probe === 'string' ? probe : undefined;
  return {
    findings: [
      ...configurationFindings(config, nowMs),
      clockFinding(nowMs),
      ...findings,
      ...(await examineKms(config, lists)),
      ...(probe === undefined ? [] : await probePrefixes({ config, url, keys, ...client })),
    ],
    devices,
  };
}

/** Both files or neither, and before a PIN is used. */
function clientOf({ probe, clientCert, clientKey }: DoctorOptions): Pick<ProbeOptions, 'client'> {
  if (clientCert === undefined && clientKey === undefined) return {};
  if (clientCert === undefined || clientKey === undefined || probe === undefined) {
    throw new CliFault('usage', '--client-cert and --client-key go together, and with --probe');
  }
  return { client: { cert: readPem(clientCert), key: readPem(clientKey) } };
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CliFault('refused', `${file} cannot be read (${code}); it must be a PEM file of this user`);
  }
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

function report({ findings, devices }: Examination, ok: boolean): string {
  const lines = findings.map(({ subject, severity, text }) => `${severity.padEnd(8)} ${subject}: ${text}`);
  const count = (severity: string): number => findings.filter((each) => each.severity === severity).length;
  const verdict = ok ? 'no problem' : `problems: ${count('problem')}`;
  const abilities = devices.map((device) => `\n${deviceText(device)}\n`).join('');
  return `${lines.join('\n')}\n${abilities}${verdict}, warnings: ${count('warning')}\n`;
}

const OLDEST_PLAUSIBLE_MS = Date.UTC(2026, 0, 1);
const EXAMPLE = `
Each token is logged in to once, under the PIN latch of the proxy, which may run at the same time, and is tried
with throw-away keys where its device makes such. --probe calls the proxy at its configured address, or at
the URL that AWS KMS would use. A proxy that asks for client certificates needs one of a CA that it trusts,
with the subject that the configuration wants.

  portcullis doctor --config portcullis.yaml
  portcullis doctor --config portcullis.yaml --probe https://xks.example.com
  portcullis doctor --config portcullis.yaml --probe --client-cert probe.pem --client-key probe.key

Exit code: 0 no problem (there may be warnings), 1 problems, 2 wrong usage.`;
