import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { loadConfig } from '../../src/config/load-config.ts';
import { controlGet } from '../../src/edge/control/control-client.ts';
import { ReloadRefusal, startPortcullis } from '../../src/main.ts';
import { CertificateShop, type Issued } from '../support/certificates.ts';
import { CREDENTIAL } from '../support/proxy-config.ts';
import { encryptBody, metadata, type RunningProxy, startProxy, until } from '../support/running-proxy.ts';

const run = promisify(execFile);
const started: RunningProxy[] = [];
afterEach(async () => {
  for (const proxy of started.splice(0)) await proxy[Symbol.asyncDispose]();
});

async function start(...args: Parameters<typeof startProxy>): Promise<RunningProxy> {
  const proxy = await startProxy(...args);
  started.push(proxy);
  return proxy;
}

type Yaml = Record<string, unknown> & {
  keyStores: Record<string, unknown>[];
  tokens: Record<string, unknown>[];
};

/** Edits the configuration file and reloads it, as SIGHUP does. */
function reload(proxy: RunningProxy, edit: (config: Yaml) => void): void {
  const config = parse(readFileSync(proxy.configFile, 'utf8')) as Yaml;
  edit(config);
  writeFileSync(proxy.configFile, stringify(config), { mode: 0o600 });
  proxy.running.reload(loadConfig(proxy.configFile));
}

const body = encryptBody(randomBytes(20));
const second = {
  accessKeyId: 'SECONDAKID234567ABCD',
  secretAccessKey: randomBytes(36).toString('base64'),
  createdAt: '2026-01-31',
};

describe('reloading the configuration', () => {
  it('X-66 mistake 14: adds a second credential and takes the first away on one open connection', async () => {
    const proxy = await start();
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const statuses = async () => [
      (await proxy.post('keys/foo/encrypt', body, { agent })).status,
      (await proxy.post('keys/foo/encrypt', body, { agent, credential: second })).status,
    ];
    expect(await statuses()).toEqual([200, 401]);
    const sockets = Object.values(agent.freeSockets).flat();
    reload(proxy, (config) => {
      for (const store of config.keyStores) store['credentials'] = [CREDENTIAL, second];
    });
    expect(await statuses()).toEqual([200, 200]);
    const metrics = async () => (await fetch(`${proxy.running.addresses.metrics}/metrics`)).text();
    expect(await metrics()).toContain(`access_key_id="${second.accessKeyId}",source="createdAt"} `);
    reload(proxy, (config) => {
      for (const store of config.keyStores) store['credentials'] = [second];
    });
    expect(await statuses()).toEqual([401, 200]);
    expect(await metrics()).not.toContain(`access_key_id="${CREDENTIAL.accessKeyId}"`);
    expect(Object.values(agent.freeSockets).flat()).toEqual(sockets);
    agent.destroy();
  });

  it('mistake 14: serves several Regions and takes a new key into the map', async () => {
    const proxy = await start({}, (token) => token.addAesKey({ label: 'late', id: '0d' }));
    expect((await proxy.post('keys/late/encrypt', body, { region: 'eu-central-1' })).status).toBe(401);
    reload(proxy, (config) => {
      for (const store of config.keyStores) {
        store['regions'] = ['us-east-1', 'eu-central-1'];
        store['keys'] = { ...(store['keys'] as object), late: { token: 'soft', label: 'late' } };
      }
    });
    expect((await proxy.post('keys/late/encrypt', body, { region: 'eu-central-1' })).status).toBe(200);
    expect((await proxy.post('keys/foo/encrypt', body)).status).toBe(200);
  });

  it.for([
    {
      name: 'a token',
      edit: (config: Yaml) => void config.tokens.splice(0, 1, { ...config.tokens[0], hosts: 2 }),
      says: /^tokens changed/,
    },
    {
      name: 'the port',
      edit: (config: Yaml) => void Object.assign(config, { proxy: { host: '127.0.0.1', port: 1 } }),
      says: /^proxy .*changed/,
    },
    {
      name: 'the log level',
      edit: (config: Yaml) => void Object.assign(config, { log: { level: 'debug' } }),
      says: /^log changed/,
    },
  ])(
    'refuses to change $name without a restart, and keeps the old configuration in force',
    async ({ edit, says }) => {
      const proxy = await start();
      expect(() => reload(proxy, edit)).toThrow(ReloadRefusal);
      expect(() => reload(proxy, edit)).toThrow(says);
      expect((await proxy.post('keys/foo/encrypt', body)).status).toBe(200);
    },
  );
});

describe('reloading a large key map', () => {
  it('mistake 12: X-49: disturbs no caller, refuses no key for want of an answer, and says what is absent', async () => {
    const proxy = await start();
    const absent = Object.fromEntries(
      Array.from({ length: 3000 }, (_, index) => [`k${index}`, { token: 'soft', label: `absent${index}` }]),
    );
    reload(proxy, (config) => {
      const newStore = { pathPrefix: '/large', regions: ['us-east-1'], credentials: [CREDENTIAL] };
      config.keyStores.push({ ...newStore, keys: { byid: { token: 'soft', id: '0b01' }, ...absent } });
    });
    const statuses = await Promise.all([1, 2, 3].map(() => proxy.post('keys/foo/encrypt', body)));
    expect(statuses.map(({ status }) => status)).toEqual([200, 200, 200]);
    const named = () => proxy.lines.filter(({ event }) => event === 'key.refused' || event === 'key.unknown');
    await until(() => named().length >= 3001);
    expect(named().filter(({ fields }) => !/not-found/.test(String(fields['reason'])))).toEqual([]);
  });

  it('X-40: health of the prefixes of the configuration in force', async () => {
    const proxy = await start();
    const health = async (prefix?: string) => {
      const ask = { requestMetadata: metadata('KmsHealthCheck') };
      return (await proxy.post('health', ask, prefix === undefined ? {} : { prefix })).status;
    };
    expect([await health(), await health('/late')]).toEqual([200, 404]);
    reload(proxy, (config) => {
      config.keyStores = config.keyStores.map((store) => ({ ...store, pathPrefix: '/late' }));
    });
    expect([await health(), await health('/late')]).toEqual([404, 200]);
  });
});

describe('the listeners beside the proxy', () => {
  it('tell readiness, measurements and state, and go when the process is disposed of', async () => {
    const proxy = await start((token) => ({
      more: { control: { socket: join(token.paths.directory, 'control.sock') } },
    }));
    const { metrics, control } = proxy.running.addresses;
    expect((await fetch(`${metrics}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${metrics}/metrics`)).text()).toContain(
      'portcullis_token_queue_depth{token="soft",lane="fast",state="waiting"} 0',
    );
    const socketPath = String(control).replace('unix:', '');
    expect(await controlGet(socketPath, '/status')).toMatchObject({ generation: 1, ready: true });
    reload(proxy, () => undefined);
    expect(await controlGet(socketPath, '/status')).toMatchObject({ generation: 2 });
    await proxy.running[Symbol.asyncDispose]();
    expect(proxy.running.readiness()).toEqual({ ready: false, reasons: ['draining'] });
    await expect(controlGet(socketPath, '/status')).rejects.toThrow();
  });

  it('a port that is taken ends the start, and what was started by then', async () => {
    const proxy = await start();
    const config = loadConfig(proxy.configFile);
    const port = Number(new URL(proxy.running.addresses.proxy).port);
    const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const taken = { ...config, proxy: { ...config.proxy, port } };
    await expect(startPortcullis({ config: taken, log })).rejects.toThrow(/is taken by another process/);
    expect(log.info).toHaveBeenLastCalledWith('stopped');
  });
});

describe('TLS on the whole proxy', () => {
  it('a reload whose certificate is no certificate changes nothing at all', async () => {
    using shop = new CertificateShop();
    const server = shop.issue({ cn: 'localhost', dns: ['localhost'], key: 'ec-sec1' });
    chmodSync(server.keyFile, 0o600);
    const proxy = await start({ proxy: { tls: { certFile: server.certFile, keyFile: server.keyFile } } });
    const before = await serverSerial(proxy);
    writeFileSync(server.certFile, 'no certificate');
    expect(() =>
      reload(proxy, (config) => {
        config.keyStores = config.keyStores.map((store) => ({ ...store, pathPrefix: '/other' }));
      }),
    ).toThrow();
    expect(proxy.lines.filter(({ event }) => event === 'config.reloaded')).toEqual([]);
    expect(await serverSerial(proxy)).toBe(before);
  });

  it('X-03 X-60 X-61 X-62 mistake 10: serves only clients with the pinned subject, and reloads its certificate', async () => {
    using shop = new CertificateShop();
    const server = shop.issue({ cn: 'localhost', dns: ['localhost'], key: 'ec-sec1' });
    const subject = 'cks.kms.us-east-1.amazonaws.com';
    const kms = shop.issue({ cn: 'irrelevant', dns: ['first.example.com', subject], key: 'rsa-pkcs1' });
    const stranger = shop.issue({
      cn: 'cks.kms.eu-west-1.amazonaws.com',
      dns: ['*.kms.us-east-1.amazonaws.com'],
    });
    const ca = shop.root.certFile;
    for (const file of [server.keyFile, kms.keyFile, stranger.keyFile]) chmodSync(file, 0o600);
    const tls = {
      certFile: server.certFile,
      keyFile: server.keyFile,
      clientCaFile: ca,
      clientSubjects: [subject],
    };
    const proxy = await start({ proxy: { tls } });
    const call = (client: Issued | undefined) => curlHealth(proxy, ca, client);
    expect(await call(kms)).toMatch(/"xksProxyVendor":"Portcullis".* 200$/);
    await expect(call(stranger)).rejects.toThrow();
    await expect(call(undefined)).rejects.toThrow();
    expect(proxy.lines.filter(({ event }) => event === 'request')).toHaveLength(1);
    const before = await serverSerial(proxy);
    expect(await daysToExpire(proxy)).toEqual({ 'server CN=localhost': 2, 'client-ca CN=Test Root': 2 });
    const renewed = shop.issue({ cn: 'localhost', dns: ['localhost'], key: 'rsa-pkcs8', days: 30 });
    copyFileSync(renewed.certFile, server.certFile);
    copyFileSync(renewed.keyFile, server.keyFile);
    reload(proxy, () => undefined);
    expect(await serverSerial(proxy)).not.toBe(before);
    expect(await daysToExpire(proxy)).toEqual({ 'server CN=localhost': 30, 'client-ca CN=Test Root': 2 });
    expect(await call(kms)).toMatch(/ 200$/);
  });
});

async function curlHealth(proxy: RunningProxy, ca: string, client: Issued | undefined): Promise<string> {
  const url = `https://localhost:${new URL(proxy.running.addresses.proxy).port}/example/uri/path/prefix/kms/xks/v1/health`;
  const own = client === undefined ? [] : ['--cert', client.certFile, '--key', client.keyFile];
  const credentialFile = join(proxy.token.paths.directory, 'curl.conf');
  writeFileSync(credentialFile, `user = "${CREDENTIAL.accessKeyId}:${CREDENTIAL.secretAccessKey}"\n`, {
    mode: 0o600,
  });
  const signed = ['--silent', '--aws-sigv4', 'aws:amz:us-east-1:kms-xks-proxy', '--config', credentialFile];
  const data = JSON.stringify({ requestMetadata: metadata('KmsHealthCheck') });
  const flags = [...signed, '--cacert', ca, ...own, '--header', 'Content-Type: application/json'];
  const { stdout } = await run('curl', [...flags, '--write-out', ' %{http_code}', '--data', data, url]);
  return stdout;
}

/** Whole days by role and subject, from the metrics. */
async function daysToExpire(proxy: RunningProxy): Promise<Record<string, number>> {
  const text = await (await fetch(`${proxy.running.addresses.metrics}/metrics`)).text();
  const found = text.matchAll(
    /^portcullis_certificate_days_to_expire\{role="(.*)",subject="(.*)",.*\} (.*)$/gm,
  );
  return Object.fromEntries(
    [...found].map(([, role, subject, days]) => [`${role} ${subject}`, Math.round(Number(days))]),
  );
}

async function serverSerial(proxy: RunningProxy): Promise<string> {
  const { port } = new URL(proxy.running.addresses.proxy);
  const script = `openssl s_client -connect 127.0.0.1:${port} </dev/null 2>/dev/null | openssl x509 -noout -serial`;
  return (await run('sh', ['-c', script])).stdout;
}
