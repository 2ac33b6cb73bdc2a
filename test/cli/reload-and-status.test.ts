import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { proxyConfig } from '../support/proxy-config.ts';
import type { StartedProcess } from '../support/started-process.ts';
import { createTestToken, type TestToken } from '../support/token.ts';
import { portcullis, startedProxy } from './run-portcullis.ts';

const CONTROL = { control: { socket: 'control.sock' } };
let token: TestToken;
let proxy: StartedProcess;
let configFile: string;

beforeAll(async () => {
  token = await createTestToken();
  await token.addAesKey({ label: 'foo' });
  await token.addAesKey({ label: 'health' });
  configFile = await proxyConfig(token, { more: CONTROL });
  proxy = await startedProxy(configFile);
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await token[Symbol.asyncDispose]();
});

describe('portcullis reload', () => {
  it('X-66: puts a changed key store into force and tells the new generation', async () => {
    await proxyConfig(token, { more: CONTROL, keyStore: { pathPrefix: '/two' } });

    // The proxy watches its file too, and may have been the first to see the change.
    expect(await portcullis('reload', '--config', configFile)).toStrictEqual({
      code: 0,
      stdout: expect.stringMatching(/^reloaded: generation [23] is in force\n$/),
      stderr: '',
    });
    expect(proxy.stdout).toContain('"event":"config.reloaded"');
    expect((await portcullis('status', '--config', configFile)).stdout).toContain('serving /two/kms/xks/v1');
  });

  it('exits with 1 and every problem of a file that is refused', async () => {
    await proxyConfig(token, { more: { ...CONTROL, stateDir: 7 }, keyStore: { regions: [] } });
    const text = await portcullis('reload', '--config', configFile);
    const json = await portcullis(
      'reload',
      '--json',
      '--socket',
      join(token.paths.directory, 'control.sock'),
    );
    await proxyConfig(token, { more: CONTROL, keyStore: { pathPrefix: '/two' } });

    expect(text.code).toBe(1);
    expect(text.stdout).toMatch(
      /^not reloaded: generation [23] stays in force\n {2}.*stateDir.*\n {2}.*regions.*\n$/,
    );
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toStrictEqual({
      generation: expect.toBeOneOf([2, 3]),
      problems: [expect.stringContaining('stateDir'), expect.stringContaining('keyStores[0].regions')],
    });
    expect(proxy.stdout).toContain('"event":"config.reload-refused"');
  });

  it('exits with 1 when the change takes a restart', async () => {
    await proxyConfig(token, { more: CONTROL, proxy: { port: 1 } });
    const result = await portcullis('reload', '--config', configFile);
    await proxyConfig(token, { more: CONTROL, keyStore: { pathPrefix: '/two' } });

    expect(result.code).toBe(1);
    expect(result.stdout).toContain('which takes a restart');
  });
});

describe('portcullis status', () => {
  it('exits with 0 and shows tokens, hosts and prefixes', async () => {
    const result = await portcullis('status', '--config', configFile);

    expect(result.code).toBe(0);
    expect(result.stdout).toMatch(
      /^portcullis \S+, ready, configuration generation \d+ of .*portcullis\.yaml\ntoken soft \(.*\) ACTIVE\nhost \d+ of soft ready\nserving \/two\/kms\/xks\/v1\n$/,
    );
  });

  it('gives the same to a program', async () => {
    const { stdout } = await portcullis('status', '--json', '--config', configFile);

    expect(JSON.parse(stdout)).toMatchObject({ ready: true, tokens: [{ token: 'soft', status: 'ACTIVE' }] });
  });
});

describe('a command that asks a running process', () => {
  it.for([
    { what: 'neither file nor socket', args: [], code: 2, says: '--config <file> or --socket <path>' },
    { what: 'both', args: ['-c', 'x', '-s', 'y'], code: 2, says: 'cannot be used with' },
    { what: 'no file', args: ['-c', '/does/not/exist'], code: 1, says: 'cannot be read' },
    { what: 'no process', args: ['-s', '/does/not/exist'], code: 1, says: 'start portcullis' },
  ])('exits with $code when it is given $what', async ({ args, code, says }) => {
    const result = await portcullis('reload', ...args);

    expect(result.code).toBe(code);
    expect(result.stderr).toContain(says);
  });

  it('says what a configuration without a control socket lacks', async () => {
    const file = join(token.paths.directory, 'without.yaml');
    await writeFile(file, 'proxy: {}\n');
    const result = await portcullis('status', '-c', file);

    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain(`${file} has no control.socket`);
  });
});
