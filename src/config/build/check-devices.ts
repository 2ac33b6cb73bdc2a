/** What the profile of a token's device says of its settings: before the device is asked, and a try of its PIN spent. */
import type { KeySelector } from '../../domain/hsm/key-selector.ts';
import { fitsPinForm } from '../../hsm/devices/pin-form.ts';
import type { DeviceProfile } from '../../hsm/devices/profile.ts';
import type { DeviceProfiles } from '../device-profiles.ts';
import { type Findings, type PathInFile, pathText } from '../findings.ts';
import type { Secrets } from '../read-secrets.ts';
import type { TokenInput } from '../schema/token-schema.ts';
import { healthKeySelector } from './build-tokens.ts';
import type { PlacedKey } from './placed-keys.ts';

export interface DeviceContext {
  /** By the position of the token. */
  readonly profiles: DeviceProfiles;
  readonly secrets: Secrets;
  readonly keys: readonly PlacedKey[];
}

export function checkDevices(
  tokens: readonly (TokenInput | undefined)[],
  { profiles, secrets, keys }: DeviceContext,
  findings: Findings,
): void {
  const byName = new Map<string, DeviceProfile>();
  for (const [index, token] of tokens.entries()) {
    const profile = profiles[index];
    if (token === undefined || profile === undefined) continue;
    byName.set(token.name, profile);
    const path: PathInFile = ['tokens', index];
    checkPin(secrets.get(pathText([...path, 'pin']))?.reveal(), profile, [...path, 'pin'], findings);
    checkHosts(token, profile, [...path, 'hosts'], findings);
    checkParameters(token, profile, path, findings);
    checkSelector(healthKeySelector(token), profile, [...path, 'healthKey'], findings);
  }
  for (const { path, mapped } of keys) {
    checkSelector(mapped.key.selector, byName.get(mapped.key.token), path, findings);
  }
}

/** The PIN itself is quoted nowhere. */
function checkPin(
  pin: string | undefined,
  profile: DeviceProfile,
  path: PathInFile,
  findings: Findings,
): void {
  if (pin === undefined || fitsPinForm(profile.pin, pin)) return;
  const found = `is a PIN of another form than that of ${profile.name}`;
  findings.problem(path, found, profile.pin.expected, 'put the right one into place; this one is never sent');
}

function checkHosts(
  { hosts }: TokenInput,
  profile: DeviceProfile,
  path: PathInFile,
  findings: Findings,
): void {
  if (hosts <= profile.maxHosts) return;
  findings.problem(path, `is ${hosts}`, `at most ${profile.maxHosts} for ${profile.name}`, 'lower it');
}

function checkParameters(
  { libraryParameters, env }: TokenInput,
  profile: DeviceProfile,
  tokenPath: PathInFile,
  findings: Findings,
): void {
  const { name, libraryParameters: rule, parametersExample, configFileVariable = '' } = profile;
  const path = [...tokenPath, 'libraryParameters'];
  if (rule === 'refused' && libraryParameters !== undefined) {
    findings.problem(path, `is given, and the module of ${name} refuses it`, 'no such field', 'remove it');
  }
  if (rule === 'required' && libraryParameters === undefined) {
    const remedy = `add it, for example ${JSON.stringify(parametersExample)}`;
    findings.problem(path, 'is missing', `the parameters of ${name}`, remedy);
  }
  const bare = libraryParameters === undefined && env[configFileVariable] === undefined;
  if (rule === 'optional' && parametersExample !== undefined && bare) {
    findings.warn(
      tokenPath,
      `the module of ${name} gets neither env ${configFileVariable} nor libraryParameters, such as ${JSON.stringify(parametersExample)}`,
    );
  }
}

function checkSelector(
  { label, idHex }: KeySelector,
  profile: DeviceProfile | undefined,
  path: PathInFile,
  findings: Findings,
): void {
  if (profile === undefined) return;
  const { name, maxLabelBytes, maxIdBytes } = profile;
  const labelBytes = new TextEncoder().encode(label ?? '').length;
  const idBytes = (idHex ?? '').length / 2;
  if (maxLabelBytes !== undefined && labelBytes > maxLabelBytes) {
    findings.problem(path, `has a label of ${labelBytes} bytes`, `at most ${maxLabelBytes} on ${name}`);
  }
  if (maxIdBytes !== undefined && idBytes > maxIdBytes) {
    findings.problem(path, `has an id of ${idBytes} bytes`, `at most ${maxIdBytes} on ${name}`);
  }
}
