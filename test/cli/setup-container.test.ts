import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuildStage, parseDockerfile, valuesOf } from '../support/dockerfile.ts';
import { proxyConfig } from '../support/proxy-config.ts';
import { startProcess } from '../support/started-process.ts';
import { createTestToken } from '../support/token.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
let app = '';
let image: BuildStage;

/** The steps of the Dockerfile, as they stand there, in a folder in place of /app; only apt and useradd are left out. */
beforeAll(async () => {
  app = await mkdtemp(join(tmpdir(), 'portcullis-app-'));
  const stages = parseDockerfile(await readFile(join(ROOT, 'Dockerfile'), 'utf8'));
  const [build, last] = stages as [BuildStage, BuildStage];
  image = last;
  for (const { name, value } of build.instructions) {
    if (name === 'COPY') await copy(value.split(/\s+/));
    if (name === 'RUN' && !value.startsWith('apt-get'))
      await run('sh', ['-c', value], { cwd: app, env: OWN_PATH });
  }
}, 300_000);

afterAll(() => rm(app, { recursive: true, force: true }));

describe('what the container holds', () => {
  it('is built JavaScript and production packages alone', async () => {
    const packages = await readdir(join(app, 'node_modules'));

    expect(packages).toContain('pkcs11js');
    expect(packages).not.toContain('typescript');
    expect(packages).not.toContain('vitest');
  });

  it('serves a token, is healthy, and drains on SIGTERM', async () => {
    await using token = await createTestToken();
    await token.addAesKey({ label: 'foo' });
    await token.addAesKey({ label: 'health' });
    const configFile = await proxyConfig(token);
    const node = join(app, 'node_modules/.bin/node');
    const entry = join(app, 'dist/cli/portcullis.js');
    await using proxy = startProcess(node, [entry, 'proxy', '--config', configFile]);
    await proxy.said('"event":"token-host.ready"');
    const metrics = /"metrics":"(http:[^"]+)"/.exec(proxy.stdout)?.[1] ?? '';
    const healthy = await healthCheck(node, `${metrics}/livez`);
    proxy.signal('SIGTERM');

    expect(await proxy.exited).toBe(0);
    expect(healthy).toBe(true);
    expect(await healthCheck(node, `${metrics}/livez`)).toBe(false);
    expect(proxy.survivors()).toStrictEqual([]);
  });
});

async function copy(words: readonly string[]): Promise<void> {
  const target = words.at(-1) ?? '';
  for (const source of words.slice(0, -1)) {
    await cp(join(ROOT, source), join(app, target === './' ? source : target), { recursive: true });
  }
}

async function healthCheck(node: string, url: string): Promise<boolean> {
  const [check = ''] = valuesOf(image, 'HEALTHCHECK');
  const [, ...args] = JSON.parse(check.replace(/^.*? CMD /, '')) as string[];
  return run(node, args, { env: { PORTCULLIS_HEALTH_URL: url } }).then(
    () => true,
    () => false,
  );
}

/** The machine's own Node.js and npm, as in the build stage, and none of what surrounds a test run. */
const OWN_PATH = {
  HOME: process.env['HOME'] ?? '/',
  PATH: (process.env['PATH'] ?? '')
    .split(':')
    .filter((directory) => !directory.endsWith('node_modules/.bin'))
    .join(':'),
};
