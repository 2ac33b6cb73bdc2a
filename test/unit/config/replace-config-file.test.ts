import { chmodSync, linkSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ConfigFault } from '../../../src/config/config-fault.ts';
import { replaceConfigFile } from '../../../src/config/replace-config-file.ts';
import { ConfigDirectory, SECRET } from './config-directory.ts';

let directory: ConfigDirectory;
let file: string;
let before: string;
let after: string;

beforeEach(() => {
  directory = new ConfigDirectory();
  file = directory.configure([['keyStores', 0, 'credentials', 0, 'secretAccessKey'], SECRET]);
  before = readFileSync(file, 'utf8');
  after = before.replace('"label": "foo"', '"label": "bar"');
});
afterEach(() => directory[Symbol.dispose]());

const drafts = () => readdirSync(directory.path).filter((name) => name.startsWith('.'));

it('puts the new text into place, with the mode of the old one', () => {
  chmodSync(file, 0o640);
  replaceConfigFile(file, { before, after, dryRun: false });
  expect(readFileSync(file, 'utf8')).toBe(after);
  expect(statSync(file).mode & 0o777).toBe(0o640);
  expect(drafts()).toEqual([]);
});

it('writes nothing in a dry run, nor when the new text is no usable configuration', () => {
  replaceConfigFile(file, { before, after, dryRun: true });
  expect(() => replaceConfigFile(file, { before, after: '{}', dryRun: false })).toThrow(ConfigFault);
  expect(readFileSync(file, 'utf8')).toBe(before);
  expect(drafts()).toEqual([]);
});

it('refuses links, and a file that changed meanwhile', () => {
  const link = join(directory.path, 'link.yaml');
  symlinkSync(file, link);
  expect(() => replaceConfigFile(link, { before, after, dryRun: false })).toThrow('is a link');
  expect(() => replaceConfigFile(file, { before: `${before} `, after, dryRun: false })).toThrow(
    'was changed by someone else meanwhile',
  );
  linkSync(file, join(directory.path, 'twin.yaml'));
  expect(() => replaceConfigFile(file, { before, after, dryRun: false })).toThrow('is a link');
  expect(readFileSync(file, 'utf8')).toBe(before);
});
