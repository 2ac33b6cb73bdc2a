/** From validated input to the configuration: pure, every check that spans fields, all findings in one go. */
import type { SeedKey } from '../../domain/key/seed-key.ts';
import type { DeviceProfile } from '../../hsm/devices/profile.ts';
import type { ConfigParts } from '../config-parts.ts';
import type { DeviceProfiles } from '../device-profiles.ts';
import type { Findings } from '../findings.ts';
import type { PortcullisConfig } from '../portcullis-config.ts';
import type { Secrets } from '../read-secrets.ts';
import type { TokenInput } from '../schema/token-schema.ts';
import { tokenNamesOf } from './build-key.ts';
import { buildCredentials, buildKeyStore } from './build-key-store.ts';
import { buildKms } from './build-kms.ts';
import { buildControl, buildProxy, checkListeners } from './build-proxy.ts';
import { buildToken, checkTokens } from './build-tokens.ts';
import { checkCredentials } from './check-credentials.ts';
import { checkDevices } from './check-devices.ts';
import { checkKeyMap } from './check-key-map.ts';
import { placedKeys } from './placed-keys.ts';

export interface BuildContext {
  /** Absolute path of the configuration file. */
  readonly file: string;
  readonly secrets: Secrets;
  /** By the position of the token. */
  readonly profiles: DeviceProfiles;
  /** Of the KMS engine. */
  readonly seed: readonly SeedKey[];
  readonly resolvePath: (path: string) => string;
}

/** The configuration, or undefined when there are problems, which are then in `findings`. */
export function buildConfig(
  parts: ConfigParts,
  context: BuildContext,
  findings: Findings,
): PortcullisConfig | undefined {
  const { file, secrets, profiles, seed, resolvePath } = context;
  const proxy = parts.proxy === undefined ? undefined : buildProxy(parts.proxy, resolvePath, findings);
  const control = buildControl(parts.control, resolvePath, findings);
  const kms = buildKms(parts, { secrets, seed, resolvePath }, findings);
  checkListeners(parts, findings);
  checkPurpose(parts, findings);
  checkTokens(parts.tokens, findings);
  const known = {
    byName: tokensByName(parts.tokens),
    profiles: profilesByName(parts.tokens, profiles),
    complete: parts.tokens.length > 0 && !parts.tokens.includes(undefined),
  };
  const stores = parts.keyStores.map((input, index) =>
    input === undefined ? undefined : { input, index, store: buildKeyStore(input, index, known, findings) },
  );
  const built = stores.map((each) => each?.store);
  const keys = placedKeys(built, parts.keyStores);
  checkKeyMap(built, keys, { tokens: parts.tokens, profiles }, findings);
  checkDevices(parts.tokens, { profiles, secrets, keys }, findings);
  checkCredentials(parts.keyStores, secrets, findings);
  warnOfUnusedTokens(parts, findings);

  const { metrics, log, stateDir, invocations } = parts;
  if (findings.problems.length > 0) return undefined;
  if (proxy === undefined || log === undefined || stateDir === undefined || invocations === undefined)
    return undefined;
  return {
    file,
    sources: [file, ...sourcesOf(parts).map(resolvePath)],
    proxy,
    ...(metrics === undefined ? {} : { metrics }),
    ...(control === undefined ? {} : { control }),
    stateDir: resolvePath(stateDir),
    log,
    invocations: { fleetShare: invocations.fleetShare ?? 1 / proxy.fleetSize, refuse: invocations.refuse },
    tokens: parts.tokens.flatMap((token, index) =>
      token === undefined ? [] : [buildToken(token, index, { profiles, secrets, resolvePath })],
    ),
    keyStores: stores.flatMap((each) =>
      each === undefined
        ? []
        : [{ ...each.store, credentials: buildCredentials(each.input, each.index, secrets) }],
    ),
    ...(kms === undefined ? {} : { kms }),
    warnings: findings.warnings,
  };
}

/** A process that serves nothing is a mistake in the file, and so are key stores without a token. */
function checkPurpose({ tokens, keyStores, kms, complete }: ConfigParts, findings: Findings): void {
  if (!complete) return;
  if (keyStores.length === 0 && kms === undefined)
    findings.problem([], 'has neither keyStores nor kms', 'something to serve', 'add one of them');
  if (keyStores.length > 0 && tokens.length === 0)
    findings.problem(['tokens'], 'is missing', 'a list of 1 to 64 entries');
}

/** Files behind secrets, device profiles and TLS settings, as the configuration writes them. */
export function sourcesOf(parts: ConfigParts): string[] {
  const tls = parts.proxy?.tls;
  const store = parts.kms?.store;
  const secrets = [
    ...parts.tokens.map((token) => token?.pin),
    ...parts.keyStores.flatMap((store) =>
      (store?.credentials ?? []).map(({ secretAccessKey }) => secretAccessKey),
    ),
    ...(parts.kms?.access.credentials ?? []).map(({ secretAccessKey }) => secretAccessKey),
    ...(store !== undefined && 'postgres' in store ? [store.postgres.password] : []),
  ];
  const inFiles = secrets.flatMap((secret) =>
    typeof secret === 'object' && 'file' in secret ? [secret.file] : [],
  );
  const profiles = parts.tokens.flatMap((token) =>
    typeof token?.device === 'object' ? [token.device.file] : [],
  );
  const kms = [parts.kms?.tls?.certFile, parts.kms?.tls?.keyFile, parts.kms?.seed];
  return [tls?.certFile, tls?.keyFile, tls?.clientCaFile, ...kms, ...profiles, ...inFiles].filter(
    (file) => file !== undefined,
  );
}

function tokensByName(tokens: ConfigParts['tokens']): ReadonlyMap<string, TokenInput> {
  return new Map(tokens.flatMap((token) => (token === undefined ? [] : [[token.name, token] as const])));
}

function profilesByName(
  tokens: ConfigParts['tokens'],
  profiles: DeviceProfiles,
): ReadonlyMap<string, DeviceProfile> {
  return new Map(
    tokens.flatMap((token, index) => {
      const profile = profiles[index];
      return token === undefined || profile === undefined ? [] : [[token.name, profile] as const];
    }),
  );
}

function warnOfUnusedTokens(parts: ConfigParts, findings: Findings): void {
  const used = new Set(
    parts.keyStores.flatMap((store) => Object.values(store?.keys ?? {}).flatMap(tokenNamesOf)),
  );
  if (parts.kms?.token !== undefined) used.add(parts.kms.token);
  for (const [index, token] of parts.tokens.entries()) {
    if (token === undefined || used.has(token.name)) continue;
    findings.warn(['tokens', index], `no key uses the token ${token.name}`);
  }
}
