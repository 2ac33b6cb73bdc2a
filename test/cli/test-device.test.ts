/** `npm run test:device`, as its user meets it. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startProcess } from '../support/started-process.ts';
import { createTestToken, type TestToken } from '../support/token.ts';
import { countLogins } from '../support/tokens/counted-logins.ts';

let token: TestToken;

beforeEach(async () => {
  token = await createTestToken({ label: 'portcullis-test-own' });
});
afterEach(() => token[Symbol.asyncDispose]());

interface Ended {
  readonly code: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

async function testDevice(env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const { directory, module } = token.paths;
  const places = { HSM_STATE_DIR: join(directory, 'state'), HSM_REPORT_DIR: join(directory, 'report') };
  await using run = startProcess(process.execPath, [TOOL], {
    env: {
      ...outsideVitest(),
      ...token.env,
      ...places,
      HSM_MODULE: module,
      HSM_PIN: token.pin,
      HSM_DEVICE: 'softhsm2',
      ...env,
    },
  });
  const code = await run.exited;
  return { code, stdout: run.stdout, stderr: run.stderr };
}

describe('test:device', () => {
  it('runs the contract suite, writes a report without secrets, and leaves the token as it was', async () => {
    await token.addAesKey({ label: 'mine', id: 'c001' });
    const before = await objects();
    const { code, stdout, stderr } = await testDevice();
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(
      "testing token 'portcullis-test-own' (SoftHSM project SoftHSM v2) with the profile softhsm2",
    );

    const directory = join(token.paths.directory, 'report');
    expect((await readdir(directory)).sort()).toEqual(['portcullis-test-own.json', 'portcullis-test-own.md']);
    const json = await readFile(join(directory, 'portcullis-test-own.json'), 'utf8');
    const markdown = await readFile(join(directory, 'portcullis-test-own.md'), 'utf8');
    for (const text of [json, markdown, stdout]) {
      expect(text).not.toContain(token.pin);
      expect(text).not.toContain(token.serial);
    }
    expect(JSON.parse(json)).toMatchObject({
      token: { label: 'portcullis-test-own', serialEnd: `…${token.serial.slice(-4)}`, model: 'SoftHSM v2' },
      knownAnswers: { CKM_AES_GCM: 'right', CKM_AES_CMAC: 'right', CKM_SHA256_HMAC: 'right' },
      counts: { failed: 0, skipped: 2 },
    });
    expect(markdown).toContain('| CKM_AES_GCM | right |');
    expect(markdown).toContain(
      'a PIN that is wrong is tried once | skipped: a wrong PIN could cost the token',
    );
    expect(markdown).toContain('| skipped: nobody has said what a token of this kind cannot do |');
    expect(await objects()).toBe(before);
  });

  it('sends a wrong PIN once, in however many runs', async () => {
    const logins = await countLogins({ ...token, [Symbol.asyncDispose]: async () => undefined });
    const wrong = { ...logins.token.env, HSM_MODULE: logins.token.paths.module, HSM_PIN: 'wrong-pin-0815' };
    const first = await testDevice(wrong);
    const second = await testDevice(wrong);
    expect([first.code, second.code]).toEqual([1, 1]);
    expect(first.stderr).toMatch(
      /^test:device: token 'portcullis-test-own' lets nobody in: .*CKR_PIN_INCORRECT/,
    );
    expect(second.stderr).toMatch(/is not tried again/);
    expect(`${first.stderr}${second.stderr}`).not.toContain('wrong-pin-0815');
    expect(logins.answers()).toEqual([0xa0]);
  });

  it.for([
    { env: { HSM_MODULE: '' }, code: 2, says: 'HSM_MODULE is not set' },
    { env: { HSM_PIN: '' }, code: 2, says: 'HSM_PIN is not set' },
    {
      env: { HSM_DEVICE: 'abacus' },
      code: 2,
      says: "HSM_DEVICE is 'abacus'; it takes one of softhsm2, yubihsm2,",
    },
    {
      env: { HSM_MODULE: '/nowhere/module.so' },
      code: 1,
      says: 'the module /nowhere/module.so cannot be used',
    },
    {
      env: { HSM_TOKEN_LABEL: 'production' },
      code: 1,
      says: "HSM_TOKEN_LABEL is 'production', and only tokens whose label begins with 'portcullis-test-' are touched",
    },
    {
      env: { HSM_TOKEN_LABEL: 'portcullis-test-other' },
      code: 1,
      says: "shows no token labelled 'portcullis-test-other'. It shows: 'portcullis-test-own'",
    },
  ])('with $env ends with $code and says why', async ({ env, code, says }) => {
    const ended = await testDevice(env);
    expect(ended.stderr).toContain(`test:device: ${says.startsWith('shows') ? 'the module ' : ''}${says}`);
    expect(ended.code).toBe(code);
  });
});

describe('test:device beside another token', () => {
  it('touches none without the label of a test token', async () => {
    await using other = await createTestToken({ label: 'production' });
    const logins = await countLogins({ ...other, [Symbol.asyncDispose]: async () => undefined });
    const ended = await testDevice({
      ...logins.token.env,
      HSM_MODULE: logins.token.paths.module,
      HSM_PIN: other.pin,
    });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(
      /the module shows no token for tests, and only tokens whose label begins with 'portcullis-test-' are touched; .*It shows: 'production'/,
    );
    expect(logins.answers()).toEqual([]);
  });

  it('does not choose between two test tokens', async () => {
    await token.pkcs11Tool(['--list-objects']);
    const run = startProcess(
      'softhsm2-util',
      [
        '--init-token',
        '--free',
        '--label',
        'portcullis-test-second',
        '--pin',
        'pin-4711',
        '--so-pin',
        'pin-4711',
      ],
      { env: token.env },
    );
    expect(await run.exited).toBe(0);
    const ended = await testDevice();
    expect([ended.code, ended.stderr]).toEqual([1, expect.stringContaining('set HSM_TOKEN_LABEL to one')]);
  });
});

/** All objects of the token, as pkcs11-tool lists them. */
async function objects(): Promise<string> {
  return (await token.pkcs11Tool(['--list-objects'])).toString('utf8');
}

/** What vitest puts into the environment of a worker is not for another run of it. */
function outsideVitest(): Record<string, string> {
  const marks = Object.keys(process.env).filter((name) =>
    /^(VITEST|NODE_V8_COVERAGE$|TEST$|COUNTS_FILE$)/.test(name),
  );
  return Object.fromEntries(marks.map((name) => [name, '']));
}

const TOOL = join(import.meta.dirname, '../../tools/test-device.ts');
