/** The aws command line against an engine: what a person at the keyboard does, and what their terminal says. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startKmsForTests, type TestKms } from '../../src/testing.ts';

const AWS = fileURLToPath(new URL('../../.clients/python/bin/aws', import.meta.url));

let kms: TestKms;
let folder: string;

beforeAll(async () => {
  kms = await startKmsForTests();
  folder = await mkdtemp(join(tmpdir(), 'portcullis-aws-'));
});
beforeEach(({ skip }) => {
  skip(!existsSync(AWS), 'the aws command line is not installed');
});
afterAll(async () => {
  await kms[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

interface AwsAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function aws(...args: string[]): Promise<AwsAnswer> {
  const env = {
    PATH: '/usr/bin:/bin',
    HOME: folder,
    AWS_ACCESS_KEY_ID: kms.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: kms.credentials.secretAccessKey,
  };
  const common = ['--endpoint-url', kms.endpoint, '--region', 'eu-central-1', '--output', 'json'];
  return await promisify(execFile)(AWS, [...common, ...args], { env, cwd: folder }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

async function awsJson(...args: string[]): Promise<Record<string, unknown>> {
  const { stdout } = await aws(...args);
  return JSON.parse(stdout) as Record<string, unknown>;
}

async function newKey(): Promise<string> {
  const { KeyMetadata } = await awsJson('kms', 'create-key');
  return (KeyMetadata as { KeyId: string }).KeyId;
}

describe('the aws command line', () => {
  it('knows who calls', async () => {
    expect(await awsJson('sts', 'get-caller-identity')).toEqual({
      UserId: '111122223333',
      Account: '111122223333',
      Arn: 'arn:aws:iam::111122223333:root',
    });
  });

  it('encrypts and decrypts a file by alias, under a context', async () => {
    const keyId = await newKey();
    await aws('kms', 'create-alias', '--alias-name', 'alias/files', '--target-key-id', keyId);
    await writeFile(join(folder, 'plain'), 'of the file');
    const context = ['--encryption-context', 'path=plain,owner=alice'];
    const { CiphertextBlob } = await awsJson(
      ...['kms', 'encrypt', '--key-id', 'alias/files', '--plaintext', 'fileb://plain', ...context],
    );
    await writeFile(join(folder, 'secret'), Buffer.from(String(CiphertextBlob), 'base64'));
    const decrypt = ['kms', 'decrypt', '--ciphertext-blob', 'fileb://secret'];
    const opened = await awsJson(...decrypt, ...context);
    const refused = await aws(...decrypt);

    expect(Buffer.from(String(opened['Plaintext']), 'base64').toString()).toBe('of the file');
    expect(opened['KeyId']).toBe(`arn:aws:kms:eu-central-1:111122223333:key/${keyId}`);
    expect(refused).toMatchObject({
      code: expect.any(Number),
      stderr: expect.stringContaining(
        'An error occurred (InvalidCiphertextException) when calling the Decrypt operation',
      ),
    });
  });

  it('shows what is wrong in the words of AWS', async () => {
    const keyId = await newKey();
    await aws('kms', 'disable-key', '--key-id', keyId);
    const answers = [
      await aws('kms', 'encrypt', '--key-id', keyId, '--plaintext', 'x'),
      await aws('kms', 'describe-key', '--key-id', 'foo'),
      await aws('kms', 'generate-random'),
      await aws('kms', 'create-alias', '--alias-name', 'orders', '--target-key-id', keyId),
    ];

    expect(answers.map(({ stderr }) => stderr.trim().replace(/^.*?An error/s, 'An error'))).toEqual([
      `An error occurred (DisabledException) when calling the Encrypt operation: arn:aws:kms:eu-central-1:111122223333:key/${keyId} is disabled.`,
      "An error occurred (NotFoundException) when calling the DescribeKey operation: Invalid keyId 'foo'",
      'An error occurred (ValidationException) when calling the GenerateRandom operation: NumberOfBytes is required.',
      'An error occurred (ValidationException) when calling the CreateAlias operation: Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    ]);
  });

  it('schedules a deletion, and takes it back', async () => {
    const keyId = await newKey();
    const scheduled = await awsJson(
      ...['kms', 'schedule-key-deletion', '--key-id', keyId, '--pending-window-in-days', '7'],
    );
    const again = await aws('kms', 'schedule-key-deletion', '--key-id', keyId);
    await aws('kms', 'cancel-key-deletion', '--key-id', keyId);
    const { KeyMetadata } = await awsJson('kms', 'describe-key', '--key-id', keyId);

    expect(scheduled).toEqual({
      KeyId: `arn:aws:kms:eu-central-1:111122223333:key/${keyId}`,
      DeletionDate: expect.any(Number),
      KeyState: 'PendingDeletion',
      PendingWindowInDays: 7,
    });
    expect(again.stderr).toContain('(KMSInvalidStateException)');
    expect(again.stderr).toContain('is pending deletion.');
    expect(KeyMetadata).toMatchObject({ KeyState: 'Disabled', Enabled: false });
  });

  it('lists keys page by page', async () => {
    await newKey();
    await newKey();
    const all = await awsJson('kms', 'list-keys');
    const paged = await awsJson('kms', 'list-keys', '--page-size', '1');

    expect((all['Keys'] as unknown[]).length).toBeGreaterThan(1);
    expect(paged['Keys']).toEqual(all['Keys']);
  });

  it('makes a data key that openssl encrypts with and a later decrypt brings back', async () => {
    const keyId = await newKey();
    const dataKey = await awsJson('kms', 'generate-data-key', '--key-id', keyId, '--key-spec', 'AES_256');
    await writeFile(join(folder, 'data-key'), Buffer.from(String(dataKey['CiphertextBlob']), 'base64'));
    const hex = Buffer.from(String(dataKey['Plaintext']), 'base64').toString('hex');
    await writeFile(join(folder, 'large'), 'x'.repeat(100_000));
    const iv = '000102030405060708090a0b0c0d0e0f';
    const openssl = (direction: string, key: string, from: string, to: string): Promise<unknown> =>
      promisify(execFile)('openssl', [
        ...[
          'enc',
          '-aes-256-ctr',
          direction,
          '-K',
          key,
          '-iv',
          iv,
          '-in',
          join(folder, from),
          '-out',
          join(folder, to),
        ],
      ]);
    await openssl('-e', hex, 'large', 'large.encrypted');
    const opened = await awsJson('kms', 'decrypt', '--ciphertext-blob', 'fileb://data-key');
    await openssl(
      '-d',
      Buffer.from(String(opened['Plaintext']), 'base64').toString('hex'),
      'large.encrypted',
      'back',
    );

    expect(await readFile(join(folder, 'back'), 'utf8')).toBe('x'.repeat(100_000));
  });
});
