/** `portcullis token init`: initialises a blank token. PINs travel in files, never on a command line. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { Command } from 'commander';
import type { Secret } from '../domain/secret.ts';
import { fitsPinForm } from '../hsm/devices/pin-form.ts';
import type { DeviceProfile } from '../hsm/devices/profile.ts';
import { profileOf } from '../hsm/devices/profiles.ts';
import { CliFault } from './cli-fault.ts';
import { moduleOptions } from './module-options.ts';
import { writePrivateFile } from './private-file.ts';
import { type ModuleOptions, openModule, readPin } from './token-access.ts';

interface TokenInitOptions extends ModuleOptions {
  readonly label: string;
  readonly pinFile: string;
  readonly soPinFile: string;
  readonly generate: boolean;
  readonly json: boolean;
}

export function tokenInitCommand(): Command {
  const command = new Command('init')
    .description('initialise the first blank token of a module and set its PINs')
    .requiredOption('-l, --label <label>', 'label for the token, at most 32 bytes')
    .requiredOption('-p, --pin-file <file>', 'file with the user PIN, for the proxy')
    .requiredOption('--so-pin-file <file>', 'file with the PIN of the security officer, to be kept elsewhere')
    .requiredOption('--state-dir <directory>', 'stateDir of the configuration to come')
    .option('--generate', 'make the PIN files that are not there yet, mode 0600, with random PINs', false)
    .option('--json', 'print one JSON document', false)
    .addHelpText('after', EXAMPLE)
    .action((options: TokenInitOptions) => runTokenInit(options));
  for (const option of moduleOptions()) {
    command.addOption(option.long === '--module' ? option.makeOptionMandatory() : option);
  }
  return command;
}

async function runTokenInit(options: TokenInitOptions): Promise<void> {
  const { label, pinFile, soPinFile, generate, json } = options;
  const bytes = Buffer.byteLength(label);
  if (bytes === 0 || bytes > MAX_LABEL_BYTES) {
    throw new CliFault('usage', `--label must have 1 to ${MAX_LABEL_BYTES} bytes; this one has ${bytes}`);
  }
  await using admin = await openModule(options);
  // A PIN is in its file before the token knows it: whatever breaks off, nobody is locked out.
  const pin = pinFrom(pinFile, generate, profileOf(options.device));
  const soPin = pinFrom(soPinFile, generate);
  const { serial } = await admin.initToken({ label, soPin, pin });
  const done = { label, serial, pinFile, soPinFile };
  process.stdout.write(
    json
      ? `${JSON.stringify(done, null, 2)}\n`
      : `token ${label}, serial ${serial}, is initialised\nuser PIN in ${pinFile}, security officer's PIN in ${soPinFile}\n`,
  );
}

function pinFrom(file: string, generate: boolean, profile?: DeviceProfile): Secret {
  if (!existsSync(file)) {
    if (!generate) {
      throw new CliFault('refused', `${file} does not exist; write the PIN into it, or add --generate`);
    }
    const pin = randomBytes(PIN_BYTES).toString('hex');
    if (profile !== undefined && !fitsPinForm(profile.pin, pin)) {
      const { name, pin: form } = profile;
      throw new CliFault(
        'refused',
        `--generate makes ${2 * PIN_BYTES} hex digits, but ${name} wants ${form.expected}; write it into ${file}`,
      );
    }
    writePrivateFile(file, `${pin}\n`);
  }
  return readPin(file);
}

/** CK_TOKEN_INFO (PKCS#11 v2.40, section 3.2). */
const MAX_LABEL_BYTES = 32;
const PIN_BYTES = 16;
const EXAMPLE = `
Tokens that are initialised already are left alone: this command erases nothing.

  portcullis token init --module /usr/lib/softhsm/libsofthsm2.so --env SOFTHSM2_CONF=softhsm2.conf \\
      --label portcullis --pin-file pin --so-pin-file so-pin --generate --state-dir state

Exit code: 0 initialised, 1 refused (no blank token, a PIN that is too short), 2 wrong usage.`;
