import { chmod, copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { proxyConfig, tokenSection } from '../support/proxy-config.ts';
import { createTestToken, type TestToken } from '../support/token.ts';
import { portcullis } from './run-portcullis.ts';

let token: TestToken;
let config: string;

beforeAll(async () => {
  token = await createTestToken();
  await token.addAesKey({ label: 'foo', id: '0a01', value: KEY });
  await token.addAesKey({ label: 'health', id: '0aff' });
  await token.addAesKey({ label: 'short', id: '0b01', bits: 128 });
  await token.addAesKey({ label: 'open', id: '0b02', extractable: true });
  await token.addAesKey({ label: 'twin', id: '0c01' });
  await token.addAesKey({ label: 'twin', id: '0c02' });
  config = await proxyConfig(token);
});
afterAll(() => token[Symbol.asyncDispose]());

describe('portcullis keys list', () => {
  it('shows every secret key with what matters of it', async () => {
    const result = await portcullis('keys', 'list', '--config', config);
    const [headings, ...rows] = result.stdout.trimEnd().split('\n');

    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(headings).toMatch(/^LABEL +ID +TYPE +BITS +USAGE +SCHEME +EXTRACTABLE +SENSITIVE +KCV$/);
    expect(rows.map((row) => row.split(/ +/).slice(0, 2).join(' '))).toStrictEqual(
      expect.arrayContaining([
        'foo 0a01',
        'health 0aff',
        'open 0b02',
        'short 0b01',
        'twin 0c01',
        'twin 0c02',
      ]),
    );
    expect(rows.find((row) => row.startsWith('foo'))).toMatch(
      / AES +256 +ENCRYPT DECRYPT .* +native-gcm +no +yes +dc95c0$/,
    );
  });

  it('gives the same to a program', async () => {
    const { stdout } = await portcullis('keys', 'list', '--config', config, '--token', 'soft', '--json');

    expect(JSON.parse(stdout)).toContainEqual(
      expect.objectContaining({ label: 'foo', idHex: '0a01', bits: 256, kcvHex: 'dc95c0' }),
    );
  });

  it('exits with 2 and the known names when the token is not in the configuration', async () => {
    const result = await portcullis('keys', 'list', '--config', config, '--token', 'soft2');

    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toContain("no token named 'soft2'; name one with --token: soft");
  });
});

describe('portcullis keys create', () => {
  it('makes a key that is fit, and prints the entry for the configuration', async () => {
    const made = await portcullis(...create('orders', '--id', '0D01'));
    const shown = await portcullis('keys', 'show', '--config', config, '--label', 'orders');

    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(made.stdout).toMatch(
      /\n {2}"?orders"?: \{ token: soft, label: "orders", id: '0d01', scheme: native-gcm, kcv: '[0-9a-f]{6}' \}\n$/,
    );
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toMatch(
      /^LABEL +orders\nID +0d01\nTYPE +AES\nBITS +256\nUSAGE +ENCRYPT DECRYPT\nSCHEME +native-gcm\nEXTRACTABLE +no\nSENSITIVE +yes\nKCV +[0-9a-f]{6}\nno external key id of this configuration leads to it\nfit for XKS\n$/,
    );
  });

  it.for([
    { scheme: 'native-gcm', type: 'AES', usage: 'ENCRYPT DECRYPT' },
    { scheme: 'hmac', type: 'GENERIC_SECRET', usage: 'SIGN' },
    { scheme: 'cmac', type: 'AES', usage: 'SIGN' },
    { scheme: 'cbc-mac', type: 'AES', usage: 'ENCRYPT' },
  ])('makes a key that fits $scheme, and no other scheme', async ({ scheme, type, usage }) => {
    const made = await portcullis(...create(`made-${scheme}`, '--scheme', scheme));
    const shown = await portcullis('keys', 'show', '--config', config, '--label', `made-${scheme}`);

    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(made.stdout).toMatch(new RegExp(`, scheme: ${scheme}, kcv: '[0-9a-f]{6}' \\}\n$`));
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toMatch(
      new RegExp(
        `\nTYPE +${type}\nBITS +256\nUSAGE +${usage}\nSCHEME +${scheme}\nEXTRACTABLE +no\nSENSITIVE +yes\n`,
      ),
    );
  });

  it('chooses an id of its own, and tells a program', async () => {
    const { stdout } = await portcullis(...create('chosen', '--json'));

    expect(JSON.parse(stdout)).toMatchObject({
      label: 'chosen',
      idHex: expect.stringMatching(/^[0-9a-f]{32}$/),
      extractable: false,
      sensitive: true,
    });
  });

  it.for([
    { what: 'a label that is taken', args: ['foo'], code: 1, says: "a key labelled 'foo' already" },
    {
      what: 'an id that is taken',
      args: ['new', '--id', '0A01'],
      code: 1,
      says: 'a key with id 0a01 already',
    },
    {
      what: 'an id that is no hex',
      args: ['new', '--id', '0x1'],
      code: 2,
      says: 'even number of hex digits',
    },
    { what: 'an unknown scheme', args: ['new', '--scheme', 'aes'], code: 2, says: 'Allowed choices are' },
    { what: 'an empty label', args: [''], code: 2, says: '1 to 255 characters' },
  ])('exits with $code on $what', async ({ args, code, says }) => {
    const result = await portcullis(...create(...args));

    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toContain(says);
  });
});

describe('portcullis keys create on a device with limits', () => {
  const SITE = 'extends: softhsm2\nmaxLabelBytes: 8\nmaxIdBytes: 4\nnewIdBytes: 2\n';
  const onDevice = async (device: unknown, ...args: string[]) => {
    await writeFile(join(token.paths.directory, 'site.yaml'), SITE, { mode: 0o600 });
    const file = await configWith({ device, healthKey: 'health' });
    return portcullis('keys', 'create', '--config', file, ...args);
  };

  it('makes up an id of the length that suits it', async () => {
    const { code, stdout } = await onDevice({ file: 'site.yaml' }, '--label', 'tiny', '--json');

    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ idHex: expect.stringMatching(/^[0-9a-f]{4}$/) });
  });

  it.for([
    { device: { file: 'site.yaml' }, args: ['--label', 'übergross'], code: 2, says: '--label has 10 bytes' },
    {
      device: { file: 'site.yaml' },
      args: ['--label', 'short-id', '--id', '0102030405'],
      code: 2,
      says: '--id has 5 bytes, and softhsm2 takes at most 4',
    },
    {
      device: 'nethsm',
      args: ['--label', 'new'],
      code: 1,
      says: 'NetHSM lets its administrator make keys, and the proxy logs in as operator; make the key with',
    },
    {
      device: 'nitrokey-hsm2-cardcontact',
      args: ['--label', 'new'],
      code: 1,
      says: 'make the key with pkcs11-tool and without --id, see docs/devices/nitrokey-hsm2.md',
    },
  ])('exits with $code for $device and $args', async ({ device, args, code, says }) => {
    const result = await onDevice(device, ...args);

    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toContain(says);
  });
});

describe('portcullis keys show', () => {
  it('names the external key id that leads to the key', async () => {
    const result = await portcullis('keys', 'show', '--config', config, '--id', '0a01', '--json');

    expect(result.code).toBe(0);
    expect(JSON.parse(result.stdout)).toMatchObject({
      label: 'foo',
      kcvHex: 'dc95c0',
      fit: true,
      reasons: [],
      mappedAs: ['/example/uri/path/prefix/kms/xks/v1/keys/foo'],
    });
  });

  it.for([
    { key: ['--label', 'short'], says: 'it has 128 bits, and AES_256 needs 256' },
    { key: ['--label', 'open'], says: 'it is extractable' },
    { key: ['--label', 'health'], says: 'it is the health key of its token' },
  ])('exits with 1 for $key and says why it is not fit', async ({ key, says }) => {
    const result = await portcullis('keys', 'show', '--config', config, ...key);

    expect(result).toMatchObject({ code: 1, stderr: '' });
    expect(result.stdout).toContain(`not fit for XKS:\n  ${says}`);
  });

  it.for([
    { what: 'no such key', key: ['--label', 'gone'], code: 1, says: 'no secret key with label=gone' },
    { what: 'two of that name', key: ['--label', 'twin'], code: 1, says: '2 secret keys with label=twin' },
    { what: 'no name', key: [], code: 2, says: 'name the key: --label, --id or both' },
  ])('exits with $code on $what', async ({ key, code, says }) => {
    const result = await portcullis('keys', 'show', '--config', config, ...key);

    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toContain(says);
  });
});

describe('a command that logs in', () => {
  it('sends a wrong PIN once, and not again', async () => {
    const file = await configWith({ pin: { file: await wrongPin() }, name: 'wrong' });
    const first = await portcullis('keys', 'list', '--config', file);
    const second = await portcullis('keys', 'list', '--config', file);
    const good = await portcullis('keys', 'list', '--config', config);

    expect(first.code).toBe(1);
    expect(first.stderr).toMatch(/^portcullis: pin-locked: /);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain('is not tried again');
    expect(good.code).toBe(0);
  });

  it('finds a token by its serial alone', async () => {
    const file = await configWith({ token: { serial: token.serial } });
    expect(await portcullis('keys', 'list', '--config', file)).toMatchObject({ code: 0 });
  });

  it('sends no PIN to a token with the right label and another serial', async () => {
    const file = await configWith({ token: { label: token.label, serial: '42' } });
    const result = await portcullis('keys', 'list', '--config', file);

    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toMatch(/no token labelled ".*" with serial 42/);
  });
});

/** The zero key: AES-256 turns the zero block into dc95c078a240… with it (NIST AESAVS known answers). */
const KEY = new Uint8Array(32);

function create(...args: readonly string[]): string[] {
  const [label = '', ...rest] = args;
  return ['keys', 'create', '--config', config, '--label', label, ...rest];
}

async function wrongPin(): Promise<string> {
  const file = join(token.paths.directory, 'wrong-pin');
  await writeFile(file, 'not-the-pin\n', { mode: 0o600 });
  return file;
}

/** A second configuration beside the first, with another `tokens` entry. */
async function configWith(overrides: Record<string, unknown>): Promise<string> {
  const file = join(token.paths.directory, 'other.yaml');
  const entry = tokenSection(token, overrides);
  const kept = join(token.paths.directory, 'kept.yaml');
  await copyFile(config, kept);
  const keys = { foo: { token: entry['name'], label: 'foo' } };
  await copyFile(await proxyConfig(token, { more: { tokens: [entry] }, keys }), file);
  await copyFile(kept, config);
  await chmod(file, 0o600);
  return file;
}
