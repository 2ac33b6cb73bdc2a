import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareDemo } from '../../../src/cli/demo-setup.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { openTokenAdmin } from '../../../src/hsm/token-admin.ts';

let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'portcullis-demo-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function labelsOnToken(): Promise<string[]> {
  const config = loadConfig(join(directory, 'portcullis.yaml'));
  const [token] = config.tokens;
  if (token === undefined) return [];
  await using admin = await openTokenAdmin({ ...token, stateDir: config.stateDir });
  await admin.login({ token: token.token, pin: token.pin });
  return (await admin.listKeys()).map(({ label }) => label).sort();
}

describe('prepareDemo', () => {
  it('makes a configuration that loads and a token that it opens', async () => {
    expect(await prepareDemo(directory)).toBe(join(directory, 'portcullis.yaml'));
    expect(await labelsOnToken()).toStrictEqual(['bar', 'foo', 'health']);
  });

  it('leaves one whole set-up when two starts run at the same time', async () => {
    await Promise.all([prepareDemo(directory), prepareDemo(directory)]);

    expect(await labelsOnToken()).toStrictEqual(['bar', 'foo', 'health']);
    expect(readdirSync(directory).sort()).toStrictEqual(['portcullis.yaml', 'state', 'token']);
  });

  it('follows its folder to another place', async () => {
    await prepareDemo(directory);
    writeFileSync(join(directory, 'token/softhsm2.conf'), 'directories.tokendir = /elsewhere\n');
    await prepareDemo(directory);

    expect(readFileSync(join(directory, 'token/softhsm2.conf'), 'utf8')).toContain(
      `directories.tokendir = ${directory}/token/objects\n`,
    );
  });

  it('clears away what a dead process began, and nothing of a living one', async () => {
    mkdirSync(join(directory, 'unfinished-4194305-x'));
    mkdirSync(join(directory, `unfinished-${process.pid}-x`));
    mkdirSync(join(directory, 'unfinished-1-x'));
    await prepareDemo(directory);

    expect(existsSync(join(directory, 'unfinished-4194305-x'))).toBe(false);
    expect(existsSync(join(directory, `unfinished-${process.pid}-x`))).toBe(true);
    expect(existsSync(join(directory, 'unfinished-1-x'))).toBe(true);
  });
});
