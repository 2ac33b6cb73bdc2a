/**
 * A throw-away SoftHSM2 token for one test: own folder, own configuration, own PINs, gone afterwards. It is
 * driven with the tools of other projects (softhsm2-util, pkcs11-tool) and imports nothing of ours, so that
 * what it finds on a token is a second opinion.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Creates and initialises a token; `await using` removes it. Safe to call from tests that run in parallel. */
export async function createTestToken(options: { readonly label?: string } = {}): Promise<TestToken> {
  const label = options.label ?? 'portcullis-test';
  const directory = await mkdtemp(join(tmpdir(), 'portcullis-token-'));
  const configFile = join(directory, 'softhsm2.conf');
  const tokenDirectory = join(directory, 'tokens');
  await mkdir(tokenDirectory);
  await writeFile(configFile, softhsmConfiguration(tokenDirectory));
  const pin = randomBytes(8).toString('hex');
  const soPin = randomBytes(8).toString('hex');
  const pinFile = join(directory, 'pin');
  await writeFile(pinFile, `${pin}\n`, { mode: 0o600 });
  const paths: TestTokenPaths = { directory, configFile, tokenDirectory, pinFile, module: softhsmModule() };
  const env = { SOFTHSM2_CONF: configFile };
  const initialise = ['--init-token', '--free', '--label', label, '--so-pin', soPin, '--pin', pin];
  await run('softhsm2-util', initialise, { env: { ...process.env, ...env } });
  const { stdout } = await run('softhsm2-util', ['--show-slots'], { env: { ...process.env, ...env } });
  const serial = /Serial number:\s+(\w+)/.exec(stdout)?.[1];
  if (serial === undefined) throw new Error(`softhsm2-util shows no serial number:\n${stdout}`);
  return new TestToken(paths, { label, serial, pin, soPin });
}

export interface TestTokenPaths {
  /** Holds everything of this token; a test may put its own files here. */
  readonly directory: string;
  /** The value for SOFTHSM2_CONF. */
  readonly configFile: string;
  /** Where SoftHSM2 keeps its objects. Moving it away makes the token disappear. */
  readonly tokenDirectory: string;
  readonly pinFile: string;
  /** The PKCS#11 library. */
  readonly module: string;
}

export interface TestTokenIdentity {
  readonly label: string;
  readonly serial: string;
  readonly pin: string;
  readonly soPin: string;
}

export interface TestKeyOptions {
  readonly label: string;
  /** CKA_ID in hex; none unless given. */
  readonly id?: string;
  /** 256 unless given. */
  readonly bits?: 128 | 192 | 256;
  /** False unless given. */
  readonly extractable?: boolean;
  /** Imports this key instead of generating one. */
  readonly value?: Uint8Array;
}

export type TestKeySelector = { readonly label: string } | { readonly id: string };

export class TestToken implements AsyncDisposable {
  readonly paths: TestTokenPaths;
  readonly label: string;
  readonly serial: string;
  readonly pin: string;
  readonly soPin: string;
  /** What a process needs in its environment to see this token. */
  readonly env: { readonly SOFTHSM2_CONF: string };

  constructor(paths: TestTokenPaths, identity: TestTokenIdentity) {
    this.paths = paths;
    this.label = identity.label;
    this.serial = identity.serial;
    this.pin = identity.pin;
    this.soPin = identity.soPin;
    this.env = { SOFTHSM2_CONF: paths.configFile };
  }

  /** Adds a sensitive AES key that may encrypt and decrypt. An equal label or id is no obstacle. */
  async addAesKey(options: TestKeyOptions): Promise<void> {
    const common = [
      '--label',
      options.label,
      '--key-type',
      `AES:${(options.bits ?? 256) / 8}`,
      '--sensitive',
    ];
    if (options.id !== undefined) common.push('--id', options.id);
    if (options.extractable === true) common.push('--extractable');
    if (options.value === undefined) {
      await this.pkcs11Tool(['--keygen', ...common]);
    } else {
      const file = join(this.paths.directory, `import-${randomBytes(4).toString('hex')}`);
      await writeFile(file, options.value, { mode: 0o600 });
      await this.pkcs11Tool(['--write-object', file, '--type', 'secrkey', ...common]);
      await rm(file);
    }
  }

  /** Deletes one secret key that matches; rejects when there is none. */
  async deleteKey(selector: TestKeySelector): Promise<void> {
    await this.pkcs11Tool(['--delete-object', '--type', 'secrkey', ...selectorArguments(selector)]);
  }

  /** Whole 16-byte blocks through AES-ECB in the token: enough to rebuild GCM, which pkcs11-tool may lack. */
  async encryptBlocks(selector: TestKeySelector, blocks: Uint8Array): Promise<Buffer> {
    const input = join(this.paths.directory, `blocks-${randomBytes(4).toString('hex')}`);
    await writeFile(input, blocks);
    const transform = ['--encrypt', '--mechanism', 'AES-ECB', '--input-file', input];
    const output = await this.pkcs11Tool([...transform, ...selectorArguments(selector)]);
    await rm(input);
    return output;
  }

  /** Runs pkcs11-tool, logged in to this token. Resolves with what it wrote to standard output. */
  async pkcs11Tool(args: readonly string[]): Promise<Buffer> {
    const login = [
      '--module',
      this.paths.module,
      '--token-label',
      this.label,
      '--login',
      '--pin',
      'env:TEST_PIN',
    ];
    const env = { ...process.env, ...this.env, TEST_PIN: this.pin };
    const { stdout } = await run('pkcs11-tool', [...login, ...args], { env, encoding: 'buffer' });
    return stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.paths.directory, { recursive: true, force: true });
  }
}

/** The SoftHSM2 library of this machine. Throws when it is not installed. */
function softhsmModule(): string {
  const found = SOFTHSM_MODULES.find((path) => existsSync(path));
  if (found === undefined)
    throw new Error(`SoftHSM2 is not installed: none of ${SOFTHSM_MODULES.join(', ')}`);
  return found;
}

function softhsmConfiguration(tokenDirectory: string): string {
  return `directories.tokendir = ${tokenDirectory}\nobjectstore.backend = file\nlog.level = ERROR\n`;
}

function selectorArguments(selector: TestKeySelector): string[] {
  return 'id' in selector ? ['--id', selector.id] : ['--label', selector.label];
}

const run = promisify(execFile);

const SOFTHSM_MODULES = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
];
