/** The configuration file of a proxy over a throw-away token, on free ports, with the key `foo`. */
import { randomBytes } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { testRunEnvironment } from './test-run-environment.ts';
import type { TestToken } from './token.ts';

export const CREDENTIAL = {
  accessKeyId: 'TESTAKID234567ABCDEF',
  secretAccessKey: randomBytes(36).toString('base64'),
};
export const PREFIX = '/example/uri/path/prefix';

/** Overrides of the file, by section. */
export interface ProxySettings {
  readonly proxy?: Record<string, unknown>;
  readonly token?: Record<string, unknown>;
  readonly keyStore?: Record<string, unknown>;
  readonly keys?: Record<string, unknown>;
  readonly more?: Record<string, unknown>;
}

/** Writes the file beside the token and returns its path. Writing it again replaces it. */
export async function proxyConfig(token: TestToken, settings: ProxySettings = {}): Promise<string> {
  const file = join(token.paths.directory, 'portcullis.yaml');
  const content = {
    proxy: { host: '127.0.0.1', port: 0, ...settings.proxy },
    metrics: { host: '127.0.0.1', port: 0 },
    stateDir: 'state',
    tokens: [tokenSection(token, settings.token)],
    keyStores: [
      {
        pathPrefix: PREFIX,
        regions: ['us-east-1'],
        credentials: [CREDENTIAL],
        keys: { foo: { token: 'soft', label: 'foo' }, ...settings.keys },
        ...settings.keyStore,
      },
    ],
    ...settings.more,
  };
  await writeFile(file, stringify(content), { mode: 0o600 });
  await chmod(file, 0o600);
  return file;
}

/** The entry of `tokens` for this token, named `soft`. */
export function tokenSection(
  token: TestToken,
  overrides: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    name: 'soft',
    device: 'softhsm2',
    module: token.paths.module,
    env: { SOFTHSM2_CONF: token.paths.configFile, ...testRunEnvironment() },
    token: { label: token.label },
    pin: { file: token.paths.pinFile },
    healthKey: 'health',
    ...overrides,
  };
}
