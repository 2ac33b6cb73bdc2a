import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { watchFiles } from '../../../src/config/watch-files.ts';

let directory: string;
const onChange = vi.fn();

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onChange.mockReset();
  directory = mkdtempSync(join(tmpdir(), 'watch-files-'));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(directory, { recursive: true });
});

const looks = (count: number) => vi.advanceTimersByTime(count * 1000);

describe('watching files', () => {
  it('tells of a changed file once, after it has stayed the same for one look', () => {
    const file = join(directory, 'a');
    writeFileSync(file, 'one');
    const watch = watchFiles(() => [file], onChange, 1000);
    looks(3);
    expect(onChange).not.toHaveBeenCalled();
    writeFileSync(file, 'two and more');
    looks(1);
    expect(onChange).not.toHaveBeenCalled();
    looks(3);
    expect(onChange).toHaveBeenCalledOnce();
    watch.stop();
    writeFileSync(file, 'three');
    looks(3);
    expect(onChange).toHaveBeenCalledOnce();
  });

  it('tells of a change that came while the files were read, and of none that came before', () => {
    const file = join(directory, 'a');
    const other = join(directory, 'b');
    writeFileSync(file, 'one');
    writeFileSync(other, 'one');
    let files = [file];
    const watch = watchFiles(() => files, onChange, 1000);
    writeFileSync(file, 'two and more');
    watch.reading();
    files = [file, other];
    watch.read();
    looks(3);
    expect(onChange).not.toHaveBeenCalled();
    watch.reading();
    writeFileSync(file, 'three and even more');
    watch.read();
    looks(2);
    expect(onChange).toHaveBeenCalledOnce();
  });

  it('sees a ConfigMap swapped by its ..data link', () => {
    for (const version of ['v1', 'v2']) {
      mkdirSync(join(directory, version));
      writeFileSync(join(directory, version, 'portcullis.yaml'), 'same: size');
    }
    symlinkSync('v1', join(directory, '..data'));
    symlinkSync(join('..data', 'portcullis.yaml'), join(directory, 'portcullis.yaml'));
    watchFiles(() => [join(directory, 'portcullis.yaml')], onChange, 1000);
    symlinkSync('v2', join(directory, '..data_tmp'));
    renameSync(join(directory, '..data_tmp'), join(directory, '..data'));
    looks(2);
    expect(onChange).toHaveBeenCalledOnce();
  });

  it('sees a file that goes and comes back, and one that the new configuration names', () => {
    const file = join(directory, 'a');
    const later = join(directory, 'b');
    writeFileSync(file, 'one');
    let files = [file];
    watchFiles(() => files, onChange, 1000);
    rmSync(file);
    looks(2);
    expect(onChange).toHaveBeenCalledOnce();
    writeFileSync(file, 'again');
    onChange.mockImplementation(() => {
      files = [file, later];
    });
    looks(2);
    expect(onChange).toHaveBeenCalledTimes(2);
    writeFileSync(later, 'new');
    looks(2);
    expect(onChange).toHaveBeenCalledTimes(3);
  });
});
