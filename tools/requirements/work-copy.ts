/**
 * A copy of the project in a temporary folder, in which mutants may live. Packages are linked one by one
 * into a folder of the copy's own, so that a test runner's caches do not land in the original either.
 */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';

export class WorkCopy implements Disposable {
  readonly root: string;

  constructor(original: string) {
    this.root = mkdtempSync(join(tmpdir(), 'requirements-mutate-'));
    process.once('exit', this.#remove);
    cpSync(original, this.root, {
      recursive: true,
      filter: (path) => !LEFT_OUT.has(relative(original, path).split(sep)[0] ?? ''),
    });
    const packages = join(original, 'node_modules');
    mkdirSync(join(this.root, 'node_modules'));
    for (const name of readdirSync(packages)) {
      const isCache = name.startsWith('.') && name !== '.bin';
      if (!isCache) symlinkSync(join(packages, name), join(this.root, 'node_modules', name));
    }
  }

  read(file: string): string {
    return readFileSync(join(this.root, file), 'utf8');
  }

  /** Puts `text` in the place of a file until the returned handle is disposed of. */
  replace(file: string, text: string): Disposable {
    const before = this.read(file);
    writeFileSync(join(this.root, file), text);
    return { [Symbol.dispose]: () => writeFileSync(join(this.root, file), before) };
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#remove);
    this.#remove();
  }

  readonly #remove = (): void => {
    rmSync(this.root, { recursive: true, force: true });
  };
}

const LEFT_OUT: ReadonlySet<string> = new Set(['node_modules', '.git', 'var', 'dist', 'coverage']);
