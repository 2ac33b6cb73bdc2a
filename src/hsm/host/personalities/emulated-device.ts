/**
 * What processes that emulate one device share: a directory. A device session is the file `session-<pid>` in it,
 * and what has happened to the device is written in `trouble`. Whoever takes such a file away closes the session.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export class EmulatedDevice {
  readonly #directory: string;
  #hasSession = false;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The name of what has happened to the device; empty when all is well. */
  trouble(): string {
    const file = path.join(this.#directory, 'trouble');
    return existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  }

  /** Takes the one session of this process. False when others have all of them. */
  openSession(most: number): boolean {
    const own = this.#own();
    const others = this.#sessions().filter((name) => name !== own);
    if (others.length >= most) return false;
    writeFileSync(path.join(this.#directory, own), '');
    this.#hasSession = true;
    return true;
  }

  /** The device has dropped the session that this process had. */
  hasLostSession(): boolean {
    return this.#hasSession && !existsSync(path.join(this.#directory, this.#own()));
  }

  closeSession(): void {
    this.#hasSession = false;
    rmSync(path.join(this.#directory, this.#own()), { force: true });
  }

  /** Those of dead processes go: a real device keeps them for 30 s, for which no test should wait. */
  #sessions(): string[] {
    return readdirSync(this.#directory).filter((name) => {
      const pid = SESSION.exec(name)?.[1];
      if (pid === undefined) return false;
      if (isAlive(Number(pid))) return true;
      rmSync(path.join(this.#directory, name), { force: true });
      return false;
    });
  }

  #own(): string {
    return `session-${process.pid}`;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** `session-<pid>`, with more behind it where one process stands for several. */
const SESSION = /^session-(\d+)/;
