import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { type RecordStore, StoreFailure } from '../../src/domain/ports/record-store.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { until } from '../support/running-proxy.ts';
import { SeenLog } from '../support/seen-log.ts';
import { startProcess } from '../support/started-process.ts';
import { at, put, remove, SCOPE, usage } from '../support/store/records.ts';
import { StoreFolder } from '../support/store/store-folder.ts';

describe('a store in a file', () => {
  it('has everything when it is opened again', async () => {
    using folder = new StoreFolder();
    {
      await using store = await folder.open();
      await store.commit([put(at('a'), 'é\0😀', 0, { owner: 'o', dueMs: 7 })]);
      await store.commit([put(at('a'), 'changed', 1, { owner: 'p', dueMs: 8 })]);
      await store.commit([put(at('b'), 1, 0)]);
      await store.commit([remove(at('b'), 1)]);
      store.later('usage', at('k'), usage('Encrypt'));
    }
    await using store = await folder.open();

    expect(store.peek('setting', at('a'))).toBe('unknown');
    expect(await store.get('setting', at('a'))).toMatchObject({ revision: 2, body: { value: 'changed' } });
    expect(await store.get('setting', at('b'))).toBeUndefined();
    expect(await store.get('usage', at('k'))).toMatchObject({ revision: 1, body: usage('Encrypt') });
    expect(await store.list('setting', SCOPE, { limit: 9, owner: 'p' })).toHaveLength(1);
    expect(await store.nextDueMs('setting')).toBe(8);
  });

  it('writes lazily without being asked, some time later', async () => {
    using folder = new StoreFolder();
    await using store = await folder.open({ lazyMs: 20 });
    for (let n = 0; n < 500; n += 1) store.later('usage', at(`k${n}`), usage('Encrypt', n));
    const early = rowsOf(folder.file, 'usage');

    await until(() => rowsOf(folder.file, 'usage') === 500);
    expect(early).toBe(0);
  });

  it('is for its owner alone, with the folder that was made for it', async () => {
    using folder = new StoreFolder();
    const file = folder.at('made/for/it/store.sqlite');
    await using store = await openSqliteStore({ file, log: folder.log });
    await store.commit([put(at('a'), 1, 0)]);
    const mode = (name: string) => statSync(folder.at(name)).mode & 0o777;

    expect(['made', 'made/for', 'made/for/it'].map(mode)).toStrictEqual([0o700, 0o700, 0o700]);
    expect(['', '-wal', '-shm', '.lock'].map((end) => mode(`made/for/it/store.sqlite${end}`))).toStrictEqual([
      0o600, 0o600, 0o600, 0o600,
    ]);
  });

  it('takes back what others were allowed to do with the file', async () => {
    using folder = new StoreFolder();
    await (await folder.open())[Symbol.asyncDispose]();
    chmodSync(folder.file, 0o644);
    await using _store = await folder.open();

    expect(statSync(folder.file).mode & 0o777).toBe(0o600);
  });

  it('keeps nothing of what was deleted or replaced', async () => {
    using folder = new StoreFolder();
    {
      await using store = await folder.open();
      await store.commit([put(at('a'), 'FIRST-TOKEN', 0), put(at('b'), 'OTHER-TOKEN', 0)]);
      await store.commit([put(at('a'), 'plain', 1), remove(at('b'), 1)]);
    }
    const bytes = readFileSync(folder.file, 'latin1');

    expect(bytes).toContain('plain');
    expect(bytes).not.toContain('TOKEN');
    expect(existsSync(`${folder.file}-wal`)).toBe(false);
  });

  it('empties its log on a reset', async () => {
    using folder = new StoreFolder();
    await using store = await folder.open();
    await store.commit([put(at('a'), 'FIRST-TOKEN', 0)]);
    await store.reset();

    expect(statSync(`${folder.file}-wal`).size).toBe(0);
    expect(readFileSync(folder.file, 'latin1')).not.toContain('FIRST-TOKEN');
  });

  it('remembers the newest and forgets the oldest when memory is short', async () => {
    using folder = new StoreFolder();
    await using store = await folder.open({ cacheChars: 20_000 });
    for (let n = 0; n < 200; n += 1) await store.commit([put(at(`r${n}`), 'x'.repeat(100), 0)]);
    const known = Array.from({ length: 200 }, (_, n) => store.peek('setting', at(`r${n}`)) !== 'unknown');

    expect(known.at(-1)).toBe(true);
    expect(known[0]).toBe(false);
    expect(known.filter(Boolean).length).toBeLessThan(60);
    expect(await store.get('setting', at('r0'))).toMatchObject({ revision: 1 });
    expect(store.peek('setting', at('r0'))).toMatchObject({ revision: 1 });
  });

  it('says what to do about a record that cannot be read, each time, and has it once it is mended', async () => {
    using folder = new StoreFolder();
    await using store = await folder.open();
    await store.commit([put(at('a'), 'sound', 0)]);
    await store[Symbol.asyncDispose]();
    const rewrite = (body: string) => {
      using database = new DatabaseSync(folder.file);
      database.prepare('UPDATE records SET body = ? WHERE id = ?').run(body, 'a');
    };
    rewrite('{"value":');
    await using again = await folder.open();

    for (const _ of [1, 2]) {
      await expect(again.get('setting', at('a'))).rejects.toThrow(
        new StoreFailure('the store holds a record that cannot be read: restore a backup'),
      );
      expect(again.peek('setting', at('a'))).toBe('unknown');
    }
    rewrite('{"value":"mended"}');
    expect(await again.get('setting', at('a'))).toMatchObject({ body: { value: 'mended' } });
  });

  it('asks once for what many want at the same time', async () => {
    using folder = new StoreFolder();
    await using store = await folder.open({ cacheChars: 0 });
    await store.commit([put(at('a'), 1, 0), put(at('b'), 1, 0)]);
    const found = await Promise.all(Array.from({ length: 5 }, () => store.get('setting', at('a'))));

    expect(new Set(found).size).toBe(1);
  });

  it('never shows a record older than a commit that has resolved', async () => {
    using folder = new StoreFolder();
    await using store = await folder.open({ cacheChars: 0 });
    await store.commit([put(at('n'), 0, 0)]);
    let committed = 0;
    let stale = 0;
    let reads = 0;
    const writer = async () => {
      for (let n = 1; n <= 100; n += 1) {
        await store.commit([put(at('n'), n, n)]);
        committed = n;
      }
    };
    const reader = async () => {
      while (committed < 100) {
        const before = committed;
        // What the memory holds is pushed out by another record.
        await store.get('setting', at('other'));
        const seen = await store.get('setting', at('n'));
        reads += 1;
        if (Number(seen?.body['value']) < before || Number(seen?.body['value']) > committed) stale += 1;
      }
    };
    await Promise.all([writer(), reader(), reader(), reader()]);

    expect(stale).toBe(0);
    expect(reads).toBeGreaterThan(50);
  });
});

describe('a store file that cannot be used', () => {
  it('is named when another process has it', async () => {
    using folder = new StoreFolder();
    await using child = startProcess(process.execPath, [WRITER, folder.file, 'other']);
    await child.said('ready\n');

    await expect(folder.open()).rejects.toThrow(
      `the store ${folder.file} is in use by another process, and takes one at a time`,
    );
    child.signalGroup('SIGKILL');
    await child.exited;
    await using _store = await folder.open();
  });

  it('is refused to a second store of the same process, and free once the first is closed', async () => {
    using folder = new StoreFolder();
    const first = await folder.open();
    await expect(folder.open()).rejects.toThrow(StoreFailure);
    await first.commit([put(at('a'), 1, 0)]);
    await first[Symbol.asyncDispose]();
    await using second = await folder.open();

    expect(await second.get('setting', at('a'))).toMatchObject({ revision: 1 });
  });

  it.for([
    {
      what: 'of a newer release',
      make: (file: string) => sqlite(file, 'PRAGMA application_id = 0x5043554c; PRAGMA user_version = 99'),
      says: 'has schema 99, which a newer release wrote; this one knows 1',
    },
    {
      what: 'of another program',
      make: (file: string) => sqlite(file, 'CREATE TABLE bookmarks (url TEXT)'),
      says: 'is a database of another program',
    },
    {
      what: 'that is no database',
      make: (file: string) => writeFileSync(file, 'hello '.repeat(1_000)),
      says: 'cannot be opened: it is not a SQLite database',
    },
    { what: 'that is a folder', make: (file: string) => mkdirSync(file), says: 'EISDIR' },
  ])('is named when it is one $what, and left alone', async ({ make, says }) => {
    using folder = new StoreFolder();
    make(folder.file);
    const before = statSync(folder.file).size;
    const opening = folder.open();

    await expect(opening).rejects.toThrow(StoreFailure);
    await expect(opening).rejects.toThrow(folder.file);
    await expect(opening).rejects.toThrow(says);
    expect(statSync(folder.file).size).toBe(before);
  });
});

describe('a store whose worker dies', () => {
  it('fails what was under way, and goes on with everything that was acknowledged', async () => {
    using folder = new StoreFolder();
    const workers: Worker[] = [];
    await using store = await folder.open({ spawn: (data) => spawned(workers, data) });
    await store.commit([put(at('a'), 1, 0)]);
    store.later('usage', at('k'), usage('Encrypt'));
    const commits = Array.from({ length: 30 }, (_, n) => store.commit([put(at(`b${n}`), n, 0)]));
    const reading = store.get('setting', at('c'));
    const outcomes = Promise.allSettled([...commits, reading]);
    await workers[0]?.terminate();
    const failed = (await outcomes).flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    const peeked = store.peek('setting', at('a'));
    await expect(store.commit([put(at('d'), 1, 0)])).rejects.toThrow('its thread ended with code 1');
    await until(() => folder.log.of('store.recovered').length === 1);

    expect(failed.length).toBeGreaterThan(0);
    expect(failed.every((each) => each instanceof StoreFailure)).toBe(true);
    expect(peeked).toBe('unknown');
    expect(await store.get('setting', at('a'))).toMatchObject({ revision: 1 });
    await store.commit([put(at('a'), 2, 1)]);
    expect(await store.list('usage', SCOPE, { limit: 9 })).toMatchObject([{ body: usage('Encrypt') }]);
    expect(folder.log.of('store.lost')).toMatchObject([{ file: folder.file, retryMs: 100 }]);
  });

  it('tries again until the file can be opened', async () => {
    using folder = new StoreFolder();
    const workers: Worker[] = [];
    await using store = await folder.open({ spawn: (data) => spawned(workers, data) });
    await store.commit([put(at('a'), 1, 0)]);
    await workers[0]?.terminate();
    const other = await taken(folder);
    await until(() => folder.log.of('store.lost').length >= 3);
    await expect(store.get('setting', at('a'))).rejects.toThrow('is in use by another process');
    await other[Symbol.asyncDispose]();
    await until(() => folder.log.of('store.recovered').length === 1);

    expect(await store.get('setting', at('a'))).toMatchObject({ revision: 1 });
  });

  it('can be closed meanwhile, and says what was lost', async () => {
    using folder = new StoreFolder();
    const workers: Worker[] = [];
    const store = await folder.open({ spawn: (data) => spawned(workers, data) });
    store.later('usage', at('k'), usage('Encrypt'));
    await workers[0]?.terminate();
    await store[Symbol.asyncDispose]();

    expect(folder.log.of('store.usage-lost')).toHaveLength(1);
    await expect(store.get('setting', at('a'))).rejects.toThrow(StoreFailure);
  });
});

describe('a store on a disk that is full', () => {
  it('refuses commits without losing any, reads on, and writes again when there is room', async ({
    skip,
  }) => {
    using folder = new StoreFolder();
    using disk = new SmallDisk(folder.at('disk'));
    skip(!disk.mounted, 'a small file system cannot be mounted here, which takes root');
    const log = new SeenLog();
    await using store = await openSqliteStore({ file: folder.at('disk/store.sqlite'), log });
    let acknowledged = 0;
    const filling = async (): Promise<void> => {
      for (;;) {
        await store.commit([put(at(`r${acknowledged}`), 'x'.repeat(20_000), 0)]);
        acknowledged += 1;
      }
    };
    await expect(filling()).rejects.toThrow(/disk\/store.sqlite cannot be used: the disk is full: make room/);
    store.later('usage', at('k'), usage('Encrypt'));
    const refused = store.commit([put(at(`r${acknowledged}`), 'x'.repeat(20_000), 0)]);
    await expect(refused).rejects.toThrow(StoreFailure);
    expect(await store.get('setting', at('r0'))).toMatchObject({ revision: 1 });
    expect(await store.count('setting', SCOPE)).toBe(acknowledged);
    rmSync(disk.ballast);
    await store.commit([put(at('after'), 1, 0)]);

    expect(acknowledged).toBeGreaterThan(5);
    expect(await store.count('setting', SCOPE)).toBe(acknowledged + 1);
    expect(await store.get('usage', at('k'))).toMatchObject({ body: usage('Encrypt') });
    expect(log.of('store.lost')).toStrictEqual([]);
  });
});

function spawned(workers: Worker[], workerData: unknown): Worker {
  const worker = new Worker(ENTRY, { workerData });
  workers.push(worker);
  return worker;
}

/** Opens the file as soon as its lock is free. */
async function taken(folder: StoreFolder): Promise<RecordStore> {
  for (;;) {
    const store = await openSqliteStore({ file: folder.file, log: new SeenLog() }).catch(() => sleep(1));
    if (store !== undefined) return store;
  }
}

function sqlite(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

function rowsOf(file: string, kind: string): unknown {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return database.prepare('SELECT count(*) AS n FROM records WHERE kind = ?').get(kind)?.['n'];
  } finally {
    database.close();
  }
}

/** A file system of one megabyte with ballast that can be thrown off. */
class SmallDisk implements Disposable {
  readonly mounted: boolean;
  readonly ballast: string;
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
    this.ballast = `${directory}/ballast`;
    mkdirSync(directory);
    try {
      const options = ['-t', 'tmpfs', '-o', 'size=1m', 'portcullis-test', directory];
      execFileSync('mount', options, { stdio: 'ignore' });
      writeFileSync(this.ballast, Buffer.alloc(300_000));
      this.mounted = true;
    } catch {
      this.mounted = false;
    }
  }

  [Symbol.dispose](): void {
    if (this.mounted) execFileSync('umount', ['--lazy', this.#directory]);
  }
}

const ENTRY = fileURLToPath(new URL('../../src/store/sqlite/worker-entry.ts', import.meta.url));
const WRITER = fileURLToPath(new URL('../support/store/crash-writer-entry.ts', import.meta.url));
