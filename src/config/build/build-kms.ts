/** The KMS engine: absolute paths, callers, and what must agree between its fields. */
import { hash } from 'node:crypto';
import type { SeedKey } from '../../domain/key/seed-key.ts';
import type { KmsCaller } from '../../domain/kms/caller.ts';
import type { ConfigParts } from '../config-parts.ts';
import { type Findings, type PathInFile, pathText } from '../findings.ts';
import type { KmsConfig, KmsCredential } from '../portcullis-config.ts';
import type { Secrets } from '../read-secrets.ts';
import type { KmsInput } from '../schema/kms-schema.ts';
import { buildEventSinks } from './build-event-sinks.ts';
import { tokenNamesOf } from './build-key.ts';
import { buildStore } from './build-kms-store.ts';
import { isLoopback } from './build-proxy.ts';

export interface KmsSurroundings {
  readonly secrets: Secrets;
  readonly seed: readonly SeedKey[];
  readonly resolvePath: (path: string) => string;
}

export function buildKms(
  parts: ConfigParts,
  { secrets, seed, resolvePath }: KmsSurroundings,
  findings: Findings,
): KmsConfig | undefined {
  const { kms } = parts;
  if (kms === undefined) return undefined;
  checkAccess(kms, findings);
  checkKeys(kms, parts, findings);
  checkSharing(kms, findings);
  const { host, port, reusePort, tls, token, store, access, events, limits, dangerAllowClockControl } = kms;
  return {
    host,
    port,
    reusePort,
    ...(tls !== undefined && {
      tls: { certFile: resolvePath(tls.certFile), keyFile: resolvePath(tls.keyFile) },
    }),
    ...(token !== undefined && { token }),
    store: buildStore(store, { secrets, resolvePath }, findings),
    access: {
      mode: access.mode,
      credentials: access.credentials.flatMap((input, index) => credentialOf(input, index, secrets)),
    },
    allowClockControl: dangerAllowClockControl,
    seed,
    events: buildEventSinks(events, { secrets, resolvePath }, findings),
    limits,
  };
}

/** Clients could not tell which of two stores answers them. */
function checkSharing({ reusePort, store }: KmsInput, findings: Findings): void {
  if (!reusePort || 'postgres' in store) return;
  findings.problem(
    ['kms', 'reusePort'],
    'is true, and the store is for one engine alone',
    'a PostgreSQL store, which all engines on the port share',
    'set store: { postgres: … }, or reusePort: false',
  );
}

function checkAccess({ host, access }: KmsInput, findings: Findings): void {
  const { mode, credentials, dangerOpenToNetwork } = access;
  if (mode === 'open' && !isLoopback(host) && !dangerOpenToNetwork) {
    findings.problem(
      ['kms', 'access', 'mode'],
      `is open, and ${host} can be reached from other machines`,
      'verify, or a loopback address',
      'list credentials, listen on 127.0.0.1, or set dangerOpenToNetwork: true if every caller may do everything',
    );
  }
  if (mode === 'verify' && credentials.length === 0) {
    findings.problem(
      ['kms', 'access', 'credentials'],
      'is empty, so nobody could call',
      'at least one credential',
      'add one, or set mode: open on a loopback address',
    );
  }
  const seen = new Map<string, number>();
  for (const [index, { accessKeyId }] of credentials.entries()) {
    const twin = seen.get(accessKeyId);
    if (twin === undefined) seen.set(accessKeyId, index);
    else
      findings.problem(
        ['kms', 'access', 'credentials', index, 'accessKeyId'],
        `is the access key id of credentials[${twin}] again`,
        'each access key id once',
        'remove one',
      );
  }
}

function checkKeys(kms: KmsInput, parts: ConfigParts, findings: Findings): void {
  const { token, dangerSoftwareKeys, store, access } = kms;
  const path: PathInFile = ['kms', 'token'];
  if (dangerSoftwareKeys) {
    if (token !== undefined)
      findings.problem(path, 'is given next to dangerSoftwareKeys', 'one of them', 'remove one');
    if (!('dangerMemory' in store))
      findings.problem(
        ['kms', 'store'],
        'outlasts dangerSoftwareKeys, so that its keys could not be opened after a restart',
        '{ dangerMemory: true }',
        'keep the keys in a token, or the records in memory',
      );
    return;
  }
  if (token === undefined) {
    findings.problem(path, 'is missing', 'the name of the token that holds the keys', 'add it');
    return;
  }
  if (!parts.tokens.some((each) => each?.name === token)) {
    const complete = !parts.tokens.includes(undefined);
    if (complete)
      findings.problem(path, `is ${token}, which is no token of this file`, 'one of tokens[].name');
    return;
  }
  const shared = parts.keyStores.findIndex((each) =>
    Object.values(each?.keys ?? {}).some((key) => tokenNamesOf(key).includes(token)),
  );
  if (shared >= 0 && access.mode === 'open') {
    findings.problem(
      path,
      `is ${token}, which keyStores[${shared}] uses too, and the engine is open to everybody`,
      'a token of its own, or access.mode verify',
      'give the engine another token',
    );
  }
}

/** Nothing when its secret could not be read, which is a problem of its own. */
function credentialOf(
  { accessKeyId, account, principal }: KmsInput['access']['credentials'][number],
  index: number,
  secrets: Secrets,
): KmsCredential[] {
  const secret = secrets.get(pathText(['kms', 'access', 'credentials', index, 'secretAccessKey']));
  if (secret === undefined) return [];
  const caller: KmsCaller = {
    account,
    principalArn: `arn:aws:iam::${account}:${principal}`,
    userId: principal === 'root' ? account : uniqueId(account, principal),
    accessKeyId,
  };
  return [{ accessKeyId, secret, caller }];
}

/** Shaped like the unique id of a user (AIDA…) or role (AROA…), and the same at every start. */
function uniqueId(account: string, principal: string): string {
  const prefix = principal.startsWith('role/') ? 'AROA' : 'AIDA';
  const digest = hash('sha256', `${account}/${principal}`, 'buffer');
  return prefix + [...digest.subarray(0, 17)].map((byte) => BASE32[byte & 31]).join('');
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
