/** A process with an engine alone reads its files again, whoever asks for it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KMSClient, ListKeysCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { until } from '../support/running-proxy.ts';
import type { StartedProcess } from '../support/started-process.ts';
import { portcullis, startedProxy } from './run-portcullis.ts';

const CONFIG = {
  control: { socket: 'control.sock' },
  stateDir: 'state',
  kms: {
    host: '127.0.0.1',
    port: 0,
    dangerSoftwareKeys: true,
    store: { dangerMemory: true },
    access: {
      credentials: [
        { accessKeyId: 'AKIDALICE', secretAccessKey: { file: 'secret' }, account: '111122223333' },
      ],
    },
  },
};

let folder: string;
let configFile: string;
let engine: StartedProcess;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-kms-reload-'));
  configFile = join(folder, 'portcullis.yaml');
  write('portcullis.yaml', stringify(CONFIG));
  write('secret', 'secret-of-the-start');
  engine = await startedProxy(configFile, 'started');
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

function write(name: string, content: string): void {
  writeFileSync(join(folder, name), content, { mode: 0o600 });
}

async function served(secretAccessKey: string): Promise<boolean> {
  const endpoint = /"kms":"(http:[^"]+)"/.exec(engine.stdout)?.[1] ?? '';
  const credentials = { accessKeyId: 'AKIDALICE', secretAccessKey };
  const client = new KMSClient({ endpoint, region: 'eu-west-1', maxAttempts: 1, credentials });
  const answer = client.send(new ListKeysCommand({}));
  return answer
    .then(
      () => true,
      () => false,
    )
    .finally(() => client.destroy());
}

it('takes a secret over on SIGHUP, on `portcullis reload` and when its file has changed', async () => {
  expect(await served('secret-of-the-start')).toBe(true);

  write('secret', 'secret-of-the-signal');
  process.kill(engine.pid, 'SIGHUP');
  await until(() => served('secret-of-the-signal'));
  write('secret', 'secret-of-the-command');
  expect((await portcullis('reload', '--config', configFile)).code).toBe(0);
  expect(await served('secret-of-the-command')).toBe(true);
  write('secret', 'secret-of-the-file');
  await until(() => served('secret-of-the-file'));

  expect(await served('secret-of-the-start')).toBe(false);
});

it('keeps the secret that it has while its file is broken, and says so', async () => {
  write('secret', '');
  const refused = await portcullis('reload', '--config', configFile);

  expect(refused.code).toBe(1);
  expect(refused.stdout).toContain('kms.access.credentials[0].secretAccessKey');
  expect(engine.stdout).toContain('"event":"config.reload-refused"');
  expect(await served('secret-of-the-file')).toBe(true);
});
