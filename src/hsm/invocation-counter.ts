/**
 * Counts encryptions under native GCM keys. With random 96-bit IVs one key serves 2^32 messages at most (SP
 * 800-38D, section 8.3), shared among all proxies that use it; each proxy has a share and counts its own.
 *
 * Counts are leased in blocks that are written down before they are used, so a crash can only make the
 * count too high. Health keys are not counted: 8 640 encryptions a day take 1 300 years.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { HsmFault } from '../domain/hsm-fault.ts';
import type { KeyDescription, TokenKey } from '../domain/ports/hsm.ts';
import type { Log } from '../domain/ports/log.ts';
import type { Meter } from '../domain/ports/meter.ts';
import { replaceDurably } from './supervisor/durable-file.ts';

export interface InvocationBound {
  /** This proxy's part of 2^32, above 0 up to 1. */
  readonly fleetShare: number;
  /** Refuse to encrypt above the limit; otherwise only say so. */
  readonly refuse: boolean;
}

export interface InvocationCounterOptions {
  /** Exists, mode 0700. */
  readonly stateDir: string;
  readonly bound: InvocationBound;
  readonly log: Log;
  readonly meter: Meter;
}

/** Encryptions written down at a time; one durable write of some milliseconds for each block. */
export const LEASE_BLOCK = 2 ** 20;

export class InvocationCounter {
  readonly #options: InvocationCounterOptions;
  readonly #directory: string;
  readonly #limit: number;
  readonly #byIdentity = new Map<string, Ledger>();
  readonly #byDescription = new WeakMap<KeyDescription, Ledger>();

  constructor(options: InvocationCounterOptions) {
    this.#options = options;
    this.#directory = path.join(options.stateDir, 'invocations');
    this.#limit = Math.floor(MAX_INVOCATIONS * options.bound.fleetShare);
    fs.mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
  }

  /** Counts one encryption that is about to be made. Fault `usage` above the limit, where refusal is configured. */
  count(key: TokenKey, description: KeyDescription): void {
    const ledger = this.#byDescription.get(description) ?? this.#open(key, description);
    if (this.#options.bound.refuse && ledger.used >= this.#limit) {
      throw new HsmFault(
        'usage',
        `the key has made its ${this.#limit} encryptions; see docs/invocations.md for the ways out`,
      );
    }
    ledger.used += 1;
    if (ledger.used > ledger.leasedTo) this.#lease(ledger);
    if (ledger.used % REPORT_EVERY === 1) this.#report(ledger);
  }

  /** Gives back what was leased and not used. Call it when nothing encrypts any more. */
  close(): void {
    for (const ledger of this.#byIdentity.values()) this.#write(ledger, ledger.used);
  }

  #open(key: TokenKey, description: KeyDescription): Ledger {
    const { tokenSerial, label, idHex, kcvHex = '' } = description;
    const identity = { tokenSerial, label, idHex, kcvHex };
    const name = createHash('sha256')
      .update(JSON.stringify(Object.values(identity)))
      .digest('hex')
      .slice(0, 32);
    let ledger = this.#byIdentity.get(name);
    if (ledger === undefined) {
      const file = path.join(this.#directory, `${name}.json`);
      const used = this.#read(file, identity);
      ledger = { file, identity, token: key.token, used, leasedTo: used, alarm: 0 };
      this.#byIdentity.set(name, ledger);
    }
    this.#byDescription.set(description, ledger);
    return ledger;
  }

  #lease(ledger: Ledger): void {
    const leasedTo = ledger.used - 1 + LEASE_BLOCK;
    // A count that cannot be written down is no reason to stop serving: it is tried again soon.
    ledger.leasedTo = this.#write(ledger, leasedTo) ? leasedTo : ledger.used - 1 + RETRY_BLOCK;
    this.#report(ledger);
  }

  #report(ledger: Ledger): void {
    const { log, meter } = this.#options;
    const key = { token: ledger.token, ...ledger.identity };
    meter.keyInvocations({
      token: ledger.token,
      key: ledger.identity.label || ledger.identity.idHex,
      used: ledger.used,
      limit: this.#limit,
    });
    const alarm = ledger.used >= this.#limit ? 2 : ledger.used >= this.#limit / 2 ? 1 : 0;
    if (alarm <= ledger.alarm) return;
    ledger.alarm = alarm;
    const fields = { ...key, used: ledger.used, limit: this.#limit };
    if (alarm === 2) log.error('key.invocations-exhausted', fields);
    else log.warn('key.invocations-half', fields);
  }

  #write(ledger: Ledger, count: number): boolean {
    try {
      replaceDurably(ledger.file, JSON.stringify({ count, ...ledger.identity }));
      return true;
    } catch (error) {
      this.#options.log.error('key.invocations-unwritten', { file: ledger.file, error });
      return false;
    }
  }

  /** A count that can no longer be read is taken for half of the limit: enough to raise the alarm. */
  #read(file: string, identity: KeyIdentity): number {
    let text: string;
    try {
      text = fs.readFileSync(file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
      return this.#lost(file, identity);
    }
    try {
      const { count } = JSON.parse(text) as { count: unknown };
      if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return count;
    } catch {
      // Not JSON: lost, as below.
    }
    return this.#lost(file, identity);
  }

  #lost(file: string, identity: KeyIdentity): number {
    this.#options.log.error('key.invocations-lost', { file, ...identity });
    return Math.ceil(this.#limit / 2);
  }
}

interface KeyIdentity {
  readonly tokenSerial: string;
  readonly label: string;
  readonly idHex: string;
  readonly kcvHex: string;
}

interface Ledger {
  readonly file: string;
  readonly identity: KeyIdentity;
  readonly token: string;
  used: number;
  leasedTo: number;
  /** 0, 1 after the alarm at half, 2 after the one at the limit. */
  alarm: 0 | 1 | 2;
}

const MAX_INVOCATIONS = 2 ** 32;
const REPORT_EVERY = 1024;
const RETRY_BLOCK = 2 ** 12;
