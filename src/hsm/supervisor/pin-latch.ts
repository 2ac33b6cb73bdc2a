/**
 * One attempt per PIN. Real devices lock after three wrong PINs, and an unattended service that restarts
 * would use them up in a minute. So every attempt is written down before it is made, and struck out only
 * when the token accepted the PIN; what the token refused is never tried again, by any host, command or
 * restart. An attempt that ended without an answer (a crash, a device error) may be repeated once, and only
 * while the token itself shows that nothing was counted against the PIN.
 *
 * The record is a file named by a keyed hash of token serial and PIN, so it tells neither.
 */
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { Secret } from '../../domain/secret.ts';
import { createDurably, removeDurably, replaceDurably } from './durable-file.ts';

export interface LatchedAttempt {
  /** The token accepted the PIN, or never judged it: it may be used again. */
  clear(): void;
  /** The token did not accept the PIN. */
  keep(): void;
}

export interface LatchClaim {
  readonly tokenSerial: string;
  readonly pin: Secret;
  /** The token's flags, which this kind of token keeps truly, show no failed attempt since the last good one. */
  readonly tokenCountsNoFailure: boolean;
}

export class PinLatch {
  readonly #directory: string;
  readonly #keyFile: string;
  readonly #repeatAfterMs: number;

  /**
   * `stateDir` must exist and belong to us, one proxy, alone. `repeatAfterMs`: how long an unanswered attempt
   * rests before its one repeat, so that both do not fall into the same trouble of the token.
   */
  constructor(stateDir: string, { repeatAfterMs = REPEAT_AFTER_MS } = {}) {
    this.#directory = path.join(stateDir, 'pin-latch');
    this.#keyFile = path.join(stateDir, 'pin-latch.key');
    this.#repeatAfterMs = repeatAfterMs;
    fs.mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
  }

  /**
   * Notes the attempt that is about to be made. Fault `pin-locked` when this PIN was refused by this token
   * before, or tried without an answer and cannot be shown to be uncounted; `unavailable` while another
   * process is trying it, while an unanswered attempt rests, or when the attempt cannot be noted.
   */
  claim(claim: LatchClaim): LatchedAttempt {
    const first = this.#fileFor(claim);
    // The repeat has a record of its own, made exclusively: of two processes that find a dead attempt, one repeats it.
    const second = first.replace(/json$/, '2.json');
    const earlier = noteAttempt(first);
    if (earlier !== undefined) {
      this.#refuseUnlessRepeatable(first, earlier, claim.tokenCountsNoFailure);
      const repeated = noteAttempt(second);
      if (repeated !== undefined) refuseRepeated(second, repeated);
    }
    return {
      clear: () => {
        removeDurably(second);
        removeDurably(first);
      },
      keep: () => {
        const refused: LatchRecord = { ...ownRecord(), state: 'refused' };
        replaceDurably(first, JSON.stringify(refused));
      },
    };
  }

  #refuseUnlessRepeatable(file: string, earlier: LatchRecord | 'unreadable', countsNoFailure: boolean): void {
    if (earlier === 'unreadable') {
      throw new HsmFault('pin-locked', `the PIN was tried before and is not tried again; ${remedy(file)}`);
    }
    if (earlier.state === 'refused') {
      throw new HsmFault(
        'pin-locked',
        `the PIN was refused by the token at ${earlier.at} and is not tried again; ${remedy(file)}`,
      );
    }
    if (isBeingMade(earlier))
      throw new HsmFault('unavailable', `process ${earlier.pid} is trying the PIN now`);
    if (!countsNoFailure) throw unanswered(file, earlier);
    if (ageMs(earlier) < this.#repeatAfterMs) {
      throw new HsmFault(
        'unavailable',
        `the PIN was tried at ${earlier.at} without an answer; it is tried once more after a rest`,
      );
    }
  }

  #fileFor({ tokenSerial, pin }: LatchClaim): string {
    const hash = createHmac('sha256', this.#key()).update(`${tokenSerial}\0${pin.reveal()}`).digest('hex');
    return path.join(this.#directory, `${hash}.json`);
  }

  #key(): Buffer {
    if (!fs.existsSync(this.#keyFile))
      noting(this.#keyFile, () => createDurably(this.#keyFile, randomBytes(KEY_BYTES)));
    const key = fs.readFileSync(this.#keyFile);
    if (key.length === KEY_BYTES) return key;
    throw new HsmFault(
      'pin-locked',
      `${this.#keyFile} is damaged, so that nobody can tell which PINs were tried; make sure that the PIN is right, remove it and ${this.#directory}, and restart`,
    );
  }
}

interface LatchRecord {
  readonly state: 'attempting' | 'refused';
  readonly at: string;
  readonly instance: string;
  readonly pid: number;
  /** Start time of the process in clock ticks since boot: tells a living owner from a recycled pid. */
  readonly startTicks: string;
}

/** The record that stands there already, or undefined when ours was written. */
function noteAttempt(file: string): LatchRecord | 'unreadable' | undefined {
  if (noting(file, () => createDurably(file, JSON.stringify(ownRecord())))) return undefined;
  return readRecord(file);
}

function noting(file: string, create: () => boolean): boolean {
  try {
    return create();
  } catch (cause) {
    throw new HsmFault('unavailable', `the PIN attempt cannot be noted in ${path.dirname(file)}`, { cause });
  }
}

function refuseRepeated(file: string, repeated: LatchRecord | 'unreadable'): never {
  if (repeated !== 'unreadable' && isBeingMade(repeated)) {
    throw new HsmFault('unavailable', `process ${repeated.pid} is trying the PIN now`);
  }
  throw unanswered(file, repeated);
}

function unanswered(file: string, record: LatchRecord | 'unreadable'): HsmFault {
  const when = record === 'unreadable' ? 'before' : `at ${record.at}`;
  return new HsmFault(
    'pin-locked',
    `the PIN was tried ${when} without a recorded answer and is not tried again; ${remedy(file)}`,
  );
}

function remedy(file: string): string {
  const records = path.join(path.dirname(file), `${path.basename(file).split('.', 1)[0]}*`);
  return `put the right PIN into place, or, if this one is right, remove ${records}; then restart`;
}

/** By another process that lives and began lately. */
function isBeingMade(record: LatchRecord): boolean {
  return record.instance !== INSTANCE && isAlive(record) && ageMs(record) < LONGEST_LOGIN_MS;
}

function ageMs({ at }: LatchRecord): number {
  const age = Date.now() - Date.parse(at);
  // A clock that was set back, or a time that cannot be read, must not stretch the wait for ever.
  return age >= 0 ? age : Number.POSITIVE_INFINITY;
}

/** ENOENT: its owner was just accepted, so the caller may come again. */
function readRecord(file: string): LatchRecord | 'unreadable' {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (cause) {
    throw new HsmFault('unavailable', 'another process has just tried the PIN', { cause });
  }
  try {
    return JSON.parse(text) as LatchRecord;
  } catch {
    return 'unreadable';
  }
}

function ownRecord(): LatchRecord {
  return {
    state: 'attempting',
    at: new Date().toISOString(),
    instance: INSTANCE,
    pid: process.pid,
    startTicks: startTicksOf(process.pid),
  };
}

function isAlive({ pid, startTicks }: LatchRecord): boolean {
  const now = startTicksOf(pid);
  return now !== '' && now === startTicks;
}

/** Field 22 of /proc/[pid]/stat (proc(5)); empty when there is no such process. */
function startTicksOf(pid: number): string {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

const INSTANCE = randomUUID();
const KEY_BYTES = 32;
const REPEAT_AFTER_MS = 15_000;
const LONGEST_LOGIN_MS = 60_000;
