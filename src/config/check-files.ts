/** Checks the files that a configuration names and that other rooms open later. */
import type { ConfigParts } from './config-parts.ts';
import type { Findings, PathInFile } from './findings.ts';
import { examineRegularFile, FileFault } from './private-file.ts';

/** Modules, SoftHSM2 configuration and TLS files exist and may be read; the TLS key by nobody else. */
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
    check(
      token?.env['SOFTHSM2_CONF'],
      ['tokens', index, 'env', 'SOFTHSM2_CONF'],
      'a SoftHSM2 configuration file',
    );
  }
  const tls = parts.proxy?.tls;
  check(tls?.certFile, ['proxy', 'tls', 'certFile'], 'a PEM file');
  check(tls?.keyFile, ['proxy', 'tls', 'keyFile'], PRIVATE_KEY);
  check(tls?.clientCaFile, ['proxy', 'tls', 'clientCaFile'], 'a PEM file');
}

function checkFile(
  file: string,
  path: PathInFile,
  expected: string,
  groups: ReadonlySet<number>,
  findings: Findings,
): void {
  try {
    const { exposure } = examineRegularFile(file, groups);
    if (exposure === undefined || expected !== PRIVATE_KEY) return;
    findings.problem(path, `names a file that can be read by ${exposure}`, PRIVATE_KEY, 'chmod 600 it');
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    findings.problem(path, `names a file that ${error.message} (${file})`, expected, RELATIVE_PATHS);
  }
}

const PRIVATE_KEY = 'a PEM file that only its owner or own group can read';
const RELATIVE_PATHS = 'relative paths start at the directory of this file';
