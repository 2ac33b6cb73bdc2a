/** `portcullis/testing` as another project has it: built, packed and installed, without the packages it must not need. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'portcullis-packed-'));
const consumer = join(folder, 'consumer');

/** Reports what was loaded from where, and what a client of AWS got. */
const PROGRAM = `
import { registerHooks } from 'node:module';
import { DecryptCommand, DescribeKeyCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms';
const loaded = [];
registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
const startedMs = performance.now();
const { startKmsForTests } = await import('portcullis/testing');
const options = process.argv[2] === 'seed'
  ? { account: '111122223333', seed: { account: '111122223333', region: 'eu-west-1', keys: [
      { id: '11111111-2222-3333-4444-555555555555', aliases: ['alias/app'] } ] } }
  : {};
const kms = await startKmsForTests(options);
const elapsedMs = performance.now() - startedMs;
const files = loaded.filter((url) => url.startsWith('file:'));
const packages = new Set(files.map((url) => url.split('/node_modules/').at(-1).split('/')[0]));
const client = new KMSClient({ endpoint: kms.endpoint, region: 'eu-west-1', credentials: kms.credentials });
let arn = '';
let text = '';
if (process.argv[2] === 'seed') {
  await kms.reset();
  const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: 'alias/app' }));
  arn = KeyMetadata.Arn;
  const { CiphertextBlob } = await client.send(
    new EncryptCommand({ KeyId: 'alias/app', Plaintext: Buffer.from('hello') }));
  const { Plaintext } = await client.send(new DecryptCommand({ CiphertextBlob }));
  text = Buffer.from(Plaintext).toString();
}
client.destroy();
await kms[Symbol.asyncDispose]();
console.log(JSON.stringify({ arn, text, packages: [...packages], files: files.length, elapsedMs }));
`;

const TYPED = `
import { startKmsForTests, type TestKms } from 'portcullis/testing';
export const kms: Promise<TestKms> = startKmsForTests({ seed: { keys: [{ id: 'a', enabled: false }] } });
// @ts-expect-error: ids are texts
export const refused = startKmsForTests({ seed: { keys: [{ id: 1 }] } });
`;

interface Report {
  readonly arn: string;
  readonly text: string;
  readonly packages: readonly string[];
  readonly files: number;
  readonly elapsedMs: number;
}

beforeAll(() => {
  const build = join(folder, 'build');
  mkdirSync(build);
  tool('tsc', ROOT, '-p', 'tsconfig.build.json', '--outDir', join(build, 'dist'));
  for (const name of ['package.json', 'LICENSE', 'config']) {
    cpSync(join(ROOT, name), join(build, name), { recursive: true });
  }
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent'], { cwd: build });
  const installed = join(consumer, 'node_modules/portcullis');
  mkdirSync(installed, { recursive: true });
  const archive = join(build, 'portcullis-0.1.0.tgz');
  execFileSync('tar', ['-xzf', archive, '-C', installed, '--strip-components=1']);
  for (const name of ['zod', 'yaml', '@aws-sdk', '@types/node']) {
    const place = join(consumer, 'node_modules', name);
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), place);
  }
  writeFileSync(join(consumer, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(consumer, 'program.js'), PROGRAM);
  writeFileSync(join(consumer, 'typed.ts'), TYPED);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function tool(name: string, cwd: string, ...args: string[]): void {
  execFileSync(join(ROOT, 'node_modules/.bin', name), args, { cwd, encoding: 'utf8' });
}

function run(...args: string[]): Report {
  const output = execFileSync(process.execPath, ['program.js', ...args], { cwd: consumer, encoding: 'utf8' });
  return JSON.parse(output) as Report;
}

it('starts without any other package, and loads few files', () => {
  const { packages, files, elapsedMs } = run();
  process.stdout.write(`portcullis/testing: ${files} files, ${elapsedMs.toFixed(0)} ms until it listens\n`);

  expect(packages).toEqual(['portcullis']);
  expect(files).toBeLessThan(MOST_FILES);
});

it('has the keys of its seed, for the AWS SDK, also after a reset', () => {
  const { arn, text, packages } = run('seed');

  expect(arn).toBe('arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555');
  expect(text).toBe('hello');
  expect(packages.toSorted()).toEqual(['portcullis', 'yaml', 'zod']);
});

it('has types', () => {
  const settings = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--skipLibCheck'];

  expect(() =>
    tool('tsc', consumer, ...settings, '--lib', 'es2024,esnext.disposable', '--types', 'node', 'typed.ts'),
  ).not.toThrow();
});

/** Each file that is loaded takes time; so many are there for what an engine is. */
const MOST_FILES = 200;
