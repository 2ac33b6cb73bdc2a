/**
 * A token that somebody owns, named by the environment: `HSM_MODULE`, `HSM_PIN`, and if need be
 * `HSM_TOKEN_LABEL`, `HSM_DEVICE`, `HSM_LIBRARY_PARAMETERS`. Only one whose label says that it is for tests is
 * touched at all, and its PIN is tried under the latch first.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HsmFault } from '../../../src/domain/hsm-fault.ts';
import { Secret } from '../../../src/domain/secret.ts';
import { generic } from '../../../src/hsm/devices/generic.ts';
import type { DeviceProfile } from '../../../src/hsm/devices/profile.ts';
import { DEVICE_NAMES, DEVICE_PROFILES } from '../../../src/hsm/devices/profiles.ts';
import { openTokenAdmin } from '../../../src/hsm/token-admin.ts';
import { type ProvisionedToken, TEST_LABEL_PREFIX, type TokenKind } from './token-kind.ts';
import { atWorkbench, type TokenAccess } from './workbench.ts';
import type { TokenSeen } from './workbench-orders.ts';

/** What the owner can put right; the message is all they need. `usage`: a variable; `refused`: the token. */
export class OwnTokenFault extends Error {
  override readonly name = 'OwnTokenFault';
  readonly code: 'usage' | 'refused';

  constructor(code: OwnTokenFault['code'], message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

export interface OwnToken {
  readonly profile: DeviceProfile;
  readonly token: ProvisionedToken;
  readonly seen: TokenSeen;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Finds the token, and logs in once to see that the PIN is right. Faults: {@link OwnTokenFault}. */
export async function openOwnToken(environment: Environment): Promise<OwnToken> {
  const profile = chosenProfile(environment);
  const module = resolve(required(environment, 'HSM_MODULE'));
  const pin = required(environment, 'HSM_PIN');
  const libraryParameters = environment['HSM_LIBRARY_PARAMETERS'];
  const directory = resolve(environment['HSM_STATE_DIR'] || STATE_DIRECTORY);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const access: TokenAccess = {
    paths: { directory, module },
    env: moduleEnvironment(environment),
    ...(libraryParameters && { libraryParameters }),
  };
  const seen = chooseToken(await look(access), environment['HSM_TOKEN_LABEL']);
  const token = { ...access, label: seen.label, pin, [Symbol.asyncDispose]: async () => undefined };
  await tryPin(token, profile);
  return { profile, token, seen };
}

/** For the contract suite. */
export function ownTokenKind(environment: Environment): TokenKind {
  const named = environment['HSM_MODULE'] !== undefined;
  return {
    name: 'own token',
    profile: named ? chosenProfile(environment) : generic,
    mechanisms: [],
    absent: named ? undefined : 'HSM_MODULE names no PKCS#11 module; npm run test:device explains',
    keepPin: 'a wrong PIN could cost the token an attempt',
    provision: async () => (await openOwnToken(environment)).token,
  };
}

function chosenProfile({ HSM_DEVICE: name }: Environment): DeviceProfile {
  if (!name) return generic;
  const profile = DEVICE_PROFILES.find((each) => each.name === name);
  if (profile !== undefined) return profile;
  throw new OwnTokenFault('usage', `HSM_DEVICE is '${name}'; it takes one of ${DEVICE_NAMES.join(', ')}`);
}

function required(environment: Environment, name: string): string {
  const value = environment[name];
  if (value) return value;
  throw new OwnTokenFault(
    'usage',
    `${name} is not set; set HSM_MODULE to a PKCS#11 library and HSM_PIN to the user PIN`,
  );
}

/** Modules look for their settings in many places, so this one gets what its owner has, but not the PIN. */
function moduleEnvironment(environment: Environment): Record<string, string> {
  const kept = Object.entries(environment).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !/^(HSM_|VITEST|NODE_OPTIONS$)/.test(entry[0]),
  );
  return Object.fromEntries(kept);
}

async function look(access: TokenAccess): Promise<readonly TokenSeen[]> {
  try {
    return await atWorkbench(access, { do: 'look' });
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new OwnTokenFault('refused', `the module ${access.paths.module} cannot be used: ${said}`, {
      cause,
    });
  }
}

function chooseToken(tokens: readonly TokenSeen[], wanted: string | undefined): TokenSeen {
  const shown = tokens.map(({ label }) => `'${label}'`).join(', ') || 'none';
  if (wanted && !wanted.startsWith(TEST_LABEL_PREFIX))
    throw new OwnTokenFault('refused', `HSM_TOKEN_LABEL is '${wanted}', and ${RULE}`);
  const candidates = tokens.filter(({ label }) =>
    wanted ? label === wanted : label.startsWith(TEST_LABEL_PREFIX),
  );
  const [only] = candidates;
  if (only === undefined) {
    const meant = wanted ? `no token labelled '${wanted}'` : `no token for tests, and ${RULE}`;
    throw new OwnTokenFault('refused', `the module shows ${meant}. It shows: ${shown}`);
  }
  if (candidates.length > 1)
    throw new OwnTokenFault('refused', `several tokens could be meant: ${shown}; set HSM_TOKEN_LABEL to one`);
  return only;
}

async function tryPin(token: ProvisionedToken, profile: DeviceProfile): Promise<void> {
  const { paths, env, libraryParameters, label, pin } = token;
  const stateDir = join(paths.directory, 'state');
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  try {
    await using admin = await openTokenAdmin({
      profile,
      module: paths.module,
      ...(libraryParameters !== undefined && { libraryParameters }),
      env,
      stateDir,
    });
    await admin.login({ token: { label }, pin: new Secret(pin) });
  } catch (cause) {
    if (!(cause instanceof HsmFault)) throw cause;
    throw new OwnTokenFault('refused', `token '${label}' lets nobody in: ${cause.detail}`, { cause });
  }
}

const RULE = `only tokens whose label begins with '${TEST_LABEL_PREFIX}' are touched; initialise one with such a label`;
const STATE_DIRECTORY = join('var', 'test-device');
