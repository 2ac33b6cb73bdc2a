/** One run of chaos: a proxy under load, a fault that strikes again and again, and an account of what it cost. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { ChaosProxy } from './chaos-proxy.ts';
import { Pinger } from './load-pinger.ts';
import { SignedLoad } from './load-signed.ts';

export interface ChaosPlan {
  readonly fault: string;
  /** Causes the fault, holds it as long as it is to last, and takes the cause away. */
  readonly strike: (proxy: ChaosProxy, number: number) => Promise<void>;
  /** From one recovery to the next strike; a token host that lived for 5 s counts as sound again. */
  readonly restMs: number;
  /** False: the service is not coming back by itself. */
  readonly heals?: boolean;
}

export interface ChaosAccount {
  readonly fault: string;
  readonly seed: number;
  readonly strikes: number;
  readonly sent: number;
  readonly ok: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly wrong: readonly string[];
  readonly hostPids: readonly number[];
  readonly maxReplyMs: number;
  /** The longest time from the end of a cause to a request served. */
  readonly recoveryMs: number;
  readonly pings: number;
  readonly pingFailures: readonly string[];
  readonly livezFailures: readonly string[];
  /** How the proxy ended; empty. */
  readonly died: string;
}

/** Strikes at least once, and until {@link CHAOS_SECONDS} are over. Prints the account. */
export async function runChaos(proxy: ChaosProxy, plan: ChaosPlan): Promise<ChaosAccount> {
  const { authority, keyValue, addresses } = proxy;
  const load = new SignedLoad({ authority, keyValue, seed: CHAOS_SEED });
  const ping = new Pinger(`${addresses.proxy}/ping`, 20);
  const livez = new Pinger(`${addresses.metrics}/livez`, 50);
  let blows: Blows;
  try {
    blows = await strikeUntilOver(proxy, plan, load);
    await load.stop({ verifyKept: plan.heals ?? true });
  } finally {
    await Promise.all([load.stop({ verifyKept: false }), ping.stop(), livez.stop()]);
  }
  const account: ChaosAccount = {
    fault: plan.fault,
    seed: CHAOS_SEED,
    strikes: blows.strikes,
    sent: load.sent,
    ok: load.ok,
    errors: Object.fromEntries(load.errors),
    wrong: load.wrong.slice(0, 10),
    hostPids: proxy.hostPidsSeen,
    maxReplyMs: Math.round(load.maxReplyMs),
    recoveryMs: Math.round(blows.recoveryMs),
    pings: ping.sent,
    pingFailures: ping.failures,
    livezFailures: livez.failures,
    died: proxy.died,
  };
  console.log(`chaos: ${JSON.stringify({ ...account, maxPingMs: Math.round(ping.maxReplyMs) })}`);
  return account;
}

interface Blows {
  readonly strikes: number;
  readonly recoveryMs: number;
}

async function strikeUntilOver(proxy: ChaosProxy, plan: ChaosPlan, load: SignedLoad): Promise<Blows> {
  const heals = plan.heals ?? true;
  const endMs = performance.now() + CHAOS_SECONDS * 1000;
  await sleep(CALM_MS);
  // What does not come back by itself has to have been served before.
  if (!heals) await load.served(MIN_SERVED, 20_000);
  let strikes = 0;
  let recoveryMs = 0;
  for (let over = false; !over; ) {
    await plan.strike(proxy, strikes);
    strikes += 1;
    if (heals) recoveryMs = Math.max(recoveryMs, await load.servedAgain());
    over = performance.now() + plan.restMs >= endMs;
    await sleep(Math.max(0, Math.min(plan.restMs, endMs - performance.now())));
  }
  // On a busy machine the count takes longer; it is never made smaller.
  if (heals) await load.served(MIN_SERVED, 20_000);
  return { strikes, recoveryMs };
}

/** What holds after every fault that heals, in the form of `expect(account).toMatchObject(...)`. */
export const UNHARMED = {
  wrong: [],
  pingFailures: [],
  livezFailures: [],
  died: '',
} as const;

/** Right answers that a run needs before it says anything. */
const MIN_SERVED = 1_000;

/** The service was there, answered in time, and came back. AWS KMS waits 250 ms; the slack is the machine's. */
export function expectService({ ok, maxReplyMs, recoveryMs }: ChaosAccount): void {
  expect(ok).toBeGreaterThanOrEqual(MIN_SERVED);
  expect(maxReplyMs).toBeLessThanOrEqual(1_000);
  expect(recoveryMs).toBeLessThanOrEqual(5_000);
}

/** Names of errors that no fault of this run explains. */
export function unexplained(account: ChaosAccount, explained: readonly string[]): string[] {
  return Object.keys(account.errors).filter((name) => !explained.includes(name));
}

export const CHAOS_SECONDS = Number(process.env['CHAOS_SECONDS'] ?? 3);
export const CHAOS_SEED = Number(process.env['CHAOS_SEED'] ?? Date.now() % 2 ** 31);
const CALM_MS = 1_000;
