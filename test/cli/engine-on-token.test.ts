/** The program with an engine whose keys, those of a seed, a token protects: what it encrypts outlasts the process. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  KMSClient,
  ListKeysCommand,
} from '@aws-sdk/client-kms';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { proxyConfig } from '../support/proxy-config.ts';
import type { StartedProcess } from '../support/started-process.ts';
import { createTestToken, type TestToken } from '../support/token.ts';
import { portcullis, startedProxy } from './run-portcullis.ts';

const CREDENTIALS = { accessKeyId: 'AKIDALICE', secretAccessKey: 'the-secret-of-alice' };
const RANDOM = '11111111-1111-4111-8111-111111111111';
const FIXED = '22222222-2222-4222-8222-222222222222';
const PLAINTEXT = Buffer.from('kept for long');

let token: TestToken;
let config: string;

beforeEach(async () => {
  token = await createTestToken();
  await token.addAesKey({ label: 'health', id: '0aff' });
  writeSeed([
    { id: RANDOM, aliases: ['alias/random'] },
    { id: FIXED, aliases: ['alias/fixed'], dangerMaterial: randomBytes(32).toString('base64') },
  ]);
  config = await proxyConfig(token, {
    more: {
      keyStores: [],
      control: { socket: 'control.sock' },
      kms: {
        port: 0,
        token: 'soft',
        store: { sqlite: 'kms.db' },
        seed: 'seed.yaml',
        access: { credentials: [{ ...CREDENTIALS, account: '111122223333' }] },
      },
    },
  });
  expect(await portcullis('domain', 'init', '--config', config)).toMatchObject({ code: 0 });
});
afterEach(() => token[Symbol.asyncDispose]());

function writeSeed(keys: readonly Record<string, unknown>[]): void {
  const seed = { account: '111122223333', region: 'eu-west-1', keys };
  writeFileSync(join(token.paths.directory, 'seed.yaml'), stringify(seed), { mode: 0o600 });
}

/** Runs the program until `work` is done with it, and then stops it as an operator does. */
async function running<T>(work: (client: KMSClient, engine: StartedProcess) => Promise<T>): Promise<T> {
  await using engine = await startedProxy(config, 'kms.seed.sown');
  await engine.said('"event":"started"');
  const client = clientOf(engine);
  const done = await work(client, engine).finally(() => client.destroy());
  engine.signal('SIGTERM');
  expect(await engine.exited).toBe(0);
  return done;
}

function clientOf({ stdout }: StartedProcess): KMSClient {
  const endpoint = /"kms":"(http:[^"]+)"/.exec(stdout)?.[1] ?? '';
  return new KMSClient({ endpoint, region: 'eu-west-1', credentials: { ...CREDENTIALS } });
}

async function keyIds(client: KMSClient): Promise<unknown[]> {
  const { Keys = [] } = await client.send(new ListKeysCommand({}));
  return Keys.map(({ KeyId }) => KeyId);
}

it('has a seed that is sown once: after a restart the keys are the same, and open what was encrypted before', async () => {
  const aliases = ['alias/random', 'alias/fixed'];
  const before = await running(async (client) => ({
    ids: await keyIds(client),
    sealed: await Promise.all(
      aliases.map((KeyId) => client.send(new EncryptCommand({ KeyId, Plaintext: PLAINTEXT }))),
    ),
    described: await client.send(new DescribeKeyCommand({ KeyId: 'alias/random' })),
  }));
  const after = await running(async (client) => ({
    ids: await keyIds(client),
    opened: await Promise.all(
      before.sealed.map(({ CiphertextBlob }) => client.send(new DecryptCommand({ CiphertextBlob }))),
    ),
    described: await client.send(new DescribeKeyCommand({ KeyId: 'alias/random' })),
  }));

  expect(before.ids).toEqual([RANDOM, FIXED]);
  expect(after.ids).toEqual(before.ids);
  expect(after.opened.map(({ Plaintext }) => Buffer.from(Plaintext ?? []))).toEqual([PLAINTEXT, PLAINTEXT]);
  expect(after.opened.map(({ KeyId }) => KeyId)).toEqual(before.sealed.map(({ KeyId }) => KeyId));
  expect(after.described.KeyMetadata).toEqual(before.described.KeyMetadata);
});

it('has a seed, and one with other material than its key has is refused as soon as the token is ready, and the key stays', async () => {
  const sealed = await running((client) =>
    client.send(new EncryptCommand({ KeyId: FIXED, Plaintext: PLAINTEXT })),
  );
  writeSeed([{ id: FIXED, dangerMaterial: randomBytes(32).toString('base64') }]);
  await using engine = await startedProxy(config, 'kms.seed.refused');
  const status = await portcullis('status', '--config', config);
  const client = clientOf(engine);
  const { Plaintext } = await client
    .send(new DecryptCommand({ CiphertextBlob: sealed.CiphertextBlob }))
    .finally(() => client.destroy());

  expect(status).toMatchObject({ code: 1 });
  expect(status.stdout).toContain('the seed of the KMS engine has not been sown: ');
  expect(status.stdout).toContain(FIXED);
  expect(Buffer.from(Plaintext ?? [])).toEqual(PLAINTEXT);
});

it('opens what it encrypted under a generation of its domain that has been destroyed since', async () => {
  const { CiphertextBlob } = await running((client) =>
    client.send(new EncryptCommand({ KeyId: RANDOM, Plaintext: PLAINTEXT })),
  );
  const domain = (...args: string[]) => portcullis('domain', ...args, '--config', config);
  await domain('rotate');
  const early = await domain('destroy', '1', '--backups-gone');
  await running((_client, engine) => engine.said('"event":"kms.wrapped-again"'));
  const late = await domain('destroy', '1', '--backups-gone');
  const opened = await running((client) => client.send(new DecryptCommand({ CiphertextBlob })));

  expect(early).toMatchObject({ code: 1, stdout: '' });
  expect(early.stderr).toMatch(
    /^portcullis: denied: 2 keys are, such as key .* still wrapped with generation 1; run the/,
  );
  expect(late).toMatchObject({ code: 0 });
  expect(Buffer.from(opened.Plaintext ?? [])).toEqual(PLAINTEXT);
});
