import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type StartedProcess, startProcess } from '../support/started-process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const READY = 'Portcullis is ready';
const ANY_PORTS = { PORTCULLIS_PORT: '0', PORTCULLIS_METRICS_PORT: '0', PORTCULLIS_KMS_PORT: '0' };
/** Where softhsm/setup.sh puts the aws command line. */
const AWS_FOLDER = join(ROOT, '.clients/python/bin');

let parent = '';
let directory = '';

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "portcullis demo's "));
  directory = join(parent, 'var');
});
afterEach(() => rm(parent, { recursive: true, force: true }));

describe('npm start', () => {
  it('prints two commands that encrypt and decrypt when they are pasted in any folder', async () => {
    await using demo = npmStart();
    await demo.said(READY);
    const [encrypt, decrypt] = commandsOf(demo);

    const encrypted = JSON.parse(await paste(encrypt));
    const decrypted = await paste(decrypt);

    expect(Object.keys(encrypted).sort()).toStrictEqual([
      'authenticationTag',
      'ciphertext',
      'initializationVector',
    ]);
    expect(decrypted).toBe('{"plaintext":"SGVsbG8gZnJvbSB0aGUgb3RoZXIgc2lkZSBvZiB0aGUgcG9ydGN1bGxpcw=="}\n');
  });

  it('prints three lines for the aws command line that make a key, encrypt and decrypt when they are pasted', async ({
    skip,
  }) => {
    skip(!existsSync(join(AWS_FOLDER, 'aws')), 'the aws command line is not installed');
    await using demo = npmStart();
    await demo.said(READY);
    const lines = demo.stdout.split('\n').filter((line) => line.startsWith('AWS_ACCESS_KEY_ID='));
    const [create = '', encrypt = '', decrypt = ''] = lines;

    const keyId = await paste(create);
    await paste(encrypt);
    const decrypted = await paste(decrypt);

    expect(lines).toHaveLength(3);
    expect(keyId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\n$/);
    expect(decrypted).toBe('Hello from the other side of the portcullis\n');
    expect(demo.stdout).toMatch(/AWS KMS API {4}http:\/\/127\.0\.0\.1:\d+, open: any access key is let in/);
  });

  it('prints no secret and lets nobody else read what it made', async () => {
    await using demo = npmStart();
    await demo.said(READY);
    const folders = ['.', 'token', 'kms'].map(modeOf);
    const files = [
      'portcullis.yaml',
      'demo.curl',
      'token/pin',
      'token/so-pin',
      'token/kms-pin',
      'token/kms-so-pin',
      'kms/records.db',
    ].map(modeOf);

    expect(new Set(folders)).toStrictEqual(new Set([0o700]));
    expect(new Set(files)).toStrictEqual(new Set([0o600]));
    expect(secrets().map((secret) => demo.output.includes(secret))).toStrictEqual(secrets().map(() => false));
    expect(demo.stdout).toMatch(/XKS proxy {6}http:\/\/127\.0\.0\.1:\d+\/demo\/kms\/xks\/v1\n/);
    expect(demo.stdout).toMatch(/metrics {8}http:\/\/127\.0\.0\.1:\d+\/metrics\n/);
  });

  it('drains and leaves no process behind when npm gets SIGTERM', async () => {
    await using demo = npmStart();
    await demo.said(READY);
    const running = demo.survivors();
    demo.signal('SIGTERM');
    await demo.exited;

    expect(running.length).toBeGreaterThan(2);
    expect(demo.stderr).toContain('"event":"stopped"');
    expect(demo.survivors()).toStrictEqual([]);
  });

  it('drains and leaves no process behind on Ctrl-C, which reaches every process at once', async () => {
    await using demo = npmStart();
    await demo.said(READY);
    demo.signalGroup('SIGINT');
    await demo.exited;

    expect(demo.stderr).toContain('"event":"stopped"');
    expect(demo.survivors()).toStrictEqual([]);
  });

  it('keeps token, keys and credentials at the second start', async () => {
    const before = await startOnce(async (demo) => {
      await paste(commandsOf(demo)[0]);
      return madeFiles();
    });
    await using again = npmStart();
    await again.said(READY);
    const decrypted = await paste(commandsOf(again)[1]);

    expect(madeFiles()).toStrictEqual(before);
    expect(decrypted).toContain('"plaintext"');
  });
});

describe('portcullis demo', () => {
  it('ends with 0 after SIGTERM', async () => {
    await using demo = startDemo();
    await demo.said(READY);
    demo.signal('SIGTERM');

    expect(await demo.exited).toBe(0);
    expect(demo.survivors()).toStrictEqual([]);
  });

  it('ends with 0 when the signal comes while it starts', async () => {
    await using demo = startDemo();
    await demo.said('"event":"http.listening"');
    demo.signal('SIGINT');

    expect(await demo.exited).toBe(0);
    expect(demo.survivors()).toStrictEqual([]);
  });

  it.for(['PORTCULLIS_PORT', 'PORTCULLIS_METRICS_PORT', 'PORTCULLIS_KMS_PORT'])(
    'names the taken port and how to choose another: %s',
    async (variable) => {
      const blocker = createServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => blocker.once('listening', resolve));
      const { port } = blocker.address() as { port: number };
      await using demo = startDemo({ [variable]: String(port) });
      const code = await demo.exited;
      blocker.close();

      expect(code).toBe(1);
      expect(demo.stderr).toMatch(
        new RegExp(`portcullis: port ${port} on 127\\.0\\.0\\.1 is taken .*: ${variable}=\\d+ npm start\n`),
      );
      expect(demo.survivors()).toStrictEqual([]);
    },
  );

  it('leaves loopback on an explicit word, and says what that means', async () => {
    const args = [join(ROOT, 'src/cli/portcullis.ts'), 'demo', '--directory', directory];
    await using demo = startProcess(process.execPath, [...args, '--danger-host', '127.0.0.2'], {
      env: ANY_PORTS,
    });
    await demo.said(READY);

    expect(demo.stdout).toMatch(
      /AWS KMS API {4}http:\/\/127\.0\.0\.2:\d+, open: any access key is let in as root/,
    );
    expect(demo.stderr).toContain('"event":"kms.open"');
  });

  it.for(['http', '70000', '-1'])('refuses %s as a port', async (port) => {
    await using demo = startDemo({ PORTCULLIS_PORT: port });

    expect(await demo.exited).toBe(2);
    expect(demo.stderr).toContain(`PORTCULLIS_PORT is '${port}'; it must be a port number from 0`);
  });

  it('makes anew what an interrupted set-up left half-finished', async () => {
    await using interrupted = startDemo();
    await interrupted.said(READY);
    interrupted.signalGroup('SIGKILL');
    await interrupted.exited;
    rmSync(join(directory, 'portcullis.yaml'));
    rmSync(join(directory, 'token'), { recursive: true });
    mkdirSync(join(directory, `unfinished-${interrupted.pid}-abc/objects`), { recursive: true });
    await using demo = startDemo();
    await demo.said(READY);
    await paste(commandsOf(demo)[0]);

    expect(await paste(commandsOf(demo)[1])).toContain('"plaintext"');
    expect(readdirSync(directory).filter((name) => name.startsWith('unfinished'))).toStrictEqual([]);
    expect(readdirSync(directory).filter((name) => name.startsWith('kms'))).toStrictEqual([
      'kms',
      expect.stringMatching(/^kms-without-keys-\d+$/),
    ]);
  });

  it('completes a set-up that was interrupted between the token and the configuration', async () => {
    const before = await startOnce(async () => readFileSync(join(directory, 'token/pin'), 'utf8'));
    rmSync(join(directory, 'portcullis.yaml'));
    const after = await startOnce(async () => readFileSync(join(directory, 'token/pin'), 'utf8'));

    expect(after).toBe(before);
    expect(existsSync(join(directory, 'portcullis.yaml'))).toBe(true);
  });

  it('says what is missing when the token is gone, and makes no new keys in its place', async () => {
    await startOnce(async () => undefined);
    rmSync(join(directory, 'token/objects'), { recursive: true });
    await using demo = startDemo();

    expect(await demo.exited).toBe(1);
    expect(demo.stderr).toContain(`portcullis: ${join(directory, 'token/objects')} is missing`);
    expect(existsSync(join(directory, 'token/objects'))).toBe(false);
  });

  it('says why when the token does not let it in', async () => {
    await startOnce(async () => undefined);
    await writeFile(join(directory, 'token/pin'), '00000000\n');
    await using demo = startDemo();

    expect(await demo.exited).toBe(1);
    expect(demo.stderr).toMatch(/portcullis: the demo token did not become ready: token demo .*PIN/);
    expect(demo.survivors()).toStrictEqual([]);
  });
});

function npmStart(): StartedProcess {
  return startProcess('npm', ['start', '--', '--directory', directory], { cwd: ROOT, env: ANY_PORTS });
}

function startDemo(env: Readonly<Record<string, string>> = {}): StartedProcess {
  const args = [join(ROOT, 'src/cli/portcullis.ts'), 'demo', '--directory', directory];
  return startProcess(process.execPath, args, { env: { ...ANY_PORTS, ...env } });
}

async function startOnce<T>(use: (demo: StartedProcess) => Promise<T>): Promise<T> {
  await using demo = startDemo();
  await demo.said(READY);
  const result = await use(demo);
  demo.signal('SIGTERM');
  await demo.exited;
  return result;
}

/** The lines that a person would copy: Encrypt, Decrypt. */
function commandsOf(demo: StartedProcess): [string, string] {
  const [encrypt = '', decrypt = '', ...rest] = demo.stdout
    .split('\n')
    .filter((line) => /^(curl|sed) /.test(line));
  expect(rest).toStrictEqual([]);
  return [encrypt, decrypt];
}

async function paste(command: string): Promise<string> {
  const env = { ...process.env, PATH: `${AWS_FOLDER}:${process.env['PATH']}` };
  const { stdout } = await promisify(execFile)('sh', ['-c', command], { cwd: '/', env });
  return stdout;
}

function madeFiles(): Record<string, string> {
  const objects = readdirSync(join(directory, 'token/objects'), { recursive: true, encoding: 'utf8' });
  return {
    config: readFileSync(join(directory, 'portcullis.yaml'), 'utf8'),
    pin: readFileSync(join(directory, 'token/pin'), 'utf8'),
    keys: objects
      .filter((name) => name.endsWith('.object'))
      .sort()
      .join(' '),
  };
}

function modeOf(name: string): number {
  return statSync(join(directory, name)).mode & 0o777;
}

function secrets(): string[] {
  const config = readFileSync(join(directory, 'portcullis.yaml'), 'utf8');
  const secretAccessKey = /secretAccessKey: (\S{64})\n/.exec(config)?.[1];
  const pins = ['token/pin', 'token/so-pin', 'token/kms-pin', 'token/kms-so-pin'].map((name) =>
    readFileSync(join(directory, name), 'utf8').trim(),
  );
  expect(secretAccessKey).toBeDefined();
  return [secretAccessKey ?? '', ...pins];
}
