/**
 * Reads a configuration in steps: environment, file, schema, files and secrets, then the pure build.
 * Whoever can write the file decides what this process loads and whom it serves, so it is trusted; its
 * secrets are still kept out of every message.
 */
import { dirname, resolve } from 'node:path';
import { buildConfig, sourcesOf } from './build/build-config.ts';
import { checkFiles } from './check-files.ts';
import { parseConfigDocument } from './config-document.ts';
import { ConfigFault } from './config-fault.ts';
import { partsOf } from './config-parts.ts';
import { readDeviceProfiles } from './device-profiles.ts';
import { type Environment, readEnvironment } from './env.ts';
import { Findings } from './findings.ts';
import type { PortcullisConfig } from './portcullis-config.ts';
import { type FileContent, FileFault, ownGroups, readRegularFile } from './private-file.ts';
import { readSecrets } from './read-secrets.ts';
import { readSeed } from './read-seed.ts';
import { configJsonSchema } from './schema/json-schema.ts';
import { reportSchemaIssues } from './schema-problems.ts';

/** What a configuration is read against; the process itself unless a test says otherwise. */
export interface ConfigSurroundings {
  readonly environment: Environment;
  /** Group ids that count as our own when file modes are judged. */
  readonly groups: ReadonlySet<number>;
}

/**
 * Loads and checks the file at `path`. Throws a {@link ConfigFault} that lists every problem. Reading it
 * again gives a configuration independent of the first.
 *
 * @req X-66
 */
export function loadConfig(
  path: string,
  surroundings: ConfigSurroundings = { environment: readEnvironment(), groups: ownGroups() },
): PortcullisConfig {
  const file = resolve(path);
  const { environment, groups } = surroundings;
  const { bytes, access } = readConfigFile(path, groups);
  const document = parseConfigDocument(path, decode(path, bytes));
  const findings = new Findings();
  if (access.write !== undefined) {
    const found = `can be changed by ${access.write}`;
    findings.problem([], found, 'a file that only its owner or own group can write', 'chmod go-w it');
  }
  const { parts, issues } = partsOf(document.content);
  reportSchemaIssues(issues, document.content, configJsonSchema(), findings);

  const resolvePath = (relative: string): string => resolve(dirname(file), relative);
  checkFiles(parts, resolvePath, groups, findings);
  const profiles = readDeviceProfiles(parts, { groups, resolvePath }, findings);
  const seed = readSeed(parts, { groups, resolvePath }, findings);
  const secrets = readSecrets(
    parts,
    { environment, groups, resolvePath, configExposure: access.readOrWrite },
    findings,
  );
  const config = buildConfig(parts, { file, secrets, profiles, seed, resolvePath }, findings);
  if (config !== undefined) return config;
  const sources = sourcesOf(parts).map(resolvePath);
  throw new ConfigFault('invalid', path, findings.problems, document.lineOf, sources);
}

function readConfigFile(path: string, groups: ReadonlySet<number>): FileContent {
  try {
    return readRegularFile(path, MAX_CONFIG_BYTES, groups);
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    const problem = {
      path: [],
      found: error.message,
      expected: 'a configuration file',
      remedy: 'give its path',
    };
    throw new ConfigFault('unreadable', path, [problem]);
  }
}

function decode(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const problem = {
      path: [],
      found: 'is not UTF-8',
      expected: 'YAML in UTF-8',
      remedy: 'save it as UTF-8',
    };
    throw new ConfigFault('syntax', path, [problem]);
  }
}

const MAX_CONFIG_BYTES = 8 * 1024 * 1024;
