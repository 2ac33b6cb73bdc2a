/** `portcullis token info`: whether a token is there, takes its PIN, and can do what is needed. */
import { Command } from 'commander';
import type { AeadScheme } from '../domain/hsm/aead-scheme.ts';
import { profileOf } from '../hsm/devices/profiles.ts';
import { schemesAmong } from '../hsm/devices/scheme-mechanisms.ts';
import { CliFault } from './cli-fault.ts';
import { moduleOptions } from './module-options.ts';
import {
  configuredToken,
  type LoggedInToken,
  type ModuleOptions,
  openModule,
  readPin,
  withConfiguredToken,
} from './token-access.ts';

interface TokenInfoOptions extends Omit<ModuleOptions, 'module' | 'stateDir'> {
  readonly config?: string;
  readonly token?: string;
  readonly module?: string;
  readonly stateDir?: string;
  readonly label?: string;
  readonly pinFile?: string;
  readonly json: boolean;
}

export function tokenInfoCommand(): Command {
  const command = new Command('info')
    .description('log in to a token once and describe it')
    .option('-c, --config <file>', 'configuration that names the token')
    .option('-t, --token <name>', 'its name there; may be left out when there is one')
    .option('-l, --label <label>', 'with --module: label of the token')
    .option('-p, --pin-file <file>', 'with --module: file with the user PIN')
    .option(
      '--state-dir <directory>',
      'with --module: where refused PINs are noted; the same as the proxy uses',
    )
    .option('--json', 'print one JSON document', false)
    .addHelpText('after', EXAMPLE)
    .action((options: TokenInfoOptions) => runTokenInfo(options));
  for (const option of moduleOptions()) command.addOption(option);
  return command;
}

async function runTokenInfo(options: TokenInfoOptions): Promise<void> {
  const info = await lookedAt(options);
  process.stdout.write(options.json ? `${JSON.stringify(info, null, 2)}\n` : infoText(info));
  if (info.schemes.length === 0) process.exitCode = 1;
}

async function lookedAt(options: TokenInfoOptions): Promise<TokenInfo> {
  if (options.config !== undefined) {
    return await withConfiguredToken(configuredToken(options.config, options.token), infoOf);
  }
  const { module, label, pinFile, stateDir } = options;
  if (module === undefined || label === undefined || pinFile === undefined || stateDir === undefined) {
    throw new CliFault(
      'usage',
      'name the token: --config <file>, or --module, --label, --pin-file and --state-dir together',
    );
  }
  const pin = readPin(pinFile);
  await using admin = await openModule({ ...options, module, stateDir });
  const info = await admin.login({ token: { label }, pin });
  return await infoOf({ admin, info, profile: profileOf(options.device) });
}

interface TokenInfo {
  readonly label: string;
  readonly serial: string;
  readonly vendor: string;
  readonly model: string;
  /** Those whose mechanism is on the token's list, or known to be missing there. */
  readonly schemes: readonly AeadScheme[];
  /** CKM numbers in hex. */
  readonly mechanisms: readonly string[];
  /** Secret keys that the login sees. */
  readonly keys: number;
}

async function infoOf({ admin, info, profile }: LoggedInToken): Promise<TokenInfo> {
  const { label, serial, vendor, model, mechanisms } = info;
  return {
    ...{ label, serial, vendor, model },
    schemes: schemesAmong([...mechanisms, ...profile.unlistedMechanisms]),
    mechanisms: mechanisms.map((mechanism) => `0x${mechanism.toString(16).padStart(4, '0')}`),
    keys: (await admin.listKeys()).length,
  };
}

function infoText(info: TokenInfo): string {
  const schemes = info.schemes.join(' ') || 'none: this token cannot serve AWS KMS';
  return `token       ${info.label}, serial ${info.serial}
device      ${info.vendor}, ${info.model}
PIN         accepted
schemes     ${schemes}
mechanisms  ${info.mechanisms.length}
keys        ${info.keys}
`;
}

const EXAMPLE = `
One login is made, under the PIN latch of the proxy: a PIN that this token refused before is not sent again.

  portcullis token info --config portcullis.yaml --token soft
  portcullis token info --module /usr/lib/softhsm/libsofthsm2.so --env SOFTHSM2_CONF=softhsm2.conf \\
      --label portcullis --pin-file pin --state-dir state

Exit code: 0 usable, 1 not there, PIN refused or no scheme, 2 wrong usage.`;
