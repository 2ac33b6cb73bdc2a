/** Opening a token for a command: named by a configuration, or by module, label and PIN file. */
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { readEnvironment } from '../config/env.ts';
import { loadConfig } from '../config/load-config.ts';
import type { PortcullisConfig, TokenConfig } from '../config/portcullis-config.ts';
import { FileFault, ownGroups, readRegularFile } from '../config/private-file.ts';
import { Secret } from '../domain/secret.ts';
import type { DeviceProfile } from '../hsm/devices/profile.ts';
import { profileOf } from '../hsm/devices/profiles.ts';
import type { OpenedToken } from '../hsm/devices/token-shapes.ts';
import { hostEnvironment } from '../hsm/supervisor/host-environment.ts';
import { openTokenAdmin, type TokenAdmin } from '../hsm/token-admin.ts';
import { CliFault } from './cli-fault.ts';

/** A PKCS#11 module as the options of a command name it. */
export interface ModuleOptions {
  readonly device: string;
  readonly module: string;
  /** `NAME=value` each. */
  readonly env: readonly string[];
  readonly libraryParameters?: string;
  readonly stateDir: string;
}

/** A token in which one login was made. */
export interface LoggedInToken {
  readonly admin: TokenAdmin;
  readonly info: OpenedToken;
  readonly profile: DeviceProfile;
}

/** The configured token of this name, or the only one when there is no name. */
export function configuredToken(
  configFile: string,
  name: string | undefined,
): { readonly config: PortcullisConfig; readonly token: TokenConfig } {
  const config = loadConfig(configFile);
  const candidates = config.tokens.filter((each) => name === undefined || each.name === name);
  const [token] = candidates;
  if (token !== undefined && candidates.length === 1) return { config, token };
  const known = config.tokens.map((each) => each.name).join(', ');
  const trouble = token === undefined ? `no token named '${name}'` : 'several tokens';
  throw new CliFault('usage', `${config.file} has ${trouble}; name one with --token: ${known}`);
}

/** Starts a token host and loads the module; logs in to nothing. */
export function openModule(options: ModuleOptions): Promise<TokenAdmin> {
  return openProfiled(options, profileOf(options.device));
}

function openProfiled(options: Omit<ModuleOptions, 'device'>, profile: DeviceProfile): Promise<TokenAdmin> {
  const { module, libraryParameters, stateDir } = options;
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  return openTokenAdmin({
    profile,
    module: resolve(module),
    ...(libraryParameters !== undefined && { libraryParameters }),
    env: hostEnvironment(readEnvironment(), Object.fromEntries(options.env.map(variable))),
    stateDir: resolve(stateDir),
  });
}

/** Lends the configured token, logged in under the PIN latch that its proxy uses, to `work`. */
export async function withConfiguredToken<T>(
  { config, token }: { readonly config: PortcullisConfig; readonly token: TokenConfig },
  work: (token: LoggedInToken) => Promise<T>,
): Promise<T> {
  const env = Object.entries(token.env).map(([name, value]) => `${name}=${value}`);
  const { profile, module, libraryParameters, pin } = token;
  const parameters = libraryParameters === undefined ? {} : { libraryParameters };
  await using admin = await openProfiled({ module, env, ...parameters, stateDir: config.stateDir }, profile);
  const info = await admin.login({ token: token.token, pin });
  return await work({ admin, info, profile });
}

/** The text of a file that only its owner or own group can read, without the line break at its end. */
export function readPin(file: string): Secret {
  try {
    const { bytes, access } = readRegularFile(file, MAX_PIN_BYTES, ownGroups());
    if (access.readOrWrite !== undefined) {
      throw new CliFault('refused', `${file} is open to ${access.readOrWrite}; chmod 600 it`);
    }
    const pin = Buffer.from(bytes)
      .toString('utf8')
      .replace(/\r?\n$/, '');
    if (pin === '') throw new CliFault('refused', `${file} is empty; write the PIN into it`);
    return new Secret(pin);
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    throw new CliFault('refused', `${file} ${error.message}; it should hold a PIN`, { cause: error });
  }
}

function variable(text: string): readonly [string, string] {
  const equals = text.indexOf('=');
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
  throw new CliFault('usage', `--env takes NAME=value, such as SOFTHSM2_CONF=token/softhsm2.conf`);
}

const MAX_PIN_BYTES = 1_024;
