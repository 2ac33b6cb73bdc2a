/** A throw-away directory with everything that a valid configuration names, and the configuration itself as data. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigFault } from '../../../src/config/config-fault.ts';
import { type ConfigSurroundings, loadConfig } from '../../../src/config/load-config.ts';
import type { PortcullisConfig } from '../../../src/config/portcullis-config.ts';
import { ownGroups } from '../../../src/config/private-file.ts';

export const SECRET = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ';
export const OTHER_SECRET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq';

export type Change = readonly [path: readonly (string | number)[], value: unknown];

/** A row of the tables of what is refused: the whole sentences that the operator reads. */
export interface Refusal {
  readonly title: string;
  readonly changes: readonly Change[];
  readonly problems: readonly string[];
}

/** Another valid key store, and another valid token. */
export const STORE = {
  pathPrefix: '/two',
  regions: ['eu-west-1'],
  credentials: [{ accessKeyId: 'BBBBBBBBBBBBBBBBBBBB', secretAccessKey: { env: 'OTHER_SECRET' } }],
  keys: { bar: { token: 'soft', label: 'bar' } },
};
export const SPARE = {
  name: 'spare',
  device: 'softhsm2',
  module: './module.so',
  token: { label: 'spare' },
  pin: { file: 'pin' },
  healthKey: 'h',
};

export class ConfigDirectory implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), 'portcullis-config-'));

  constructor() {
    this.write('module.so', '');
    this.write('softhsm2.conf', '');
    this.write('pin', '123456\n', 0o600);
  }

  write(name: string, text: string, mode = 0o600): string {
    const file = join(this.path, name);
    writeFileSync(file, text);
    // writeFileSync applies the umask, and leaves the mode of an existing file alone.
    chmodSync(file, mode);
    return file;
  }

  writeBytes(name: string, bytes: Uint8Array): string {
    const file = join(this.path, name);
    writeFileSync(file, bytes, { mode: 0o600 });
    return file;
  }

  remove(name: string): void {
    rmSync(join(this.path, name));
  }

  /** Writes the valid configuration with these changes; undefined removes a field. */
  configure(...changes: readonly Change[]): string {
    const config: unknown = validConfig();
    for (const [path, value] of changes) change(config, path, value);
    return this.write('portcullis.yaml', JSON.stringify(config, null, 1));
  }

  load(...changes: readonly Change[]): PortcullisConfig {
    return loadConfig(this.configure(...changes), SURROUNDINGS);
  }

  /** The lines of the report, without file and line number; empty when the configuration is valid. */
  problems(...changes: readonly Change[]): string[] {
    return reportOf(this.configure(...changes), this.path);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export const SURROUNDINGS: ConfigSurroundings = {
  environment: { XKS_SECRET: SECRET, OTHER_SECRET, EMPTY: '' },
  groups: ownGroups(),
};

/** The fault that loading throws. */
export function faultOf(file: string, surroundings: ConfigSurroundings = SURROUNDINGS): ConfigFault {
  try {
    loadConfig(file, surroundings);
  } catch (error) {
    if (error instanceof ConfigFault) return error;
    throw error;
  }
  throw new Error(`${file} was accepted`);
}

function reportOf(file: string, directory: string): string[] {
  try {
    loadConfig(file, SURROUNDINGS);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error;
    const lines = error.message.split('\n').slice(1);
    return lines.map((line) => line.replace(/^[^:]*:(\d+:)? /, '').replaceAll(directory, '<directory>'));
  }
}

function validConfig(): unknown {
  return {
    proxy: { port: 8080 },
    stateDir: 'state',
    tokens: [
      {
        name: 'soft',
        device: 'softhsm2',
        module: './module.so',
        env: { SOFTHSM2_CONF: 'softhsm2.conf' },
        token: { label: 'portcullis' },
        pin: { file: 'pin' },
        healthKey: 'health',
      },
    ],
    keyStores: [
      {
        pathPrefix: '/one',
        regions: ['eu-west-1'],
        credentials: [{ accessKeyId: 'AAAAAAAAAAAAAAAAAAAA', secretAccessKey: { env: 'XKS_SECRET' } }],
        keys: { foo: { token: 'soft', label: 'foo' } },
      },
    ],
  };
}

function change(target: unknown, path: readonly (string | number)[], value: unknown): void {
  const [step, ...rest] = path;
  if (step === undefined) return;
  const container = target as Record<string | number, unknown>;
  if (rest.length > 0) {
    container[step] ??= {};
    change(container[step], rest, value);
  } else if (value === undefined) delete container[step];
  else container[step] = value;
}
