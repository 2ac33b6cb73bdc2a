import { hash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KeyRecord } from '../../src/domain/key/key-record.ts';
import type { Log } from '../../src/domain/ports/log.ts';
import type { RecordStore } from '../../src/domain/ports/record-store.ts';
import { backUpStore } from '../../src/store/sqlite/back-up-store.ts';
import type { BackupManifest } from '../../src/store/sqlite/backup-manifest.ts';
import { restoreStore } from '../../src/store/sqlite/restore-store.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';

let folder = '';
let file = '';
let to = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'store-backup-'));
  file = join(folder, 'kms.db');
  to = join(folder, 'monday');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a backup of a running store', () => {
  it('has what was committed before it, says what it needs, and can be read by its owner alone', async () => {
    await using store = await filled();

    const manifest = await backup();
    await put(store, 'after', [3]);

    expect(manifest).toMatchObject({
      format: 'portcullis-backup/1',
      createdAt: '2026-11-26T00:00:00.000Z',
      portcullis: '1.2.3',
      schema: 1,
      domainId: 'd'.repeat(32),
      generations: [1, 2],
      damagedMaterials: 1,
      records: { domain: 1, key: 2 },
      bytes: statSync(to).size,
    });
    expect(JSON.parse(readFileSync(`${to}.json`, 'utf8'))).toStrictEqual(manifest);
    expect(statSync(to).mode & 0o777).toBe(0o600);
    expect(statSync(`${to}.json`).mode & 0o777).toBe(0o600);
  });

  it('has one state under a load of commits that belong together', async () => {
    await using store = await filled();
    let round = 0;
    let over = false;
    const load = (async () => {
      for (; !over; round += 1) await Promise.all([pair(store, round), pair(store, round + 1e6)]);
    })();
    const found: Record<string, number>[] = [];
    for (let at = 0; at < 5; at += 1) found.push({ ...(await backup(`${to}-${at}`)).records });
    over = true;
    await load;

    expect(found.every(({ setting = 0, intent = 0 }) => setting === intent)).toBe(true);
    expect(round).toBeGreaterThan(0);
  });

  it('has nothing of a record that was deleted', async () => {
    await using store = await filled();
    const address = { scope: '', id: 'gone' };
    await store.commit([
      { do: 'put', kind: 'setting', address, body: { text: 'REMNANT'.repeat(50) }, expect: 0 },
    ]);
    await store.commit([{ do: 'delete', kind: 'setting', address, expect: 1 }]);
    await backup();

    expect(readFileSync(to).includes('REMNANT')).toBe(false);
  });

  it.for(['monday', 'monday.json'])('never goes in the place of a file: %s', async (name) => {
    await using _store = await filled();
    writeFileSync(join(folder, name), 'kept');

    await expect(backup()).rejects.toThrow(`${name} is there already`);
    expect(readFileSync(join(folder, name), 'utf8')).toBe('kept');
  });

  it('of no store, of another file, or into no folder fails and leaves nothing', async () => {
    await expect(backup()).rejects.toThrow(`there is no store ${file}`);
    writeFileSync(file, 'no database at all, whatever its name says'.repeat(100));
    await expect(backup()).rejects.toThrow('failed');
    rmSync(file);
    await (await filled())[Symbol.asyncDispose]();
    await expect(backup(join(folder, 'nowhere', 'x'))).rejects.toThrow('cannot be made');

    expect(readdirSync(folder).filter((name) => !name.startsWith('kms.db'))).toStrictEqual([]);
  });
});

describe('a restore', () => {
  it('gives back every record, with its revision, to a store that is new', async () => {
    await (await filled())[Symbol.asyncDispose]();
    const manifest = await backup();
    const other = join(folder, 'other', 'kms.db');

    expect(await restore({ file: other })).toStrictEqual(manifest);
    await using store = await openSqliteStore({ file: other, log: SILENT });
    const key = await store.get('key', { scope: SCOPE, id: 'one' });
    expect([key?.revision, key?.body.materials]).toStrictEqual([2, [material(1), material(2)]]);
    expect(statSync(other).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'other')).mode & 0o777).toBe(0o700);
  });

  it('replaces a store only when it is told to, and then with what the backup has', async () => {
    await (await filled())[Symbol.asyncDispose]();
    await backup();
    const newer = await openSqliteStore({ file, log: SILENT });
    await put(newer, 'newer', [1]);
    await newer[Symbol.asyncDispose]();

    await expect(restore()).rejects.toThrow('--danger-replace');
    expect(await idsOf()).toStrictEqual(['damaged', 'newer', 'one']);
    await restore({ replace: true });
    expect(await idsOf()).toStrictEqual(['damaged', 'one']);
  });

  it('is refused while a store is in use, which goes on', async () => {
    await using store = await filled();
    await backup();

    await expect(restore({ replace: true })).rejects.toThrow('in use by another process');
    await put(store, 'more', [1]);
    expect(await store.count('key', SCOPE)).toBe(3);
  });

  it('replaces a store that is damaged, whose log would not fit', async () => {
    await (await filled())[Symbol.asyncDispose]();
    await backup();
    writeFileSync(file, 'rubbish'.repeat(1_000));
    writeFileSync(`${file}-wal`, 'rubbish'.repeat(1_000));

    await restore({ replace: true });
    expect(await idsOf()).toStrictEqual(['damaged', 'one']);
  });

  it.for<{ what: string; damage: () => void; says: string }>([
    { what: 'has a flipped bit', damage: () => flip(), says: 'is damaged: its SHA-256' },
    {
      what: 'was cut short',
      damage: () => writeFileSync(to, readFileSync(to).subarray(0, 4_096)),
      says: 'is damaged',
    },
    { what: 'has no manifest', damage: () => rmSync(`${to}.json`), says: 'put it beside' },
    {
      what: 'has a manifest of another kind',
      damage: () => alter({ format: 'portcullis-backup/2' }),
      says: 'no manifest',
    },
    {
      what: 'has a manifest that is no JSON',
      damage: () => writeFileSync(`${to}.json`, '{'),
      says: 'no manifest',
    },
    {
      what: 'has other records than it says',
      damage: () => alter({ records: { key: 9 } }),
      says: 'other records',
    },
    { what: 'is not there', damage: () => rmSync(to), says: 'was not restored' },
    { what: 'is of a newer release', damage: () => ofNewerRelease(), says: 'a newer release' },
  ])('of a backup that $what is refused, and the store stays as it was', async ({ damage, says }) => {
    await (await filled())[Symbol.asyncDispose]();
    await backup();
    damage();

    await expect(restore({ replace: true })).rejects.toThrow(says);
    await expect(restore({ file: join(folder, 'new.db') })).rejects.toThrow(says);
    expect(await idsOf()).toStrictEqual(['damaged', 'one']);
    expect(readdirSync(folder)).not.toContain('new.db');
    expect(readdirSync(folder).filter((name) => name.endsWith('.draft'))).toStrictEqual([]);
  });
});

async function filled(): Promise<RecordStore> {
  const store = await openSqliteStore({ file, log: SILENT });
  await put(store, 'one', [1]);
  await put(store, 'one', [1, 2], 1);
  await put(store, 'damaged', [0]);
  await store.commit([
    {
      do: 'put',
      kind: 'domain',
      address: { scope: '', id: 'domain' },
      body: { domainId: 'd'.repeat(32), current: 2, generations: [] },
      expect: 0,
    },
  ]);
  return store;
}

function put(store: RecordStore, id: string, generations: number[], expect = 0): Promise<void> {
  const body = { keyId: id, materials: generations.map(material) } as unknown as KeyRecord;
  return store.commit([{ do: 'put', kind: 'key', address: { scope: SCOPE, id }, body, expect }]);
}

function material(generation: number): KeyRecord['materials'][number] {
  return { materialId: 'a', token: Buffer.of(generation).toString('base64'), createdMs: 1 };
}

function pair(store: RecordStore, round: number): Promise<void> {
  const address = { scope: '', id: `pair-${round}` };
  const intent = { kind: 'domain-keys', label: 'l', token: 't', sinceMs: 1 } as const;
  return store.commit([
    { do: 'put', kind: 'setting', address, body: { round }, expect: 0 },
    { do: 'put', kind: 'intent', address, body: intent, expect: 0 },
  ]);
}

function backup(path = to): Promise<BackupManifest> {
  return backUpStore({ file, to: path, generationOf, atMs: Date.UTC(2026, 10, 26), portcullis: '1.2.3' });
}

function restore(changed: { file?: string; replace?: boolean } = {}): Promise<BackupManifest> {
  return restoreStore({ from: to, file, replace: false, generationOf, ...changed });
}

async function idsOf(): Promise<string[]> {
  await using store = await openSqliteStore({ file, log: SILENT });
  return (await store.list('key', SCOPE, { limit: 10 })).map(({ id }) => id);
}

function generationOf(token: Uint8Array): number | undefined {
  return token[0] === 0 ? undefined : token[0];
}

function flip(): void {
  const bytes = readFileSync(to);
  bytes[5_000] = (bytes[5_000] ?? 0) ^ 1;
  writeFileSync(to, bytes);
}

function alter(members: object): void {
  const manifest = JSON.parse(readFileSync(`${to}.json`, 'utf8'));
  writeFileSync(`${to}.json`, JSON.stringify({ ...manifest, ...members }));
}

function ofNewerRelease(): void {
  const database = new DatabaseSync(to);
  database.exec('PRAGMA user_version = 99');
  database.close();
  alter({ sha256: hash('sha256', readFileSync(to)) });
}

const SCOPE = '111122223333/eu-west-1';
const nothing = (): void => undefined;
const SILENT: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
