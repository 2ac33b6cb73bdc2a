/**
 * The package as another project has it: built, packed and installed. `portcullis/testing` without the packages that it
 * must not need, the program with those that the package names.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { proxyConfig } from '../support/proxy-config.ts';
import { createTestToken } from '../support/token.ts';

const ROOT = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'portcullis-packed-'));
const consumer = join(folder, 'consumer');
const operator = join(folder, 'operator');

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
  const archive = join(build, 'portcullis-0.1.0.tgz');
  install(archive, consumer, ['zod', 'yaml', '@aws-sdk', '@types/node']);
  const { bin, dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  install(archive, operator, Object.keys(dependencies));
  const program = join(operator, 'node_modules/portcullis', bin.portcullis);
  // As npm does it.
  chmodSync(program, 0o755);
  mkdirSync(join(operator, 'node_modules/.bin'));
  symlinkSync(program, join(operator, 'node_modules/.bin/portcullis'));
  writeFileSync(join(consumer, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(consumer, 'program.js'), PROGRAM);
  writeFileSync(join(consumer, 'typed.ts'), TYPED);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function install(archive: string, project: string, packages: readonly string[]): void {
  const installed = join(project, 'node_modules/portcullis');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', archive, '-C', installed, '--strip-components=1']);
  for (const name of packages) {
    const place = join(project, 'node_modules', name);
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), place);
  }
}

function portcullis(...args: string[]): string {
  const PATH = `${dirname(process.execPath)}:${process.env['PATH']}`;
  const options = { cwd: operator, encoding: 'utf8', env: { ...process.env, PATH } } as const;
  return execFileSync(join(operator, 'node_modules/.bin/portcullis'), args, options);
}

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

it('is a program that can be called by its name', () => {
  expect(portcullis('version')).toMatch(/^portcullis 0\.1\.0 \(Node\.js /);
  expect(portcullis('--help')).toContain('Usage: portcullis ');
});

it('is a program whose parts find each other: token host, store and devices', async () => {
  await using token = await createTestToken();
  await token.addAesKey({ label: 'health' });
  const kms = { token: 'soft', store: { sqlite: 'kms.db' }, access: { mode: 'open' } };
  const config = await proxyConfig(token, { more: { keyStores: [], kms } });

  expect(portcullis('config', 'check', config)).toContain(`${config}: valid`);
  expect(portcullis('domain', 'init', '--config', config)).toMatch(
    /^domain [0-9a-f]{32}\ngeneration 1 wraps/,
  );
});

/** Each file that is loaded takes time; so many are there for what an engine is. */
const MOST_FILES = 230;
