/**
 * Fetches the secrets that a configuration names, apart from everything else. No message quotes a secret,
 * nor a path or variable name in its place: a secret pasted into the wrong field must not be printed.
 */
import { Secret } from '../domain/secret.ts';
import type { ConfigParts } from './config-parts.ts';
import type { Environment } from './env.ts';
import { type Findings, type PathInFile, pathText } from './findings.ts';
import { FileFault, readRegularFile } from './private-file.ts';
import type { SecretSource } from './schema/field.ts';

/** Secrets by the path of their field; those that could not be fetched are absent and reported. */
export interface Secrets extends ReadonlyMap<string, Secret> {
  /** When the file behind a secret was written, in milliseconds since 1970; absent for one that is in no file. */
  readonly writtenMs: ReadonlyMap<string, number>;
}

/** What a source is resolved against. */
export interface SecretSurroundings {
  readonly environment: Environment;
  readonly groups: ReadonlySet<number>;
  readonly resolvePath: (path: string) => string;
  /** Who else may read the configuration file itself; undefined when nobody. */
  readonly configExposure: string | undefined;
}

/** Reads every PIN, secret access key, password and authorization. */
export function readSecrets(
  parts: ConfigParts,
  surroundings: SecretSurroundings,
  findings: Findings,
): Secrets {
  const secrets = new Map<string, Secret>();
  const writtenMs = new Map<string, number>();
  const read = (source: SecretSource, path: PathInFile, form: SecretForm): void => {
    const fetched = fetchSecret(source, path, surroundings, findings);
    if (fetched === undefined) return;
    if (fetched.writtenMs !== undefined) writtenMs.set(pathText(path), fetched.writtenMs);
    if (form.test(fetched.value)) secrets.set(pathText(path), new Secret(fetched.value));
    else findings.problem(path, 'is a secret of another form', form.expected);
  };
  for (const [index, token] of parts.tokens.entries()) {
    if (token !== undefined) read(token.pin, ['tokens', index, 'pin'], PIN);
  }
  for (const [index, store] of parts.keyStores.entries()) {
    for (const [position, credential] of (store?.credentials ?? []).entries()) {
      const path = ['keyStores', index, 'credentials', position, 'secretAccessKey'];
      read(credential.secretAccessKey, path, SECRET_ACCESS_KEY);
    }
  }
  for (const [position, credential] of (parts.kms?.access.credentials ?? []).entries()) {
    const path = ['kms', 'access', 'credentials', position, 'secretAccessKey'];
    read(credential.secretAccessKey, path, AWS_SECRET_ACCESS_KEY);
  }
  for (const [position, sink] of (parts.kms?.events ?? []).entries()) {
    if (sink.http?.authorization === undefined) continue;
    read(sink.http.authorization, ['kms', 'events', position, 'http', 'authorization'], AUTHORIZATION);
  }
  const store = parts.kms?.store;
  if (store !== undefined && 'postgres' in store && store.postgres.password !== undefined) {
    read(store.postgres.password, ['kms', 'store', 'postgres', 'password'], PASSWORD);
  }
  return Object.assign(secrets, { writtenMs });
}

interface FetchedSecret {
  readonly value: string;
  readonly writtenMs?: number;
}

function fetchSecret(
  source: SecretSource,
  path: PathInFile,
  surroundings: SecretSurroundings,
  findings: Findings,
): FetchedSecret | undefined {
  if (typeof source === 'string') return inlineSecret(source, path, surroundings, findings);
  if ('env' in source) {
    const { environment } = surroundings;
    const value = Object.hasOwn(environment, source.env) ? environment[source.env] : undefined;
    if (value !== undefined && value !== '') return { value };
    const found =
      value === undefined
        ? 'names an environment variable that is not set'
        : 'names an environment variable that is empty';
    findings.problem([...path, 'env'], found, 'a variable that holds the secret', 'set it before the start');
    return undefined;
  }
  return secretInFile(
    surroundings.resolvePath(source.file),
    [...path, 'file'],
    surroundings.groups,
    findings,
  );
}

function inlineSecret(
  value: string,
  path: PathInFile,
  { configExposure }: SecretSurroundings,
  findings: Findings,
): FetchedSecret | undefined {
  if (value === '') {
    findings.problem(path, 'is an empty text', 'a secret');
    return undefined;
  }
  if (configExposure === undefined) return { value };
  findings.problem(
    path,
    `is written in this file, which can be read by ${configExposure}`,
    'a file that only its owner or own group can read',
    'chmod 600 this file, or use { file: <path> } or { env: <variable name> }',
  );
  return undefined;
}

function secretInFile(
  file: string,
  path: PathInFile,
  groups: ReadonlySet<number>,
  findings: Findings,
): FetchedSecret | undefined {
  try {
    const { bytes, modifiedMs, access } = readRegularFile(file, MAX_SECRET_FILE_BYTES, groups);
    if (access.readOrWrite !== undefined) {
      findings.problem(
        path,
        `names a file that can be read by ${access.readOrWrite}`,
        'a file that only its owner or own group can read',
        'chmod 600 it',
      );
      return undefined;
    }
    const value = new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '');
    if (value !== '') return { value, writtenMs: modifiedMs };
    findings.problem(path, 'names an empty file', 'a file that holds the secret');
  } catch (error) {
    const found = error instanceof FileFault ? error.message : 'is not UTF-8 text';
    findings.problem(path, `names a file that ${found}`, 'a file that holds the secret', RELATIVE_PATHS);
  }
  return undefined;
}

interface SecretForm {
  readonly expected: string;
  test(value: string): boolean;
}

const PIN: SecretForm = {
  expected: 'a PIN of 1 to 255 bytes on one line',
  test: (value) => /^[^\p{Cc}]+$/u.test(value) && new TextEncoder().encode(value).length <= 255,
};
/** @req X-65 */
const SECRET_ACCESS_KEY: SecretForm = {
  expected: '43 to 64 characters of A-Z a-z 0-9 + / =',
  test: (value) => /^[A-Za-z0-9+/=]{43,64}$/.test(value),
};
/** What clients of the engine sign with is theirs to choose; real ones have 40 characters. */
const AWS_SECRET_ACCESS_KEY: SecretForm = {
  expected: '1 to 128 printable characters',
  test: (value) => /^[\x21-\x7e]{1,128}$/.test(value),
};
const PASSWORD: SecretForm = {
  expected: 'a password of 1 to 1024 characters on one line',
  test: (value) => /^[^\p{Cc}]{1,1024}$/u.test(value),
};
const AUTHORIZATION: SecretForm = {
  expected: 'the value of a header: 1 to 4096 printable characters on one line',
  test: (value) => /^[\x21-\x7e]([\x20-\x7e]{0,4094}[\x21-\x7e])?$/.test(value),
};
const MAX_SECRET_FILE_BYTES = 4_096;
const RELATIVE_PATHS = 'relative paths start at the directory of this file';
