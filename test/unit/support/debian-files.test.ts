import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { absence, findLibrary, findProgram } from '../../support/tokens/debian-files.ts';

describe('what Debian brings', () => {
  it('is found where it is, and nowhere else', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'portcullis-bin-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    await symlink('/bin/sh', join(directory, 'certutil'));
    vi.stubEnv('PATH', `/nowhere:${directory}`);
    onTestFinished(() => void vi.unstubAllEnvs());

    expect(findProgram('certutil')).toBe(join(directory, 'certutil'));
    expect(findProgram('no-such-program')).toBeUndefined();
    expect(findLibrary('/nowhere/*/a.so', '/bin/sh')).toBe('/bin/sh');
    expect(findLibrary('/nowhere/*/a.so')).toBeUndefined();
  });

  it('is named with its package when it is missing, the first of several', () => {
    const here = { part: 'a.so', found: '/lib/a.so', package: 'liba' };
    const missing = { part: 'btool', found: undefined, package: 'b-tools' };

    expect(absence([here])).toBeUndefined();
    expect(absence([here, missing, { ...missing, part: 'ctool' }])).toBe(
      'btool is not installed (Debian package b-tools)',
    );
  });
});
