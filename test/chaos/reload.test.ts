/**
 * Reloading under load: clients that sign as AWS KMS does keep asking over connections that they keep, while
 * everything that a reload may change is changed below them. Nothing may fail, and no connection may end.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Issued } from '../support/certificates.ts';
import { CHAOS_SECONDS, CHAOS_SEED } from '../support/chaos-run.ts';
import { CountedAgent } from '../support/counted-agent.ts';
import { type LoadWay, SignedLoad } from '../support/load-signed.ts';
import {
  clientOf,
  fingerprintOf,
  type ReloadStand,
  startReloadStand,
  type Trigger,
  type Version,
} from '../support/reload-stand.ts';
import { metadata, post } from '../support/running-proxy.ts';

/** Clients with one certificate, who stay when its CA has gone. */
interface Crowd {
  readonly client: Issued;
  readonly agent: CountedAgent;
  readonly load: SignedLoad;
}

let stand: ReloadStand;
/** What the proxy serves, and how the clients ask it. */
let version: Version;
let way: LoadWay;
const crowds: Crowd[] = [];

beforeAll(async () => {
  stand = await startReloadStand(({ ways: [first], shop }) => {
    way = first;
    version = {
      prefixes: [first.prefix],
      credentials: [first.credential],
      externalKeyIds: [first.externalKeyId],
      server: shop.issue({ cn: 'localhost', dns: ['localhost'] }),
      clientCas: [shop.otherRoot()],
    };
    return version;
  });
});
afterAll(async () => {
  await Promise.all(crowds.map(({ load }) => load.stop({ verifyKept: false })));
  for (const { agent } of crowds) agent.destroy();
  await stand[Symbol.asyncDispose]();
});

it('X-66: whatever a reload may change is changed under load, and no request fails and no connection ends', async () => {
  const endMs = performance.now() + CHAOS_SECONDS * 1000;
  crowds.push(await crowd());
  let rounds = 0;
  do {
    const [one, two] = stand.ways;
    await changeEverything(rounds % 2 === 0 ? [one, two] : [two, one]);
    rounds += 1;
  } while (performance.now() < endMs);
  const errors = await stand.errors();
  const generation = await stand.generation();
  for (const { load } of crowds) await load.stop();

  const account = {
    rounds,
    reloads: stand.reloads,
    sent: crowds.map(({ load }) => load.sent),
    failed: crowds.flatMap(({ load }) => [...load.errors]),
    wrong: crowds.flatMap(({ load }) => load.wrong),
    connections: crowds.map(({ agent: { opened, ended } }) => ({ opened, ended })),
    errors,
    maxReplyMs: crowds.map(({ load }) => Math.round(load.maxReplyMs)),
  };
  console.log(`chaos: ${JSON.stringify({ fault: 'reloads', seed: CHAOS_SEED, ...account })}`);
  expect(account).toMatchObject({
    reloads: { signal: 6 * rounds, command: rounds, content: 2 * rounds },
    failed: [],
    wrong: [],
    connections: crowds.map(() => ({ opened: WORKERS, ended: 0 })),
    // What the proxy itself counted: the probes of the old ways, and ciphertexts damaged on purpose.
    errors: {
      AuthenticationFailedException: rounds,
      InvalidUriPathException: rounds,
      KeyNotFoundException: rounds,
      InvalidCiphertextException: expect.any(Number),
    },
  });
  expect(Object.keys(errors)).toHaveLength(4);
  expect(Math.min(...account.sent)).toBeGreaterThanOrEqual(100);
  // A look of the proxy at its files may come between a version and its signal: then it is read twice.
  expect(stand.generations.length).toBeGreaterThanOrEqual(1 + 9 * rounds);
  expect(stand.generations).toEqual(stand.generations.map((_, index) => index + 1));
  expect(generation).toBe(stand.generations.at(-1));
  for (const { agent } of crowds) agent.destroy();
  expect(await stand.stop()).toBe(0);
});

/** From one way in to the other, step by step, each as an operator would take it. */
async function changeEverything([from, to]: readonly [LoadWay, LoadWay]): Promise<void> {
  await changeWay(from, to);
  await breakFiles();
  await changeCertificates();
}

async function changeWay(from: LoadWay, to: LoadWay): Promise<void> {
  await take('signal', { credentials: [from.credential, to.credential] });
  await ask({ credential: to.credential });
  await take('command', { credentials: [to.credential] });
  expect(await statusOf({ credential: from.credential })).toBe(401);

  await take('signal', { prefixes: [from.prefix, to.prefix] });
  await ask({ prefix: to.prefix });
  await take('signal', { prefixes: [to.prefix] });
  expect(await statusOf({ prefix: from.prefix })).toBe(404);

  await take('signal', { externalKeyIds: [from.externalKeyId, to.externalKeyId] });
  await ask({ externalKeyId: to.externalKeyId, keyValue: to.keyValue });
  await take('signal', { externalKeyIds: [to.externalKeyId] });
  expect(await statusOf({ externalKeyId: from.externalKeyId })).toBe(404);
  // What was encrypted under the first key is decrypted at the end.
  await take('signal', { externalKeyIds: [from.externalKeyId, to.externalKeyId] });
}

/** A file that is no configuration, a certificate without its key: both are reported, and the old ones hold. */
async function breakFiles(): Promise<void> {
  const generation = await stand.generation();
  const stranger = stand.shop.issue({ cn: 'localhost', dns: ['localhost'] });
  const noYaml = { ...version, prefixes: ['/other'], broken: { 'portcullis.yaml': 'proxy: [' } };
  const noPair = { ...version, prefixes: ['/other'], broken: { 'server.key': stranger.key } };
  expect(await stand.refuse('signal', noYaml)).toMatchObject({ generation, level: 'error' });
  expect(await stand.refuse('command', noPair)).toMatchObject({ generation, level: 'error' });
  expect(await stand.generation()).toBe(generation);
  expect(await statusOf({})).toBe(200);
}

/** A new server certificate, and a client CA that takes over from another. */
async function changeCertificates(): Promise<void> {
  const before = crowds.at(-1);
  const server = stand.shop.issue({ cn: 'localhost', dns: ['localhost'], key: 'rsa-pkcs8' });
  const newCa = stand.shop.otherRoot();
  await take('content', { server, clientCas: [...version.clientCas, newCa] });
  const late = await crowd();
  crowds.push(late);
  const clients = [before?.client ?? late.client, late.client] as const;
  expect(await Promise.all(clients.map((client) => stand.ping(client)))).toEqual([
    fingerprintOf(server),
    fingerprintOf(server),
  ]);
  await take('content', { clientCas: [newCa] });
  await expect(stand.ping(clients[0])).rejects.toThrow();
  expect(await stand.ping(clients[1])).toBe(fingerprintOf(server));
  await served();
}

/** Clients with a new certificate of the newest CA, once all of their connections are open. */
async function crowd(): Promise<Crowd> {
  const client = clientOf(newestCa(), stand.shop);
  const agent = new CountedAgent(stand.clientTls(client));
  const load = new SignedLoad({
    authority: stand.authority,
    way: () => way,
    seed: CHAOS_SEED + crowds.length * WORKERS,
    workers: WORKERS,
    agent,
  });
  await load.served(10 * WORKERS, 20_000);
  return { client, agent, load };
}

function newestCa(): Issued {
  const ca = version.clientCas.at(-1);
  if (ca === undefined) throw new Error('there is no client CA');
  return ca;
}

async function take(trigger: Trigger, change: Partial<Version>): Promise<void> {
  version = { ...version, ...change };
  await stand.reload(trigger, version);
}

/** Has all clients ask in another way; resolves when none asks in the old one any more. */
async function ask(change: Partial<LoadWay>): Promise<void> {
  way = { ...way, ...change };
  await Promise.all(crowds.map(({ load }) => load.settled()));
}

/** What a client hears that asks once, over a connection of its own. */
async function statusOf(change: Partial<LoadWay>): Promise<number> {
  const { prefix, credential, externalKeyId } = { ...way, ...change };
  const path = `${prefix}/kms/xks/v1/keys/${externalKeyId}/metadata`;
  const body = { requestMetadata: metadata('DescribeKey') };
  const agent = new CountedAgent(stand.clientTls(clientOf(newestCa(), stand.shop)));
  const { status } = await post(stand.authority, path, body, { credential, agent });
  agent.destroy();
  return status;
}

/** Resolves when every crowd has had right answers since. */
async function served(): Promise<void> {
  for (const { load } of crowds) {
    const enough = load.ok + 5 * WORKERS;
    await load.served(enough, 20_000);
    expect(load.ok).toBeGreaterThanOrEqual(enough);
  }
}

const WORKERS = 6;
