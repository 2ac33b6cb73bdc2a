/** Tokens: absolute paths, resolved PINs, and no token named twice. */
import { Bug } from '../../domain/bug.ts';
import type { HealthKey } from '../../domain/hsm/health-key.ts';
import type { KeySelector } from '../../domain/hsm/key-selector.ts';
import type { DeviceProfile } from '../../hsm/devices/profile.ts';
import { CONFIG_FILE_VARIABLES } from '../../hsm/devices/profiles.ts';
import type { DeviceProfiles } from '../device-profiles.ts';
import { type Findings, pathText } from '../findings.ts';
import type { TokenConfig } from '../portcullis-config.ts';
import type { Secrets } from '../read-secrets.ts';
import type { TokenInput } from '../schema/token-schema.ts';

export interface TokenSurroundings {
  /** By the position of the token. */
  readonly profiles: DeviceProfiles;
  readonly secrets: Secrets;
  readonly resolvePath: (path: string) => string;
}

/** A token; call it only when every secret and every profile was read. */
export function buildToken(
  token: TokenInput,
  index: number,
  { profiles, secrets, resolvePath }: TokenSurroundings,
): TokenConfig {
  const profile = profiles[index];
  if (profile === undefined) throw new Bug(`tokens[${index}] has no device profile`);
  const pin = secrets.get(pathText(['tokens', index, 'pin']));
  if (pin === undefined) throw new Bug(`the PIN of tokens[${index}] was not read`);
  const { name, device, libraryParameters, hosts } = token;
  const env = Object.entries(token.env).map(([variable, value]) => [
    variable,
    CONFIG_FILE_VARIABLES.includes(variable) ? resolvePath(value) : value,
  ]);
  return {
    name,
    device: typeof device === 'string' ? device : `${profile.name} as changed by ${resolvePath(device.file)}`,
    profile,
    module: resolvePath(token.module),
    env: Object.fromEntries(env),
    ...(libraryParameters === undefined ? {} : { libraryParameters }),
    token: {
      ...(token.token.label === undefined ? {} : { label: token.token.label }),
      ...(token.token.serial === undefined ? {} : { serial: token.token.serial }),
    },
    pin,
    healthKey: buildHealthKey(token, profile),
    hosts,
  };
}

export function buildHealthKey(token: TokenInput, profile: DeviceProfile): HealthKey {
  const { healthKey } = token;
  const named = typeof healthKey === 'string' ? undefined : healthKey.scheme;
  return { ...healthKeySelector(token), scheme: named ?? profile.defaultScheme };
}

/** @req X-41 */
export function healthKeySelector({ healthKey }: TokenInput): KeySelector {
  if (typeof healthKey === 'string') return { label: healthKey };
  const { label, id } = healthKey;
  return {
    ...(label === undefined ? {} : { label }),
    ...(id === undefined ? {} : { idHex: id.toLowerCase() }),
  };
}

/** Refuses a second entry of the same name, and a second entry for the same token. */
export function checkTokens(tokens: readonly (TokenInput | undefined)[], findings: Findings): void {
  const names = new Map<string, number>();
  const identities = new Map<string, number>();
  for (const [index, token] of tokens.entries()) {
    if (token === undefined) continue;
    const named = names.get(token.name);
    if (named === undefined) names.set(token.name, index);
    else {
      const found = `is ${token.name}, as is tokens[${named}].name`;
      findings.problem(['tokens', index, 'name'], found, 'a name of its own', 'rename one');
    }
    const identity = JSON.stringify([token.module, token.env, token.token.label, token.token.serial]);
    const same = identities.get(identity);
    if (same === undefined) identities.set(identity, index);
    else {
      const found = `names the same token as tokens[${same}]`;
      findings.problem(
        ['tokens', index, 'token'],
        found,
        'one entry for each token',
        'remove one; hosts adds processes',
      );
    }
  }
}
