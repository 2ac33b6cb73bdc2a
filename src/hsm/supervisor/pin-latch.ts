/**
 * One attempt per PIN. Real devices lock after three wrong PINs, and an unattended service that restarts
 * would use them up in a minute. So every attempt is written down before it is made, and struck out only
 * when the token accepted the PIN; what stands there is not tried again, by any host, command or restart.
 *
 * The record is a file named by a keyed hash of token serial and PIN, so it tells neither.
 */
import { createHmac, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { Secret } from '../../domain/secret.ts';

export interface LatchedAttempt {
  /** The token accepted the PIN, or never judged it: it may be used again. */
  clear(): void;
  /** The token did not accept the PIN. */
  keep(): void;
}

export class PinLatch {
  readonly #directory: string;
  readonly #keyFile: string;

  /** `stateDir` must exist and belong to us alone. */
  constructor(stateDir: string) {
    this.#directory = path.join(stateDir, 'pin-latch');
    this.#keyFile = path.join(stateDir, 'pin-latch.key');
    fs.mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
  }

  /**
   * Notes the attempt that is about to be made. Fault `pin-locked` when this PIN was tried on this token
   * before and not accepted; `unavailable` while another process is trying it.
   */
  claim(tokenSerial: string, pin: Secret): LatchedAttempt {
    const file = this.#fileFor(tokenSerial, pin);
    const record: LatchRecord = { state: 'attempting', pid: process.pid, at: new Date().toISOString() };
    try {
      writeDurably(file, record, 'wx');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw new HsmFault('unavailable', `the PIN attempt cannot be noted in ${this.#directory}`, {
          cause: error,
        });
      }
      throw refusal(file);
    }
    return {
      clear: () => fs.rmSync(file, { force: true }),
      keep: () => writeDurably(file, { ...record, state: 'refused' }, 'w'),
    };
  }

  #fileFor(tokenSerial: string, pin: Secret): string {
    const hash = createHmac('sha256', this.#key()).update(`${tokenSerial}\0${pin.reveal()}`).digest('hex');
    return path.join(this.#directory, `${hash}.json`);
  }

  #key(): Buffer {
    try {
      fs.writeFileSync(this.#keyFile, randomBytes(KEY_BYTES), { flag: 'wx', mode: 0o600, flush: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw new HsmFault('unavailable', `${this.#keyFile} cannot be created`, { cause: error });
      }
    }
    const key = fs.readFileSync(this.#keyFile);
    if (key.length !== KEY_BYTES) {
      throw new HsmFault(
        'pin-locked',
        `${this.#keyFile} is damaged; remove ${path.dirname(this.#keyFile)} after making sure that the PIN is right`,
      );
    }
    return key;
  }
}

interface LatchRecord {
  readonly state: 'attempting' | 'refused';
  readonly pid: number;
  readonly at: string;
}

function refusal(file: string): HsmFault {
  const record = readRecord(file);
  if (record?.state === 'attempting' && record.pid !== process.pid && isAlive(record.pid)) {
    return new HsmFault('unavailable', `process ${record.pid} is trying the PIN now`);
  }
  const when = record === undefined ? 'before' : `at ${record.at}`;
  const what =
    record?.state === 'attempting' ? 'was tried, without a recorded answer,' : 'was refused by the token';
  return new HsmFault(
    'pin-locked',
    `the PIN ${what} ${when} and is not tried again; put the right PIN into place, or, if this one is right, remove ${file}`,
  );
}

function readRecord(file: string): LatchRecord | undefined {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as LatchRecord;
  } catch {
    // Cut off by a crash: that it exists is what counts.
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function writeDurably(file: string, record: LatchRecord, flag: 'wx' | 'w'): void {
  fs.writeFileSync(file, JSON.stringify(record), { flag, mode: 0o600, flush: true });
  const directory = fs.openSync(path.dirname(file), 'r');
  try {
    fs.fsyncSync(directory);
  } finally {
    fs.closeSync(directory);
  }
}

const KEY_BYTES = 32;
