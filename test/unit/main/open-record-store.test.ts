import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openRecordStore } from '../../../src/open-record-store.ts';

const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
/** Nothing listens on port 1 of this machine. */
const NOWHERE = { host: '127.0.0.1', port: 1, database: 'kms', user: 'kms' };

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-stores-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the store of an engine', () => {
  it('is in memory, or in a file', async () => {
    await using memory = await openRecordStore('memory', log);
    await using file = await openRecordStore({ sqlite: join(folder, 'records.db') }, log);

    expect(await memory.count('key', '')).toBe(0);
    expect(await file.count('key', '')).toBe(0);
  });

  it('says that its database cannot be reached, with TLS and without', async () => {
    const file = join(folder, 'some.pem');
    writeFileSync(file, 'not looked at before there is a connection');
    const tls = { caFile: file, certFile: file, keyFile: file };

    for (const postgres of [NOWHERE, { ...NOWHERE, tls: {} }, { ...NOWHERE, tls }]) {
      await expect(openRecordStore({ postgres }, log)).rejects.toMatchObject({ name: 'StoreFailure' });
    }
  });

  it('names the PEM file that cannot be read', async () => {
    const caFile = join(folder, 'absent.pem');

    await expect(openRecordStore({ postgres: { ...NOWHERE, tls: { caFile } } }, log)).rejects.toThrow(
      `the PEM file ${caFile} of the store cannot be read`,
    );
  });
});
