/** Several processes on one port, each with a `stateDir` of its own, over one token. */
import { renameSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { proxyConfig } from '../support/proxy-config.ts';
import { encryptBody, post, until } from '../support/running-proxy.ts';
import type { StartedProcess } from '../support/started-process.ts';
import { createTestToken, type TestToken } from '../support/token.ts';
import { portcullis, startedProxy } from './run-portcullis.ts';

let token: TestToken;
let first: StartedProcess;
let second: StartedProcess;
let port: number;

beforeAll(async () => {
  token = await createTestToken();
  await token.addAesKey({ label: 'foo', id: '0a01' });
  await token.addAesKey({ label: 'health', id: '0aff' });
  first = await startedProxy(await configOf('first', 0));
  port = Number(/"proxy":"http:\/\/127\.0\.0\.1:(\d+)"/.exec(first.stdout)?.[1]);
  second = await startedProxy(await configOf('second', port));
});
afterAll(async () => {
  await first[Symbol.asyncDispose]();
  await second[Symbol.asyncDispose]();
  await token[Symbol.asyncDispose]();
});

/** A file of its own, since a process takes up what is written into its file. */
async function configOf(name: string, listenOn: number, stateDir = name): Promise<string> {
  const file = join(token.paths.directory, `${name}.yaml`);
  const proxy = { port: listenOn, reusePort: true, fleetSize: 2 };
  renameSync(await proxyConfig(token, { proxy, more: { stateDir } }), file);
  return file;
}

/** Each over a connection of its own; how many were answered with 200. */
async function encrypted(count: number): Promise<number> {
  const path = '/example/uri/path/prefix/kms/xks/v1/keys/foo/encrypt';
  const body = encryptBody(Buffer.from('0123456789abcdef'));
  const agent = new http.Agent({ keepAlive: false });
  const answers = await Promise.all(
    Array.from({ length: count }, () => post(`127.0.0.1:${port}`, path, body, { agent })),
  );
  return answers.filter(({ status }) => status === 200).length;
}

function answeredBy({ stdout }: StartedProcess): number {
  return stdout.split('"event":"request"').length - 1;
}

it('both answer, and the one that stays answers all when the other goes', async () => {
  expect(await encrypted(64)).toBe(64);
  await until(() => answeredBy(first) + answeredBy(second) === 64);
  // One chance in 2^63 that the kernel gives one of them nothing.
  const byFirst = answeredBy(first);
  expect(byFirst).toBeGreaterThan(0);
  expect(byFirst).toBeLessThan(64);

  second.signal('SIGTERM');
  expect(await second.exited).toBe(0);
  expect(await encrypted(32)).toBe(32);
  await until(() => answeredBy(first) === byFirst + 32);
});

it('a process with the stateDir of another is refused, with the reason', async () => {
  const file = await configOf('third', port, 'first');
  const { code, stderr } = await portcullis('proxy', '--config', file);
  expect(code).toBe(1);
  expect(stderr).toContain(
    `stateDir ${join(token.paths.directory, 'first')} is in use by another process: give each process that shares a port a folder of its own`,
  );
  expect(await encrypted(8)).toBe(8);
});
