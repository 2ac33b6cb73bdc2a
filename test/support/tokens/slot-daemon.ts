/** opencryptoki's slot daemon, to be stopped and started. */
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type StartedProcess, startProcess } from '../started-process.ts';
import type { Outage } from './token-kind.ts';

export class SlotDaemon implements Outage, AsyncDisposable {
  readonly #program: string;
  readonly #socket: string;
  readonly #env: Readonly<Record<string, string>>;
  #process: StartedProcess | undefined;
  #leftMemory = false;

  /** `env` is what moves the daemon's files, the socket among them, to where the token has them. */
  constructor(program: string, socket: string, env: Readonly<Record<string, string>>) {
    this.#program = program;
    this.#socket = socket;
    this.#env = env;
  }

  /** It does not go by itself while anybody uses a token. */
  async begin(): Promise<void> {
    const daemon = this.#process;
    this.#process = undefined;
    if (daemon === undefined) return;
    daemon.signal('SIGTERM');
    const ended = await Promise.race([daemon.exited.then(() => true), sleep(GRACE_MS, false)]);
    if (!ended) daemon.signal('SIGKILL');
    this.#leftMemory = !ended;
    await daemon[Symbol.asyncDispose]();
    await rm(this.#socket, { force: true });
  }

  async end(): Promise<void> {
    if (this.#process !== undefined) return;
    const daemon = startProcess(this.#program, ['-f'], { env: this.#env });
    this.#process = daemon;
    let how: number | NodeJS.Signals | undefined;
    const ended = daemon.exited.then((code) => {
      how = code;
    });
    const latestMs = performance.now() + PATIENCE_MS;
    while (!listens(this.#socket)) {
      if (how !== undefined || performance.now() > latestMs)
        throw new Error(`${this.#program} does not listen (ended: ${how ?? 'no'}):\n${daemon.output}`);
      await Promise.race([ended, sleep(POLL_MS)]);
    }
  }

  /** Stops it for good. One that was killed has left shared memory, which the next one takes and removes. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.begin();
    if (!this.#leftMemory) return;
    await this.end();
    await this.begin();
  }
}

/** A connection made to find out would end before the daemon has said what it has to, which can end the daemon. */
function listens(path: string): boolean {
  return readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .map((line) => line.split(/\s+/))
    .some((fields) => fields[PATH_FIELD] === path && fields[FLAGS_FIELD] === ACCEPTS_CONNECTIONS);
}

/** unix(7), proc(5): number, references, protocol, flags, type, state, inode, path. */
const FLAGS_FIELD = 3;
const PATH_FIELD = 7;
const ACCEPTS_CONNECTIONS = '00010000';
const GRACE_MS = 500;
const POLL_MS = 20;
const PATIENCE_MS = 10_000;
