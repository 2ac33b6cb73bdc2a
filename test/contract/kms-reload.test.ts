/** What a running engine takes over from a changed configuration: who may call it, and what its listener presents. */
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateKeyCommand, DescribeKeyCommand, KMSClient, ListKeysCommand } from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { loadConfig } from '../../src/config/load-config.ts';
import { ReloadRefusal, type Running, startPortcullis } from '../../src/main.ts';
import { CertificateShop, type Issued } from '../support/certificates.ts';

const ALICE = { accessKeyId: 'AKIDALICE', secretAccessKey: 'first-secret-of-alice' };
const BOB = { accessKeyId: 'AKIDBOB', secretAccessKey: 'the-secret-of-bob' };

let folder: string;
let shop: CertificateShop;
let server: Issued;
let running: Running;
let logged: { event: string; fields: Readonly<Record<string, unknown>> }[];
let agent: https.Agent;
let clients: KMSClient[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-kms-reload-'));
  shop = new CertificateShop();
  server = shop.issue({ cn: 'localhost', dns: ['localhost'] });
  chmodSync(server.keyFile, 0o600);
  logged = [];
  clients = [];
  agent = new https.Agent({ keepAlive: true, maxSockets: 1, ca: shop.root.cert });
  const log = { debug: record, info: record, warn: record, error: record };
  running = await startPortcullis({ config: configOf({}), log });
});
afterEach(async () => {
  for (const client of clients) client.destroy();
  agent.destroy();
  await running.drain();
  shop[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

function record(event: string, fields: Readonly<Record<string, unknown>> = {}): void {
  logged.push({ event, fields });
}

function configOf(
  kms: Record<string, unknown>,
  credentials: readonly (typeof ALICE)[] = [ALICE],
): ReturnType<typeof loadConfig> {
  const file = join(folder, 'portcullis.yaml');
  const section = {
    host: '127.0.0.1',
    port: 0,
    tls: { certFile: server.certFile, keyFile: server.keyFile },
    dangerSoftwareKeys: true,
    store: { dangerMemory: true },
    access: { credentials: credentials.map((each) => ({ ...each, account: '111122223333' })) },
    ...kms,
  };
  const content = { metrics: { host: '127.0.0.1', port: 0 }, stateDir: 'state', kms: section };
  writeFileSync(file, stringify(content), { mode: 0o600 });
  return loadConfig(file);
}

function clientOf(credentials: typeof ALICE): KMSClient {
  const { port } = new URL(running.addresses.kms ?? '');
  const client = new KMSClient({
    endpoint: `https://localhost:${port}`,
    region: 'eu-west-1',
    maxAttempts: 1,
    credentials: { ...credentials },
    requestHandler: { httpsAgent: agent },
  });
  clients.push(client);
  return client;
}

function told(credentials: typeof ALICE): Promise<string> {
  return clientOf(credentials)
    .send(new ListKeysCommand({}))
    .then(
      () => 'served',
      (error: Error) => error.name,
    );
}

function openSockets(): readonly unknown[] {
  return Object.values(agent.freeSockets).flat();
}

/** Of a connection of its own. */
async function presented(): Promise<string | undefined> {
  const { port } = new URL(running.addresses.kms ?? '');
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  const options = { host: 'localhost', port, path: '/ping', ca: shop.root.cert, agent: false };
  https
    .get(options, (response) => {
      const { socket } = response as unknown as { socket: import('node:tls').TLSSocket };
      resolve(socket.getPeerX509Certificate()?.serialNumber);
      response.resume();
    })
    .once('error', reject);
  return promise;
}

describe('a reload of the engine', () => {
  it('lets a second caller in and puts the first one out, on one open connection', async () => {
    expect([await told(ALICE), await told(BOB)]).toEqual(['served', 'UnrecognizedClientException']);
    const sockets = openSockets();
    running.reload(configOf({}, [ALICE, BOB]));
    expect([await told(ALICE), await told(BOB)]).toEqual(['served', 'served']);
    running.reload(configOf({}, [BOB]));
    expect([await told(ALICE), await told(BOB)]).toEqual(['UnrecognizedClientException', 'served']);

    expect(sockets).toHaveLength(1);
    expect(openSockets()).toEqual(sockets);
  });

  it('takes over a changed secret, and keeps the keys', async () => {
    const { KeyMetadata } = await clientOf(ALICE).send(new CreateKeyCommand({}));
    const changed = { ...ALICE, secretAccessKey: 'second-secret-of-alice' };
    running.reload(configOf({}, [changed]));
    const found = await clientOf(changed).send(new DescribeKeyCommand({ KeyId: KeyMetadata?.KeyId }));

    expect(await told(ALICE)).toBe('InvalidSignatureException');
    expect(found.KeyMetadata?.Arn).toBe(KeyMetadata?.Arn);
  });

  it('presents another certificate to new connections, and says when it runs out', async () => {
    await told(ALICE);
    const sockets = openSockets();
    const before = await presented();
    const renewed = shop.issue({ cn: 'localhost', dns: ['localhost'], days: 30 });
    copyFileSync(renewed.certFile, server.certFile);
    copyFileSync(renewed.keyFile, server.keyFile);
    running.reload(configOf({}));
    const metrics = await (await fetch(`${running.addresses.metrics}/metrics`)).text();

    expect(await presented()).not.toBe(before);
    expect(await told(ALICE)).toBe('served');
    expect(openSockets()).toEqual(sockets);
    expect(metrics).toContain(
      'portcullis_kms_request_duration_seconds_count{operation="ListKeys",error=""} 1',
    );
    expect(metrics).toMatch(/^portcullis_certificate_days_to_expire\{role="server",.*\} (29\.|30)/m);
  });

  it.for([
    { what: 'a certificate that is none', breakIt: () => writeFileSync(server.certFile, 'no certificate') },
    {
      what: 'the key of another certificate',
      breakIt: () => copyFileSync(shop.issue({ cn: 'localhost' }).keyFile, server.keyFile),
    },
  ])('changes nothing for $what: callers and certificate stay', async ({ breakIt }) => {
    const before = await presented();
    breakIt();
    expect(() => running.reload(configOf({}, [BOB]))).toThrow(
      expect.objectContaining({ name: 'TlsFault', message: expect.stringContaining('certificate') }),
    );

    expect(await presented()).toBe(before);
    expect([await told(ALICE), await told(BOB)]).toEqual(['served', 'UnrecognizedClientException']);
    expect(logged.filter(({ event }) => event === 'config.reloaded')).toEqual([]);
  });

  it.for([
    { what: 'the port', kms: { port: 1 }, says: 'kms (other than its credentials and the content' },
    {
      what: 'the limits',
      kms: { limits: { keys: 5 } },
      says: 'kms (other than its credentials and the content',
    },
    {
      what: 'the mode of access',
      kms: { access: { mode: 'open', credentials: [] } },
      says: 'kms (other than its credentials and the content',
    },
    { what: 'TLS to none', kms: { tls: undefined }, says: 'kms (other than its credentials and the content' },
  ])('refuses to change $what, with a sentence', async ({ kms, says }) => {
    const refusal = () => running.reload(configOf(kms));

    expect(refusal).toThrow(ReloadRefusal);
    expect(refusal).toThrow(says);
    expect(refusal).toThrow('changed, which takes a restart');
    expect(await told(ALICE)).toBe('served');
  });

  it('refuses to sow another seed', async () => {
    const seed = join(folder, 'seed.yaml');
    const keys = [{ id: '1234abcd-12ab-34cd-56ef-1234567890ab' }];
    writeFileSync(seed, stringify({ account: '111122223333', region: 'eu-west-1', keys }), { mode: 0o600 });

    expect(() => running.reload(configOf({ seed }))).toThrow('kms.seed changed, which takes a restart');
  });
});
