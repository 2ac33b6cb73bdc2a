import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { loadConfig } from '../../src/config/load-config.ts';
import { ReloadRefusal } from '../../src/main.ts';
import { CertificateShop, type Issued } from '../support/certificates.ts';
import {
  CREDENTIAL,
  encryptBody,
  metadata,
  type RunningProxy,
  startProxy,
} from '../support/running-proxy.ts';

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
const second = { accessKeyId: 'SECONDAKID234567ABCD', secretAccessKey: randomBytes(36).toString('base64') };

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
    reload(proxy, (config) => {
      for (const store of config.keyStores) store['credentials'] = [second];
    });
    expect(await statuses()).toEqual([401, 200]);
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

describe('TLS on the whole proxy', () => {
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
    const renewed = shop.issue({ cn: 'localhost', dns: ['localhost'], key: 'rsa-pkcs8' });
    copyFileSync(renewed.certFile, server.certFile);
    copyFileSync(renewed.keyFile, server.keyFile);
    reload(proxy, () => undefined);
    expect(await serverSerial(proxy)).not.toBe(before);
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

async function serverSerial(proxy: RunningProxy): Promise<string> {
  const { port } = new URL(proxy.running.addresses.proxy);
  const script = `openssl s_client -connect 127.0.0.1:${port} </dev/null 2>/dev/null | openssl x509 -noout -serial`;
  return (await run('sh', ['-c', script])).stdout;
}
