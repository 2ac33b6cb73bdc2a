/** Checks the files that a configuration names and that other rooms open later. */
import { CONFIG_FILE_VARIABLES } from '../hsm/devices/profiles.ts';
import type { ConfigParts } from './config-parts.ts';
import type { Findings, PathInFile } from './findings.ts';
import { directoryFault, examineRegularFile, FileFault, isReplaceable } from './private-file.ts';

/**
 * Modules, their configuration and TLS files exist, may be read, and nobody else may change them; nor
 * read a TLS key, nor look into the state directory.
 */
export function checkFiles(
  parts: ConfigParts,
  resolvePath: (path: string) => string,
  groups: ReadonlySet<number>,
  findings: Findings,
): void {
  const check = (file: string | undefined, path: PathInFile, expected: string): void => {
    if (file !== undefined) checkFile(resolvePath(file), path, expected, groups, findings);
  };
  for (const [index, token] of parts.tokens.entries()) {
    check(token?.module, ['tokens', index, 'module'], 'the PKCS#11 module of the device');
    for (const variable of CONFIG_FILE_VARIABLES) {
      check(token?.env[variable], ['tokens', index, 'env', variable], "the module's configuration file");
    }
  }
  const tls = parts.proxy?.tls;
  check(tls?.certFile, ['proxy', 'tls', 'certFile'], 'a PEM file');
  check(tls?.keyFile, ['proxy', 'tls', 'keyFile'], PRIVATE_KEY);
  check(tls?.clientCaFile, ['proxy', 'tls', 'clientCaFile'], 'a PEM file');
  check(parts.kms?.tls?.certFile, ['kms', 'tls', 'certFile'], 'a PEM file');
  check(parts.kms?.tls?.keyFile, ['kms', 'tls', 'keyFile'], PRIVATE_KEY);
  check(parts.kms?.seed, ['kms', 'seed'], 'a YAML file');
  const store = parts.kms?.store;
  if (store !== undefined && 'postgres' in store) {
    const path = ['kms', 'store', 'postgres', 'tls'];
    check(store.postgres.tls?.caFile, [...path, 'caFile'], 'a PEM file');
    check(store.postgres.tls?.certFile, [...path, 'certFile'], 'a PEM file');
    check(store.postgres.tls?.keyFile, [...path, 'keyFile'], PRIVATE_KEY);
  }
  if (parts.stateDir !== undefined) checkStateDir(resolvePath(parts.stateDir), groups, findings);
}

function checkStateDir(directory: string, groups: ReadonlySet<number>, findings: Findings): void {
  const fault = directoryFault(directory, groups);
  if (fault === undefined) return;
  const remedy = `chmod 700 and chown it, or name one below it, which will be made`;
  findings.problem(
    ['stateDir'],
    `names ${directory}, which ${fault}`,
    'a directory of this user alone',
    remedy,
  );
}

function checkFile(
  file: string,
  path: PathInFile,
  expected: string,
  groups: ReadonlySet<number>,
  findings: Findings,
): void {
  try {
    const { readOrWrite, write } = examineRegularFile(file, groups);
    if (isReplaceable(file)) findings.warn(path, 'lies in a directory in which everybody may replace it');
    if (expected === PRIVATE_KEY) {
      if (readOrWrite !== undefined)
        findings.problem(
          path,
          `names a file that can be read by ${readOrWrite}`,
          PRIVATE_KEY,
          'chmod 600 it',
        );
    } else if (write !== undefined) {
      const remedy = 'chmod go-w it';
      findings.problem(
        path,
        `names a file that can be changed by ${write}`,
        `${expected} of ours alone`,
        remedy,
      );
    }
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    findings.problem(path, `names a file that ${error.message} (${file})`, expected, RELATIVE_PATHS);
  }
}

const PRIVATE_KEY = 'a PEM file that only its owner or own group can read';
const RELATIVE_PATHS = 'relative paths start at the directory of this file';
