/** A key store in domain terms, and what must hold inside one. */
import { Bug } from '../../domain/bug.ts';
import { isReservedMetadata } from '../../domain/xks/ciphertext-metadata.ts';
import type { KeyStore, MappedKey, StoreCredential } from '../../domain/xks/key-store.ts';
import { MAX_METADATA_BYTES } from '../../domain/xks/limits.ts';
import { type Findings, type PathInFile, pathText } from '../findings.ts';
import type { Secrets } from '../read-secrets.ts';
import type { KeyStoreInput } from '../schema/key-store-schema.ts';
import { buildKey, type KnownTokens, tokenNamesOf } from './build-key.ts';
import { buildPolicy } from './build-policy.ts';

/** Checks and builds a key store without its credentials; keys that were refused are absent. */
export function buildKeyStore(
  input: KeyStoreInput,
  index: number,
  tokens: KnownTokens,
  findings: Findings,
): Omit<KeyStore, 'credentials'> {
  const path: PathInFile = ['keyStores', index];
  const { pathPrefix, status, regions, aadMode, quota } = input;
  checkPrefix(pathPrefix, [...path, 'pathPrefix'], findings);
  checkRegions(regions, [...path, 'regions'], findings);
  const legacyMetadata = buildLegacyMetadata(input, [...path, 'legacyMetadata'], findings);
  const keys = buildKeys(input, path, tokens, findings);
  return {
    pathPrefix,
    // 0 is the class of our own health checks.
    tenant: index + 1,
    status,
    regions,
    aadMode,
    ...(legacyMetadata === undefined ? {} : { legacyMetadata }),
    keys,
    policy: buildPolicy(input.policy, [...path, 'policy'], findings),
    ...(quota === undefined
      ? {}
      : { quota: { perSecond: quota.perSecond, burst: quota.burst ?? quota.perSecond } }),
  };
}

/** The credentials of a key store; call it only when every secret was read. */
export function buildCredentials(input: KeyStoreInput, index: number, secrets: Secrets): StoreCredential[] {
  return input.credentials.map(({ accessKeyId, createdAt }, position) => {
    const path = pathText(['keyStores', index, 'credentials', position, 'secretAccessKey']);
    const secretAccessKey = secrets.get(path);
    if (secretAccessKey === undefined) throw new Bug(`${path} was not read`);
    const writtenMs = secrets.writtenMs.get(path);
    return {
      accessKeyId,
      secretAccessKey,
      ...(createdAt !== undefined && { createdMs: Date.parse(createdAt) }),
      ...(writtenMs !== undefined && { writtenMs }),
    };
  });
}

/** @req X-07 */
function checkPrefix(prefix: string, path: PathInFile, findings: Findings): void {
  if (prefix.includes(API_PATH)) {
    findings.problem(path, `contains ${API_PATH}`, `the part before ${API_PATH}`, 'leave that part out');
  }
  const length = prefix.length + API_PATH.length;
  if (length > MAX_BASE_PATH_LENGTH) {
    const found = `gives a path of ${length} characters together with ${API_PATH}`;
    findings.problem(path, found, `at most ${MAX_BASE_PATH_LENGTH}`, 'choose a shorter prefix');
  }
}

function checkRegions(regions: readonly string[], path: PathInFile, findings: Findings): void {
  for (const [index, region] of regions.entries()) {
    if (regions.indexOf(region) === index) continue;
    findings.problem([...path, index], `is ${region} again`, 'each Region once', 'remove it');
  }
}

function buildLegacyMetadata(
  { legacyMetadata, aadMode }: KeyStoreInput,
  path: PathInFile,
  findings: Findings,
): Uint8Array | undefined {
  if (legacyMetadata === undefined) return undefined;
  if (aadMode !== 'sha256') {
    findings.problem(
      path,
      `is given with aadMode ${aadMode}`,
      'legacyMetadata with aadMode sha256 only',
      'remove it',
    );
  }
  const bytes = Uint8Array.from(atob(legacyMetadata), (character) => character.charCodeAt(0));
  if (bytes.length > MAX_METADATA_BYTES) {
    findings.problem(
      path,
      `is ${bytes.length} bytes long`,
      `at most ${MAX_METADATA_BYTES} bytes before Base64`,
    );
  }
  if (isReservedMetadata(bytes)) {
    findings.problem(
      path,
      'is a value that this proxy writes itself (4 or 20 bytes that start with 01)',
      'the value that only the earlier proxy wrote',
      'correct it, or remove it',
    );
  }
  return bytes;
}

/** @req X-08 X-09 X-44 */
function buildKeys(
  { keys, pathPrefix }: KeyStoreInput,
  storePath: PathInFile,
  tokens: KnownTokens,
  findings: Findings,
): ReadonlyMap<string, MappedKey> {
  const path = [...storePath, 'keys'];
  const built = new Map<string, MappedKey>();
  for (const [externalKeyId, key] of Object.entries(keys)) {
    const keyPath = [...path, externalKeyId];
    if (hostNameRoom(pathPrefix, externalKeyId) < SHORTEST_HOST_NAME) {
      const found = 'gives a URI of more than 256 characters with any host name';
      findings.problem(keyPath, found, 'a shorter external key id or pathPrefix', 'shorten one of them');
    }
    const mapped = buildKey(externalKeyId, key, keyPath, tokens, findings);
    if (mapped !== undefined) built.set(externalKeyId, mapped);
  }
  const count = new Set(Object.values(keys).flatMap(tokenNamesOf)).size;
  if (Object.keys(keys).length === 0) {
    const remedy = 'map a key; the health of a key store is that of the tokens behind its keys';
    findings.problem(path, 'is empty', 'at least one key', remedy);
  }
  if (count > MAX_TOKENS_BEHIND_PREFIX) {
    const expected = `at most ${MAX_TOKENS_BEHIND_PREFIX}, as many as a health reply can list`;
    findings.problem(path, `use ${count} tokens`, expected, 'split the key store');
  }
  return built;
}

/** How long the host name of the endpoint may be, so that the longest URI of a key has at most 256 characters. */
export function hostNameRoom(pathPrefix: string, externalKeyId: string): number {
  return MAX_URI_LENGTH - `https://${pathPrefix}${API_PATH}/keys/${externalKeyId}/metadata`.length;
}

const API_PATH = '/kms/xks/v1';
const MAX_BASE_PATH_LENGTH = 128;
const MAX_URI_LENGTH = 256;
/** A fully qualified name has a dot: `a.bc`. */
const SHORTEST_HOST_NAME = 4;
const MAX_TOKENS_BEHIND_PREFIX = 10;
