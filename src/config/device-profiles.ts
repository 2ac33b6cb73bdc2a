/**
 * The profile of each token's device: one that comes with Portcullis, by name, or a file of the site that
 * extends one. A problem in such a file is reported at the field that names it.
 */

import type { DeviceProfile } from '../hsm/devices/profile.ts';
import { profileOf } from '../hsm/devices/profiles.ts';
import { parseConfigDocument } from './config-document.ts';
import { ConfigFault } from './config-fault.ts';
import type { ConfigParts } from './config-parts.ts';
import { Findings, type PathInFile } from './findings.ts';
import { passOn } from './pass-on.ts';
import { FileFault, isReplaceable, readRegularFile } from './private-file.ts';
import { type DeviceInput, deviceSchema } from './schema/device-schema.ts';
import { deviceJsonSchema } from './schema/json-schema.ts';
import { reportSchemaIssues } from './schema-problems.ts';

/** By the position of the token; undefined where there is no sound one, which is then reported. */
export type DeviceProfiles = readonly (DeviceProfile | undefined)[];

export interface DeviceSurroundings {
  readonly groups: ReadonlySet<number>;
  readonly resolvePath: (path: string) => string;
}

export function readDeviceProfiles(
  { tokens }: ConfigParts,
  { groups, resolvePath }: DeviceSurroundings,
  findings: Findings,
): DeviceProfiles {
  return tokens.map((token, index) => {
    if (token === undefined) return undefined;
    if (typeof token.device === 'string') return profileOf(token.device);
    const path = ['tokens', index, 'device', 'file'];
    return siteProfile(resolvePath(token.device.file), path, groups, findings);
  });
}

function siteProfile(
  file: string,
  path: PathInFile,
  groups: ReadonlySet<number>,
  findings: Findings,
): DeviceProfile | undefined {
  const text = readProfile(file, path, groups, findings);
  if (text === undefined) return undefined;
  try {
    const { content, lineOf } = parseConfigDocument(file, text);
    const parsed = deviceSchema.safeParse(content);
    if (parsed.success) return extended(parsed.data);
    const own = new Findings();
    reportSchemaIssues(parsed.error.issues, content, deviceJsonSchema(), own);
    for (const problem of own.problems)
      passOn({ ...problem, line: lineOf(problem.path) }, { file, path }, findings);
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error;
    for (const problem of error.problems) passOn(problem, { file, path }, findings);
  }
  return undefined;
}

function readProfile(
  file: string,
  path: PathInFile,
  groups: ReadonlySet<number>,
  findings: Findings,
): string | undefined {
  try {
    const { bytes, access } = readRegularFile(file, MAX_PROFILE_BYTES, groups);
    if (isReplaceable(file)) findings.warn(path, 'lies in a directory in which everybody may replace it');
    if (access.write === undefined) return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    findings.problem(path, `names a file that can be changed by ${access.write}`, EXPECTED, 'chmod go-w it');
  } catch (error) {
    const found = error instanceof FileFault ? error.message : 'is not UTF-8 text';
    findings.problem(path, `names a file that ${found} (${file})`, EXPECTED, RELATIVE_PATHS);
  }
  return undefined;
}

function extended({ extends: base, ...overrides }: DeviceInput): DeviceProfile {
  const profile = profileOf(base);
  return { ...profile, ...given(overrides), hangMs: { ...profile.hangMs, ...given(overrides.hangMs ?? {}) } };
}

/** Without the fields that are left out, which must not undo what the base has. */
function given<T extends object>(fields: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

const MAX_PROFILE_BYTES = 65_536;
const EXPECTED = 'a profile of the site';
const RELATIVE_PATHS = 'relative paths start at the directory of this file';
