/** A configuration file for a proxy process over a throw-away token, on free ports, with the key `foo`. */
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { TestToken } from './token.ts';

/** Writes the file beside the token and returns its path. Writing it again replaces it. */
export async function proxyConfig(
  token: TestToken,
  options: { readonly pathPrefix?: string; readonly port?: number } = {},
): Promise<string> {
  const file = join(token.paths.directory, 'portcullis.yaml');
  const content = {
    proxy: { host: '127.0.0.1', port: options.port ?? 0 },
    metrics: { host: '127.0.0.1', port: 0 },
    stateDir: 'state',
    tokens: [
      {
        name: 'soft',
        device: 'softhsm2',
        module: token.paths.module,
        env: { SOFTHSM2_CONF: token.paths.configFile },
        token: { label: token.label },
        pin: { file: token.paths.pinFile },
        healthKey: 'health',
      },
    ],
    keyStores: [
      {
        pathPrefix: options.pathPrefix ?? '/one',
        regions: ['us-east-1'],
        credentials: [{ accessKeyId: 'PROCESSTEST234567ABCD', secretAccessKey: 'x'.repeat(43) }],
        keys: { foo: { token: 'soft', label: 'foo' } },
      },
    ],
  };
  await writeFile(file, stringify(content), { mode: 0o600 });
  await chmod(file, 0o600);
  return file;
}
