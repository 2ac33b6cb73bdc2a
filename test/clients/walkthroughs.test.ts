/** The walkthroughs of examples/, as a reader runs them: with the real aws command line, openssl and Python. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CancelKeyDeletionCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EnableKeyCommand,
  KMSClient,
  ListAliasesCommand,
  paginateListKeys,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { startKmsForTests, type TestKms } from '../../src/testing.ts';
import {
  filesThatHold,
  indexedWalkthroughs,
  missingLines,
  PYTHON_BIN,
  type RunResult,
  runExample,
  scriptsOnDisk,
  watchArguments,
} from '../support/walkthroughs.ts';

const WALKTHROUGHS = indexedWalkthroughs();
const TIMEOUT_MS = 600_000;

let kms: TestKms;
let client: KMSClient;
let folder: string;

beforeAll(async () => {
  kms = await startKmsForTests();
  client = new KMSClient({
    endpoint: kms.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'demo', secretAccessKey: 'demo' },
  });
  folder = await mkdtemp(join(tmpdir(), 'portcullis-walkthroughs-'));
});
afterAll(async () => {
  client.destroy();
  await kms[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

describe('the index of the walkthroughs', () => {
  it('has each of them once, in order', () => {
    expect(WALKTHROUGHS.map(({ script }) => script)).toEqual(scriptsOnDisk());
    expect(WALKTHROUGHS.map(({ title }) => Number.parseInt(title, 10))).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
  });

  it.for(WALKTHROUGHS)('says what to expect of $script', ({ expected }) => {
    expect(expected.length).toBeGreaterThanOrEqual(5);
  });

  it('is linked from the README, and so is each walkthrough', () => {
    const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
    const links = [...readme.matchAll(/\]\(examples\/([^)]+)\)/g)].map(([, target]) => target);

    expect(links).toEqual(expect.arrayContaining(['README.md', ...scriptsOnDisk()]));
  });
});

describe('the walkthrough', () => {
  beforeEach(skipWithoutTools);

  it.concurrent.for(WALKTHROUGHS)(
    '$script does what the index says, and removes its folder',
    {
      timeout: TIMEOUT_MS,
    },
    async ({ script, expected }, { expect: expectHere, skip }) => {
      skip(lacksPackages(script), 'the Python of the clients is too old for the package cryptography');
      const home = await newFolder();
      const run = await runExample(script, [], { folder: home, endpoint: kms.endpoint });

      expectHere(run).toMatchObject({ code: 0, stderr: '' });
      expectHere(missingLines(run.stdout, [...expected, 'All as expected.'])).toEqual([]);
      expectHere(readdirSync(home)).toEqual([]);
    },
  );
});

describe('after all of them', () => {
  beforeEach(skipWithoutTools);

  it('no alias is left, and every key waits for its deletion', async () => {
    const { Aliases = [] } = await client.send(new ListAliasesCommand({}));
    const states = await Promise.all(
      (await keyIds()).map((KeyId) => client.send(new DescribeKeyCommand({ KeyId }))),
    );

    expect(Aliases.filter(({ AliasName }) => AliasName?.startsWith('alias/example-'))).toEqual([]);
    expect(states.length).toBeGreaterThanOrEqual(WALKTHROUGHS.length);
    expect(new Set(states.map(({ KeyMetadata }) => KeyMetadata?.KeyState))).toEqual(
      new Set(['PendingDeletion']),
    );
  });
});

describe('a plain data key', () => {
  beforeEach(skipWithoutTools);

  it('is in no file and no argument of the second walkthrough', { timeout: TIMEOUT_MS }, async () => {
    const home = await newFolder();
    const watched = watchArguments(join(home, 'watched'));
    const run = await runExample('02-envelope.sh', [], {
      folder: home,
      endpoint: kms.endpoint,
      path: join(home, 'watched'),
      env: { EXAMPLES_KEEP: 'yes' },
    });
    const kept = /^Kept: (.*)$/m.exec(run.stdout)?.[1] ?? '';
    const dataKey = await decrypted(readFileSync(join(kept, 'archive.key')), { file: 'archive.tar' });

    expect(readdirSync(kept)).toEqual(expect.arrayContaining(['archive.encrypted', 'archive.hmac']));
    expect(readFileSync(watched, 'utf8')).toContain('generate-data-key');
    expect(filesThatHold(dataKey, filesBelow(home))).toEqual([]);
  });

  it('is in no file and no argument of the shell program', { timeout: TIMEOUT_MS }, async () => {
    const home = await newFolder();
    const watched = watchArguments(join(home, 'watched'));
    const { KeyMetadata } = await client.send(new CreateKeyCommand({}));
    const program = (...args: string[]): Promise<RunResult> =>
      runExample('10-three-languages/envelope.sh', args, {
        folder: home,
        endpoint: kms.endpoint,
        path: join(home, 'watched'),
        env: {
          AWS_ENDPOINT_URL_KMS: kms.endpoint,
          AWS_DEFAULT_REGION: 'us-east-1',
          AWS_ACCESS_KEY_ID: 'demo',
          AWS_SECRET_ACCESS_KEY: 'demo',
        },
      });
    await writeFile(join(home, 'letter'), 'The gate opens at dawn.');
    await program('encrypt', KeyMetadata?.KeyId ?? '', 'recipient=bob', 'letter', 'envelope');
    await program('decrypt', 'recipient=bob', 'envelope', 'back');
    const [, encrypted = ''] = readFileSync(join(home, 'envelope'), 'utf8').split('\n');
    const dataKey = await decrypted(Buffer.from(encrypted, 'base64'), { recipient: 'bob' });

    expect(readFileSync(join(home, 'back'), 'utf8')).toBe('The gate opens at dawn.');
    expect(readFileSync(watched, 'utf8')).toContain('fileb:///dev/stdin');
    expect(filesThatHold(dataKey, filesBelow(home))).toEqual([]);
  });

  it.for([
    ['as it is', (key: Buffer) => key],
    ['by half', (key: Buffer) => key.subarray(32)],
    ['in hexadecimal digits', (key: Buffer) => key.toString('hex')],
    ['in base64', (key: Buffer) => key.toString('base64')],
  ] as const)('is found where it is planted: %s', async ([, write]) => {
    const home = await newFolder();
    const secret = randomBytes(64);
    const [bad, good] = [join(home, 'bad'), join(home, 'good')];
    await writeFile(bad, Buffer.concat([Buffer.from('-'), Buffer.from(write(secret)), Buffer.from('\n')]));
    await writeFile(good, randomBytes(64));

    expect(filesThatHold(secret, [bad, good])).toEqual([bad]);
  });
});

describe('a walkthrough that fails', () => {
  beforeEach(skipWithoutTools);

  it('says where an engine has to be, and removes its folder too', { timeout: TIMEOUT_MS }, async () => {
    const home = await newFolder();
    const endpoint = 'http://127.0.0.1:1';
    const run = await runExample('06-disable.sh', [], {
      folder: home,
      endpoint,
      env: { AWS_MAX_ATTEMPTS: '1' },
    });

    expect(run.code).not.toBe(0);
    expect(run.stderr).toContain(`It needs an engine at ${endpoint}; npm start runs one.`);
    expect(readdirSync(home)).toEqual([]);
  });

  it('is seen in what it does not say', () => {
    const output = 'Made the key 12 today.\nDecrypted it.\n';

    expect(missingLines(output, ['Made the key … today.', 'Decrypted it.'])).toEqual([]);
    expect(missingLines(output, ['Decrypted it.', 'Made the key … today.'])).toEqual([
      'Made the key … today.',
    ]);
    expect(missingLines(output, ['Made the key'])).toEqual(['Made the key']);
  });
});

async function newFolder(): Promise<string> {
  return await mkdtemp(join(folder, 'run-'));
}

function skipWithoutTools({ skip }: TestContext): void {
  skip(!existsSync(join(PYTHON_BIN, 'aws')), 'the aws command line is not installed');
  skip(spawnSync('openssl', ['version']).error !== undefined, 'openssl is not installed');
}

/** Only one has a program in Python. */
function lacksPackages(script: string): boolean {
  const packages = ['-c', 'import boto3, cryptography'];
  return script.startsWith('10-') && spawnSync(join(PYTHON_BIN, 'python3'), packages).status !== 0;
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

async function keyIds(): Promise<string[]> {
  const ids: string[] = [];
  for await (const { Keys = [] } of paginateListKeys({ client }, {}))
    ids.push(...Keys.map(({ KeyId }) => KeyId ?? ''));
  return ids;
}

/** What a walkthrough encrypted, though its key waits for its deletion. */
async function decrypted(
  CiphertextBlob: Uint8Array,
  EncryptionContext: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  for (const KeyId of await keyIds()) {
    await client.send(new CancelKeyDeletionCommand({ KeyId })).catch(() => undefined);
    await client.send(new EnableKeyCommand({ KeyId }));
  }
  const { Plaintext = new Uint8Array() } = await client.send(
    new DecryptCommand({ CiphertextBlob, EncryptionContext }),
  );
  return Plaintext;
}
