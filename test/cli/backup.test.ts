import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { at, put } from '../support/store/records.ts';
import { StoreFolder } from '../support/store/store-folder.ts';
import { portcullis } from './run-portcullis.ts';

describe('portcullis backup and restore', () => {
  it('bring back a store as it was, while an engine has it open and after it has gone', async () => {
    using folder = new StoreFolder();
    const store = await folder.open();
    await store.commit([put(at('before'), 1, 0)]);
    const made = await portcullis('backup', '--store', folder.file, '--to', folder.at('copy'));
    await store.commit([put(at('after'), 1, 0)]);
    const whileOpen = await portcullis(...restore(folder, folder.file), '--danger-replace');
    await store[Symbol.asyncDispose]();
    const unasked = await portcullis(...restore(folder, folder.file));
    const asked = await portcullis(...restore(folder, folder.file), '--danger-replace');
    await using again = await folder.open();

    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(statSync(folder.at('copy')).mode & 0o777).toBe(0o600);
    expect(whileOpen).toMatchObject({ code: 1, stdout: '' });
    expect(unasked).toMatchObject({ code: 1, stdout: '' });
    expect(unasked.stderr).toContain('--danger-replace');
    expect(asked).toMatchObject({ code: 0, stderr: '' });
    expect(await again.get('setting', at('before'))).toBeDefined();
    expect(await again.get('setting', at('after'))).toBeUndefined();
  });

  it('touch nothing when the backup is not what its manifest says', async () => {
    using folder = new StoreFolder();
    await (await folder.open())[Symbol.asyncDispose]();
    const made = await portcullis('backup', '--store', folder.file, '--to', folder.at('copy'), '--json');
    const bytes = readFileSync(folder.at('copy'));
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(folder.at('copy'), bytes);
    const damaged = await portcullis(...restore(folder, folder.at('new.db')));

    expect(JSON.parse(made.stdout)).toMatchObject({ bytes: bytes.length });
    expect(damaged).toMatchObject({ code: 1, stdout: '' });
    expect(damaged.stderr).toContain(folder.at('copy'));
    expect(existsSync(folder.at('new.db'))).toBe(false);
  });

  it('say that there is no store', async () => {
    using folder = new StoreFolder();
    const result = await portcullis('backup', '--store', folder.at('nowhere.db'), '--to', folder.at('copy'));

    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain(folder.at('nowhere.db'));
  });
});

function restore(folder: StoreFolder, store: string): string[] {
  return ['restore', '--store', store, '--from', folder.at('copy')];
}
