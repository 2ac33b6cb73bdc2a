import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load-config.ts';
import { startPortcullis } from '../../src/main.ts';
import { PREFIX } from '../support/proxy-config.ts';
import {
  decryptBody,
  encryptBody,
  post,
  type RunningProxy,
  startProxy,
  until,
} from '../support/running-proxy.ts';
import { testRunEnvironment } from '../support/test-run-environment.ts';

const started: RunningProxy[] = [];

async function start(...args: Parameters<typeof startProxy>): Promise<RunningProxy> {
  const proxy = await startProxy(...args);
  started.push(proxy);
  return proxy;
}

afterEach(async () => {
  for (const proxy of started.splice(0)) await proxy[Symbol.asyncDispose]();
});

const plaintext = randomBytes(30);
const events = (proxy: RunningProxy, event: string) => proxy.lines.filter((line) => line.event === event);
const hostPid = (proxy: RunningProxy) => events(proxy, 'token-host.ready').at(-1)?.fields['pid'] as number;
const encrypts = async (proxy: RunningProxy) =>
  (await proxy.post('keys/foo/encrypt', encryptBody(plaintext))).status === 200;

describe('a token host', () => {
  it('mistake 4: that is killed is replaced, and what was encrypted before still decrypts', async () => {
    const proxy = await start();
    const { body } = await proxy.post('keys/foo/encrypt', encryptBody(plaintext));
    const before = hostPid(proxy);
    process.kill(before, 'SIGKILL');
    await until(() => hostPid(proxy) !== before);
    const answer = await proxy.post('keys/foo/decrypt', decryptBody(body));
    expect(answer.body).toEqual({ plaintext: plaintext.toString('base64') });
  });

  it('mistake 3 X-58: that freezes costs its callers a 503 each and then its own life, while /ping answers', async () => {
    const proxy = await start();
    const frozen = hostPid(proxy);
    process.kill(frozen, 'SIGSTOP');
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => proxy.post('keys/foo/encrypt', encryptBody(plaintext))),
    );
    expect(new Set(answers.map(({ status, body }) => `${status} ${body['errorName']}`))).toEqual(
      new Set(['503 DependencyTimeoutException']),
    );
    expect((await fetch(`${proxy.running.addresses.proxy}/ping`)).status).toBe(200);
    expect((await fetch(`${proxy.running.addresses.metrics}/livez`)).status).toBe(200);
    await until(() => hostPid(proxy) !== frozen);
    await until(() => encrypts(proxy));
    expect(events(proxy, 'token-host.lost')[0]?.fields['reason']).toMatch(/has had no answer for \d+ ms/);
  });

  it('mistake 4: that meets a token directory taken away recovers when it is back, and the proxy lives on', async () => {
    const proxy = await start();
    const { tokenDirectory } = proxy.token.paths;
    await rename(tokenDirectory, `${tokenDirectory}.away`);
    process.kill(hostPid(proxy), 'SIGKILL');
    await until(() => events(proxy, 'token-host.start-failed').length > 1);
    const { status, body } = await proxy.post('keys/foo/encrypt', encryptBody(plaintext));
    expect([status, body['errorName']]).toEqual([503, 'DependencyTimeoutException']);
    await rename(`${tokenDirectory}.away`, tokenDirectory);
    await until(() => encrypts(proxy));
  });

  it('one of two that is killed costs nobody an answer', async () => {
    const proxy = await start({ token: { hosts: 2 } });
    await until(() => events(proxy, 'token-host.ready').length === 2);
    const statuses: number[] = [];
    const load = Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let call = 0; call < 40; call += 1)
          statuses.push((await proxy.post('keys/foo/encrypt', encryptBody(plaintext))).status);
      }),
    );
    process.kill(hostPid(proxy), 'SIGKILL');
    await load;
    expect(statuses).toHaveLength(320);
    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  it('mistake 8: never uses an object that replaced an admitted key, whichever host is asked', async () => {
    const proxy = await start(
      { token: { hosts: 2 }, keys: { foo: { token: 'soft', label: 'foo', kcv: ZERO_KEY_KCV } } },
      (token) =>
        token
          .deleteKey({ id: '0a01' })
          .then(() => token.addAesKey({ label: 'foo', id: '0a01', value: Buffer.alloc(32) })),
    );
    await until(() => events(proxy, 'token-host.ready').length === 2);
    expect(await encrypts(proxy)).toBe(true);
    await proxy.token.deleteKey({ id: '0a01' });
    await proxy.token.addAesKey({ label: 'foo', id: '0a01', bits: 128, extractable: true });
    const names = new Set<string>();
    for (let burst = 0; burst < 5; burst += 1) {
      const answers = await Promise.all(
        Array.from({ length: 12 }, () => proxy.post('keys/foo/encrypt', encryptBody(plaintext))),
      );
      for (const { status, body } of answers) names.add(`${status} ${body['errorName']}`);
    }
    expect([...names].sort()).toEqual(['400 InvalidStateException', '503 DependencyTimeoutException']);
    expect(await encrypts(proxy)).toBe(false);
  });

  it('has no PIN in its arguments or environment, and only the allowlist in the latter', async () => {
    const proxy = await start();
    const file = (name: string) =>
      readFileSync(`/proc/${hostPid(proxy)}/${name}`, 'utf8')
        .split('\0')
        .filter(Boolean);
    expect([...file('cmdline'), ...file('environ')].join('\n')).not.toContain(proxy.token.pin);
    const names = file('environ').map((entry) => entry.split('=', 1)[0]);
    const fromTests = Object.keys(testRunEnvironment());
    const allowed = [
      'PATH',
      'HOME',
      'LANG',
      'LC_ALL',
      'TZ',
      'NODE_V8_COVERAGE',
      'SOFTHSM2_CONF',
      ...fromTests,
    ];
    expect(names.filter((name) => !allowed.includes(name ?? ''))).toEqual([]);
    expect(names).toContain('SOFTHSM2_CONF');
  });

  it('ends with the proxy', async () => {
    const proxy = await start();
    const pid = hostPid(proxy);
    await proxy.running.drain();
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  });

  it('mistake 12: two PKCS#11 calls serve an Encrypt or a Decrypt, four an Encrypt with CDIV', async () => {
    const proxy = await start(({ paths }) => ({
      token: {
        module: PKCS11_SPY,
        env: {
          SOFTHSM2_CONF: paths.configFile,
          ...testRunEnvironment(),
          PKCS11SPY: paths.module,
          PKCS11SPY_OUTPUT: spyLog(paths.directory),
        },
      },
    }));
    // What is asked first finds and describes the key.
    const { body } = await proxy.post('keys/foo/encrypt', encryptBody(plaintext));
    const callsOf = async (request: () => Promise<unknown>) => {
      const before = await callsWhenQuiet(proxy);
      await request();
      return pkcs11Calls(proxy).slice(before);
    };
    const cdiv = { ciphertextDataIntegrityValueAlgorithm: 'SHA_256' };
    expect(await callsOf(() => encrypts(proxy))).toEqual(['C_EncryptInit', 'C_Encrypt']);
    expect(await callsOf(() => proxy.post('keys/foo/decrypt', decryptBody(body)))).toEqual([
      'C_DecryptInit',
      'C_Decrypt',
    ]);
    expect(await callsOf(() => proxy.post('keys/foo/encrypt', encryptBody(plaintext, cdiv)))).toEqual([
      'C_EncryptInit',
      'C_Encrypt',
      'C_DecryptInit',
      'C_Decrypt',
    ]);
  });
});

/** How many calls there were, once the watch over the keys has had its look and makes no more of them. */
async function callsWhenQuiet(proxy: Parameters<typeof pkcs11Calls>[0]): Promise<number> {
  for (let before = -1; ; ) {
    const now = pkcs11Calls(proxy).length;
    if (now === before) return now;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  }
}

describe('a wrong PIN', () => {
  it('is tried once, however often the proxy starts, and the right one is let in', async () => {
    const proxy = await start(({ paths }) => ({
      token: {
        module: PKCS11_SPY,
        env: {
          SOFTHSM2_CONF: paths.configFile,
          ...testRunEnvironment(),
          PKCS11SPY: paths.module,
          PKCS11SPY_OUTPUT: spyLog(paths.directory),
        },
      },
    }));
    await proxy.running.drain();
    const logins = () => pkcs11Calls(proxy).filter((name) => name === 'C_Login').length;
    expect(logins()).toBe(1);
    writeFileSync(proxy.token.paths.pinFile, 'wrong-pin-0815', { mode: 0o600 });
    const reasons: unknown[] = [];
    for (let restart = 0; restart < 3; restart += 1) {
      const lines: unknown[] = [];
      const note = (event: string, fields: unknown) =>
        void (event === 'token-host.locked' && lines.push(fields));
      const log = { debug: note, info: note, warn: note, error: note };
      const running = await startPortcullis({ config: loadConfig(proxy.configFile), log });
      await until(() => lines.length > 0);
      reasons.push(...lines);
      const { status, body } = await post(
        new URL(running.addresses.proxy).host,
        `${PREFIX}/kms/xks/v1/keys/foo/encrypt`,
        encryptBody(plaintext),
      );
      expect([status, body['errorName']]).toEqual([500, 'InternalException']);
      await running.drain();
    }
    expect(logins()).toBe(2);
    expect(JSON.stringify(reasons)).not.toContain('wrong-pin-0815');
    expect(reasons).toHaveLength(3);
    writeFileSync(proxy.token.paths.pinFile, proxy.token.pin, { mode: 0o600 });
    const log = {
      debug: () => undefined,
      info: () => undefined,
      warn: () => undefined,
      error: () => undefined,
    };
    await using running = await startPortcullis({ config: loadConfig(proxy.configFile), log });
    await until(() => running.readiness().ready);
    expect(logins()).toBe(3);
  });
});

function spyLog(directory: string): string {
  return join(directory, 'spy.log');
}

/** Names of the PKCS#11 functions that the module was asked for, in order, as OpenSC's spy module wrote them down. */
function pkcs11Calls(proxy: RunningProxy): string[] {
  const text = readFileSync(spyLog(proxy.token.paths.directory), 'latin1');
  return [...text.matchAll(/^\d+: (C_\w+)/gm)].map((match) => match[1] as string);
}

const PKCS11_SPY =
  ['/usr/lib/x86_64-linux-gnu/pkcs11-spy.so', '/usr/lib/aarch64-linux-gnu/pkcs11-spy.so'].find((path) =>
    existsSync(path),
  ) ?? 'pkcs11-spy.so';
/** AES-256 under the all-zero key of the zero block begins so (FIPS 197). */
const ZERO_KEY_KCV = 'dc95c0';

const QUIET_MS = 700;
