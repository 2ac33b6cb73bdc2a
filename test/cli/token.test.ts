import { existsSync, readFileSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { proxyConfig } from '../support/proxy-config.ts';
import { createTestToken, type TestToken } from '../support/token.ts';
import { portcullis } from './run-portcullis.ts';

let token: TestToken;

beforeAll(async () => {
  token = await createTestToken();
  await token.addAesKey({ label: 'foo' });
});
afterAll(() => token[Symbol.asyncDispose]());

describe('portcullis token info', () => {
  it('describes the token of a configuration', async () => {
    const result = await portcullis('token', 'info', '--config', await proxyConfig(token));

    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toMatch(
      new RegExp(
        `^token +portcullis-test, serial ${token.serial}\ndevice +SoftHSM project, SoftHSM v2 .*\nPIN +accepted\nschemes +native-gcm hmac cmac cbc-mac\nmechanisms +\\d+\nkeys +1\n$`,
      ),
    );
  });

  it('describes a token without a configuration, to a program', async () => {
    const result = await portcullis('token', 'info', '--json', ...module(), ...identity(token.paths.pinFile));

    expect(result.code).toBe(0);
    expect(JSON.parse(result.stdout)).toMatchObject({
      label: 'portcullis-test',
      serial: token.serial,
      schemes: ['native-gcm', 'hmac', 'cmac', 'cbc-mac'],
      mechanisms: expect.arrayContaining(['0x1087']),
      keys: 1,
    });
  });

  it('sends a wrong PIN once, and not again', async () => {
    const pinFile = await file('wrong', 'not-the-pin\n');
    const first = await portcullis('token', 'info', ...module(), ...identity(pinFile));
    const second = await portcullis('token', 'info', ...module(), ...identity(pinFile));

    expect(first).toMatchObject({ code: 1, stdout: '' });
    expect(first.stderr).toContain('pin-locked');
    expect(second).toMatchObject({ code: 1, stdout: '' });
    expect(second.stderr).toContain('is not tried again');
    expect(first.stderr + second.stderr).not.toContain('not-the-pin');
  });

  it.for([
    { what: 'nothing that names a token', args: () => [], code: 2, says: '--config <file>, or --module' },
    {
      what: 'an odd variable',
      args: async () => [...module(), '--env', 'ODD', ...identity(token.paths.pinFile)],
      code: 2,
      says: '--env takes NAME=value',
    },
    {
      what: 'an unknown device',
      args: () => ['--device', 'abacus', ...module()],
      code: 2,
      says: 'Allowed choices are softhsm2',
    },
    {
      what: 'a file that is no module',
      args: () => ['--module', token.paths.configFile, ...identity(token.paths.pinFile)],
      code: 1,
      says: 'cannot be loaded as a PKCS#11 module',
    },
    {
      what: 'a PIN file that others can read',
      args: async () => [...module(), ...identity(await file('open', 'x\n', 0o644))],
      code: 1,
      says: 'chmod 600 it',
    },
    {
      what: 'an empty PIN file',
      args: async () => [...module(), ...identity(await file('empty', '\n'))],
      code: 1,
      says: 'is empty',
    },
    {
      what: 'no PIN file',
      args: () => [...module(), ...identity('/does/not/exist')],
      code: 1,
      says: 'does not exist; it should hold a PIN',
    },
  ])('exits with $code on $what', async ({ args, code, says }) => {
    const result = await portcullis('token', 'info', ...(await args()));

    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toContain(says);
  });
});

describe('portcullis token init', () => {
  it('initialises a blank token with PINs made for it, which then let in', async () => {
    const result = await portcullis('token', 'init', ...init('fresh'), '--generate');
    const info = await portcullis(
      ...['token', 'info', ...module(), '--label', 'fresh', '--pin-file', path('fresh-pin')],
      ...['--state-dir', path('state')],
    );

    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toMatch(/^token fresh, serial \w+, is initialised\nuser PIN in .*fresh-pin, .*\n$/);
    expect(['fresh-pin', 'fresh-so-pin'].map((name) => statSync(path(name)).mode & 0o777)).toStrictEqual([
      0o600, 0o600,
    ]);
    expect(readFileSync(path('fresh-pin'), 'utf8')).not.toBe(readFileSync(path('fresh-so-pin'), 'utf8'));
    expect(info).toMatchObject({ code: 0, stderr: '' });
  });

  it('takes PINs that are there, and tells a program', async () => {
    await file('given-pin', 'user-pin-1234\n');
    await file('given-so-pin', 'so-pin-1234\n');
    const result = await portcullis('token', 'init', ...init('given'), '--json');

    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(result.stdout)).toMatchObject({ label: 'given', serial: expect.any(String) });
    expect(readFileSync(path('given-pin'), 'utf8')).toBe('user-pin-1234\n');
  });

  it.for([
    { what: 'PIN files that are missing', args: () => init('none'), code: 1, says: 'or add --generate' },
    {
      what: 'a device for which no PIN can be made up',
      args: () => [...init('none'), '--generate', '--device', 'opencryptoki'],
      code: 1,
      says: '--generate makes 32 hex digits, but opencryptoki wants a PIN of 4 to 8 bytes; write it into ',
    },
    { what: 'no label', args: () => ['--generate'], code: 2, says: '--label' },
    {
      what: 'a label that is too long',
      args: () => init('ü'.repeat(17)),
      code: 2,
      says: 'must have 1 to 32 bytes; this one has 34',
    },
  ])('exits with $code on $what', async ({ args, code, says }) => {
    const result = await portcullis('token', 'init', ...args());

    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toContain(says);
    expect(existsSync(path('none-pin'))).toBe(false);
  });
});

function module(): string[] {
  return ['--module', token.paths.module, '--env', `SOFTHSM2_CONF=${token.paths.configFile}`];
}

function identity(pinFile: string): string[] {
  return ['--label', token.label, '--pin-file', pinFile, '--state-dir', path('state')];
}

function init(label: string): string[] {
  const pins = ['--pin-file', path(`${label}-pin`), '--so-pin-file', path(`${label}-so-pin`)];
  return [...module(), '--label', label, ...pins, '--state-dir', path('state')];
}

function path(name: string): string {
  return join(token.paths.directory, name);
}

async function file(name: string, text: string, mode = 0o600): Promise<string> {
  await writeFile(path(name), text, { mode });
  return path(name);
}
