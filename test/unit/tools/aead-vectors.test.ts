import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const PUBLISHED = join(ROOT, 'docs/vectors/xks-aead.json');
const directory = mkdtempSync(join(tmpdir(), 'portcullis-vectors-'));
afterAll(() => rmSync(directory, { recursive: true }));

function run(...args: readonly string[]) {
  const { status, stderr } = spawnSync(process.execPath, ['tools/aead-vectors-docs.ts', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return { status, stderr };
}

it('the published vectors are what the model makes again', () => {
  expect(run('--check')).toEqual({ status: 0, stderr: '' });
});

it('vectors of which one digit was changed are found', () => {
  const file = join(directory, 'changed.json');
  writeFileSync(file, readFileSync(PUBLISHED, 'utf8').replace('"messageKey": "9', '"messageKey": "8'));
  expect(run('--check', file)).toMatchObject({ status: 1, stderr: expect.stringContaining('stale') });
  expect(run(file)).toMatchObject({ status: 0 });
  expect(readFileSync(file, 'utf8')).toBe(readFileSync(PUBLISHED, 'utf8'));
});
