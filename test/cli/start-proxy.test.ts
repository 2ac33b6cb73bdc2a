import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CREDENTIAL, proxyConfig } from '../support/proxy-config.ts';
import { type StartedProcess, startProcess } from '../support/started-process.ts';
import { createTestToken, type TestToken } from '../support/token.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
let token: TestToken;

beforeEach(async () => {
  token = await createTestToken();
  await token.addAesKey({ label: 'foo' });
  await token.addAesKey({ label: 'health' });
});
afterEach(() => token[Symbol.asyncDispose]());

describe('portcullis proxy', () => {
  it.for(['SIGTERM', 'SIGINT'] as const)(
    'drains on %s, ends with 0 and leaves no process',
    async (signal) => {
      await using proxy = start(await proxyConfig(token));
      await proxy.said('"event":"token-host.ready"');
      proxy.signalGroup(signal);

      expect(await proxy.exited).toBe(0);
      expect(proxy.stdout).toContain('"event":"stopped"');
      expect(proxy.survivors()).toStrictEqual([]);
    },
  );

  it('X-66: puts a changed key store into force on SIGHUP, in the same process', async () => {
    const configFile = await proxyConfig(token, { keyStore: { pathPrefix: '/one' } });
    await using proxy = start(configFile);
    await proxy.said('"event":"token-host.ready"');
    const before = await statuses(proxy);
    await proxyConfig(token, { keyStore: { pathPrefix: '/two' } });
    proxy.signal('SIGHUP');
    await proxy.said('"event":"config.reloaded"');

    expect(before).toStrictEqual({ one: 401, two: 404 });
    expect(await statuses(proxy)).toStrictEqual({ one: 404, two: 401 });
  });

  it('X-66: keeps the old configuration when the new one is broken, and says why', async () => {
    const configFile = await proxyConfig(token, { keyStore: { pathPrefix: '/one' } });
    await using proxy = start(configFile);
    await proxy.said('"event":"token-host.ready"');
    await writeFile(configFile, 'proxy: [');
    proxy.signal('SIGHUP');
    await proxy.said('"event":"config.reload-refused"');

    expect(await statuses(proxy)).toStrictEqual({ one: 401, two: 404 });
  });

  it('X-66: takes up a changed file by itself', async () => {
    const configFile = await proxyConfig(token, { keyStore: { pathPrefix: '/one' } });
    await using proxy = start(configFile);
    await proxy.said('"event":"token-host.ready"');
    await proxyConfig(token, { keyStore: { pathPrefix: '/two' } });
    await proxy.said('"event":"config.reloaded"');

    expect(await statuses(proxy)).toStrictEqual({ one: 404, two: 401 });
  });

  it('X-66: takes up a refused file by itself once what it names has been mended', async () => {
    const configFile = await proxyConfig(token, { keyStore: { pathPrefix: '/one' } });
    await using proxy = start(configFile);
    await proxy.said('"event":"token-host.ready"');
    const secretAccessKey = { file: 'new-secret' };
    const credentials = [{ ...CREDENTIAL, secretAccessKey }];
    await proxyConfig(token, { keyStore: { pathPrefix: '/two', credentials } });
    proxy.signal('SIGHUP');
    await proxy.said('"event":"config.reload-refused","generation":1');
    await writeFile(join(token.paths.directory, 'new-secret'), CREDENTIAL.secretAccessKey, { mode: 0o600 });
    await proxy.said('"event":"config.reloaded","generation":2');

    expect(await statuses(proxy)).toStrictEqual({ one: 404, two: 401 });
  });

  it('keeps the old configuration when the new one takes a restart', async () => {
    const configFile = await proxyConfig(token, { keyStore: { pathPrefix: '/one' } });
    await using proxy = start(configFile);
    await proxy.said('"event":"token-host.ready"');
    await proxyConfig(token, { keyStore: { pathPrefix: '/one' }, proxy: { port: 1 } });
    proxy.signal('SIGHUP');
    await proxy.said('which takes a restart');

    expect(await statuses(proxy)).toStrictEqual({ one: 401, two: 404 });
  });
});

function start(configFile: string): StartedProcess {
  return startProcess(process.execPath, [
    join(ROOT, 'src/cli/portcullis.ts'),
    'proxy',
    '--config',
    configFile,
  ]);
}

/** What an unsigned request gets: 401 below a prefix that is served, 404 elsewhere. */
async function statuses(proxy: StartedProcess): Promise<Record<string, number>> {
  const address = /"event":"started".*?"proxy":"(http:[^"]+)"/.exec(proxy.stdout)?.[1] ?? '';
  const ask = async (prefix: string): Promise<number> => {
    const answer = await fetch(`${address}/${prefix}/kms/xks/v1/keys/foo/metadata`, {
      method: 'POST',
      body: '{}',
    });
    return answer.status;
  };
  return { one: await ask('one'), two: await ask('two') };
}
