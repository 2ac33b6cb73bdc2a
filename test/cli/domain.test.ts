import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { CREDENTIAL, proxyConfig } from '../support/proxy-config.ts';
import { createTestToken, type TestToken } from '../support/token.ts';
import { portcullis } from './run-portcullis.ts';

const ID = '[0-9a-f]{32}';

let token: TestToken;
let config: string;
let shares: string;
let database: string;

beforeEach(async () => {
  token = await createTestToken();
  await token.addAesKey({ label: 'foo', id: '0a01' });
  await token.addAesKey({ label: 'health', id: '0aff' });
  shares = join(token.paths.directory, 'shares');
  await mkdir(shares);
  database = join(token.paths.directory, 'kms.sqlite');
  config = await engineConfig({ token: 'soft', store: { sqlite: database } });
});
afterEach(() => token[Symbol.asyncDispose]());

function engineConfig(kms: Record<string, unknown>): Promise<string> {
  const credentials = [{ ...CREDENTIAL, account: '111122223333' }];
  return proxyConfig(token, { more: { kms: { ...kms, access: { credentials } } } });
}

function domain(command: string, ...args: string[]) {
  return portcullis('domain', command, '--config', config, ...args);
}

async function domainLabels(): Promise<string[]> {
  const listing = String(await token.pkcs11Tool(['--list-objects', '--type', 'secrkey']));
  return [...listing.matchAll(/label:\s+(portcullis-domain-\S+)/g)].map(([, label = '']) => label).sort();
}

/** One after the other: each deletion takes the first of that label that it finds. */
async function deleteDomainKeys(label: string): Promise<void> {
  for (let left = (await domainLabels()).length; left > 0; left -= 1) await token.deleteKey({ label });
}

async function shareFiles(): Promise<string[]> {
  return (await readdir(shares)).sort().map((name) => join(shares, name));
}

describe('portcullis domain init', () => {
  it('makes three keys on the token and says that there is no copy of them', async () => {
    const made = await domain('init');
    expect(made.code).toBe(0);
    expect(made.stdout).toMatch(
      new RegExp(
        `^domain (${ID})\ngeneration 1 wraps, on token soft: no copy outside of the token\nkeys labelled portcullis-domain-\\1-1\n$`,
      ),
    );
    expect(made.stderr).toMatch(/^warning: the token has the only copy of these keys\. /);
    const label = /labelled (\S+)/.exec(made.stdout)?.[1];
    expect(await domainLabels()).toEqual([label, label, label]);
  });

  it('writes shares, any two of which bring the keys back onto another token', async () => {
    const made = await domain('init', '--shares', '2-of-3', '--out', shares, '--json');
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const { domain: record, files } = JSON.parse(made.stdout);
    expect(record.generations).toMatchObject([{ number: 1, copies: { shares: 3, threshold: 2 } }]);
    expect(files).toEqual(await shareFiles());
    expect(files).toHaveLength(3);
    for (const file of files) expect((await stat(file)).mode & 0o777).toBe(0o600);

    await deleteDomainKeys(record.generations[0].label);
    const tooFew = await domain('init', '--from-shares', files[0]);
    expect(tooFew).toMatchObject({ code: 1, stdout: '' });
    expect(tooFew.stderr).toContain('2 different shares are needed, and these are 1');
    const back = await domain('init', '--from-shares', files[2], files[0]);
    expect(back).toMatchObject({ code: 0, stderr: '' });
    expect(back.stdout).toContain('any 2 of 3 shares give it back');
    expect(await domainLabels()).toHaveLength(3);
  });

  it('brings a generation back into a store that has lost its records', async () => {
    await domain('init', '--shares', '2-of-2', '--out', shares);
    const [label = ''] = await domainLabels();
    await deleteDomainKeys(label);
    await rm(database);
    const back = await domain('init', '--from-shares', ...(await shareFiles()));
    expect(back).toMatchObject({ code: 0 });
    expect(await domainLabels()).toEqual([label, label, label]);
  });

  it('makes one domain, and leaves no shares of a second', async () => {
    await domain('init');
    const again = await domain('init', '--shares', '2-of-3', '--out', shares);
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toMatch(
      /the store has a domain already, [0-9a-f]{32}; domain rotate makes its next/,
    );
    expect(await shareFiles()).toEqual([]);
    expect(await domainLabels()).toHaveLength(3);
  });

  it('makes no keys when it cannot write their shares', async () => {
    const made = await domain('init', '--shares', '2-of-3', '--out', join(shares, 'nowhere'));
    expect(made).toMatchObject({ code: 1, stdout: '' });
    expect(made.stderr).toContain('cannot be made (ENOENT)');
    expect(await domainLabels()).toEqual([]);
  });

  it.for([
    { what: 'a threshold of one', args: ['--shares', '1-of-3'], says: '--shares takes M-of-N' },
    { what: 'more than there are', args: ['--shares', '4-of-3'], says: '--shares takes M-of-N' },
    { what: 'no numbers', args: ['--shares', 'two-of-three'], says: '--shares takes M-of-N' },
    { what: 'both ways at once', args: ['--shares', '2-of-3', '--from-shares', 'x'], says: 'choose one' },
  ])('exits with 2 for $what', async ({ args, says }) => {
    const made = await domain('init', ...args);
    expect(made).toMatchObject({ code: 2, stdout: '' });
    expect(made.stderr).toContain(says);
  });

  it('reads no share from a file that is none', async () => {
    for (const file of [config, join(shares, 'nowhere')]) {
      const made = await domain('init', '--from-shares', file);
      expect(made).toMatchObject({ code: 1, stdout: '' });
      expect(made.stderr).toContain(file);
    }
  });

  it('waits for no store that the engine has open', async () => {
    const log = { debug: noLog, info: noLog, warn: noLog, error: noLog };
    await using _engine = await openSqliteStore({ file: database, log });
    const made = await domain('init');
    expect(made).toMatchObject({ code: 1, stdout: '' });
    expect(made.stderr).toContain('is the engine running? Stop it first');
    expect(await domainLabels()).toEqual([]);
  });
});

describe('portcullis domain rotate', () => {
  it('makes the next generation and keeps the one before', async () => {
    await domain('init');
    const rotated = await domain('rotate', '--json');
    expect(rotated.code).toBe(0);
    const { domain: record } = JSON.parse(rotated.stdout);
    expect(record).toMatchObject({ current: 2, generations: [{ number: 1 }, { number: 2, copies: 'none' }] });
    expect(rotated.stderr).toContain('the only copy');
    expect(new Set(await domainLabels()).size).toBe(2);
  });
});

describe('portcullis domain export-shares', () => {
  it('makes a generation of which there are shares', async () => {
    await domain('init');
    const exported = await domain('export-shares', '--shares', '2-of-3', '--out', shares);
    expect(exported).toMatchObject({ code: 0, stderr: '' });
    expect(exported.stdout).toMatch(/^generation 2 wraps, on token soft: any 2 of 3 shares give it back$/m);
    const files = await shareFiles();
    expect(exported.stdout).toContain(`shares:\n${files.map((file) => `  ${file}\n`).join('')}`);
    expect(files).toHaveLength(3);
  });

  it('overwrites no file', async () => {
    await domain('init');
    await domain('export-shares', '--shares', '2-of-2', '--out', shares);
    const [first = '', second = ''] = await shareFiles();
    await rm(second.replace('-g2-', '-g3-'), { force: true });
    await writeFile(second.replace('-g2-', '-g3-'), 'precious');
    const again = await domain('export-shares', '--shares', '2-of-2', '--out', shares);
    expect(again.code).toBe(1);
    expect(await shareFiles()).toEqual([first, second, second.replace('-g2-', '-g3-')]);
    expect(new Set(await domainLabels()).size).toBe(2);
  });
});

describe('portcullis domain destroy', () => {
  it('asks for your word on the backups, then takes the keys from the token for good', async () => {
    await domain('init');
    const [first = ''] = await domainLabels();
    await domain('rotate');
    const asked = await domain('destroy', '1');
    const labels = new Set(await domainLabels());
    const destroyed = await domain('destroy', '1', '--backups-gone');
    const doctor = await portcullis('doctor', '--config', config);

    expect(asked).toMatchObject({ code: 1, stdout: '' });
    expect(asked.stderr).toContain('say --backups-gone once the last of them is gone');
    expect(labels.size).toBe(2);
    expect(destroyed).toEqual({
      code: 0,
      stdout: `generation 1 is destroyed: 3 keys labelled ${first} are gone from token soft\n`,
      stderr: '',
    });
    expect(await domainLabels()).toHaveLength(3);
    expect(await domainLabels()).not.toContain(first);
    expect(doctor.stdout).not.toContain('generation 1');
    expect(doctor.stdout).toContain('generation 2 has its keys on token soft');
  });

  it('tells a program the same, and warns of shares that are left', async () => {
    await domain('init', '--shares', '2-of-2', '--out', shares);
    await domain('rotate');
    const destroyed = await domain('destroy', '1', '--backups-gone', '--json');

    expect(JSON.parse(destroyed.stdout)).toEqual({ generation: 1, destroyedKeys: 3 });
    expect(destroyed.stderr).toMatch(/^warning: there are shares that give this generation back\./);
  });

  it.for([
    {
      what: 'the generation that wraps',
      args: ['1', '--backups-gone'],
      code: 1,
      says: 'is the one that wraps',
    },
    { what: 'one that there is not', args: ['9', '--backups-gone'], code: 1, says: 'has no generation 9' },
    { what: 'what is no number', args: ['first', '--backups-gone'], code: 2, says: 'number of a generation' },
    { what: 'nothing', args: ['--backups-gone'], code: 2, says: 'generation' },
  ])('exits with $code for $what, and destroys nothing', async ({ args, code, says }) => {
    await domain('init');
    const result = await domain('destroy', ...args);

    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toContain(says);
    expect(await domainLabels()).toHaveLength(3);
  });
});

describe('a domain', () => {
  it.for([
    { command: 'rotate', args: [] as string[] },
    { command: 'export-shares', args: ['--shares', '2-of-2'] },
    { command: 'destroy', args: ['1'] },
  ])('that does not exist has no next generation: $command', async ({ command, args }) => {
    const result = await domain(command, ...args);
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain('the store has no domain yet; domain init makes one');
  });

  it.for([
    { what: 'records in memory', kms: { token: 'soft', store: { dangerMemory: true } }, says: 'in memory' },
    {
      what: 'keys in software',
      kms: { dangerSoftwareKeys: true, store: { dangerMemory: true } },
      says: 'in software',
    },
  ])('is not for an engine with $what', async ({ kms, says }) => {
    config = await engineConfig(kms);
    const result = await domain('init');
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain(says);
  });

  it('is not for a configuration without an engine', async () => {
    config = await proxyConfig(token);
    const result = await domain('init');
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain('has no engine (kms)');
  });
});

function noLog(): void {}
