/** Kills an engine at random moments of its work and of its start, starts it again, and holds it to its word. */
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../running-proxy.ts';
import { SeededRandom } from '../seeded-random.ts';
import type { StartedProcess } from '../started-process.ts';
import { audit, enableAll, makeSharedKey } from './audit.ts';
import { CrashClient } from './crash-client.ts';
import { type CallKms, kmsCaller } from './kms-call.ts';
import { endpointOf, type KmsStand } from './kms-stand.ts';
import { Ledger } from './ledger.ts';

export interface CrashAccount {
  readonly seed: number;
  readonly kills: number;
  /** Kills that left a request without an answer. */
  readonly killsThatCut: number;
  readonly killsAtStart: number;
  /** Processes of a killed engine that were still there. */
  readonly survivors: readonly string[];
  readonly acknowledged: Ledger['acknowledged'];
  readonly unanswered: Ledger['unanswered'];
  readonly doubts: Ledger['doubts'];
  readonly keys: number;
  readonly aliases: number;
  readonly rotations: number;
  readonly ciphertexts: number;
  readonly wrong: readonly string[];
}

export interface CrashPlan {
  readonly count: number;
  readonly seed: number;
}

/** Prints the account too. The engine has ended when it resolves. */
export async function runCrashes(stand: KmsStand, plan: CrashPlan): Promise<CrashAccount> {
  const run = new CrashRun(stand, plan.seed);
  for (let round = 0; round < plan.count && run.ledger.wrong.length === 0; round += 1) await run.round();
  await run.last();
  const account = run.account();
  console.log(`kms crashes: ${JSON.stringify(account)}`);
  return account;
}

class CrashRun {
  readonly ledger = new Ledger();
  readonly #stand: KmsStand;
  readonly #seed: number;
  readonly #random: SeededRandom;
  readonly #survivors: string[] = [];
  readonly #counts = { kills: 0, killsThatCut: 0, killsAtStart: 0 };
  #clients: readonly CrashClient[] = [];
  #sharedKey = '';
  /** How many ciphertexts have been opened after the kill that followed them. */
  #opened = 0;

  constructor(stand: KmsStand, seed: number) {
    this.#stand = stand;
    this.#seed = seed;
    this.#random = new SeededRandom(seed);
  }

  /** Start, audit of what the last round left, load, kill. */
  async round(): Promise<void> {
    if (this.#random.chance(AT_START)) await this.#killAtStart();
    await using engine = this.#stand.spawn();
    using call = kmsCaller(await endpointOf(engine));
    if (this.#sharedKey === '') await this.#begin(call);
    await this.#audit(call);
    const before = this.#unanswered();
    const work = Promise.all(this.#clients.map((client) => client.work(call)));
    await this.#answers(this.#random.integer(MOST_ANSWERS));
    await sleep(this.#random.next() * BETWEEN_ANSWERS_MS);
    await this.#kill(engine);
    await work;
    this.#counts.kills += 1;
    if (this.#unanswered() > before) this.#counts.killsThatCut += 1;
  }

  /** Looks at everything, with every key enabled. */
  async last(): Promise<void> {
    await using engine = this.#stand.spawn();
    using call = kmsCaller(await endpointOf(engine));
    await this.#audit(call);
    await enableAll(this.ledger, call);
    const { keys, sealed } = this.ledger;
    await audit(this.ledger, call, { sharedKey: this.#sharedKey, keys: keys.keys(), sealed });
  }

  account(): CrashAccount {
    const { keys, aliases, sealed, wrong, acknowledged, unanswered, doubts } = this.ledger;
    return {
      seed: this.#seed,
      ...this.#counts,
      survivors: this.#survivors,
      acknowledged,
      unanswered,
      doubts,
      keys: keys.size,
      aliases: [...aliases.values()].filter(({ is }) => is !== '').length,
      rotations: [...keys.values()].reduce((sum, { is }) => sum + is.rotations, 0),
      ciphertexts: sealed.length,
      wrong: wrong.slice(0, 10),
    };
  }

  async #begin(call: CallKms): Promise<void> {
    this.#sharedKey = await makeSharedKey(call);
    this.#clients = Array.from(
      { length: CLIENTS },
      (_, number) =>
        new CrashClient(`c${number}`, new SeededRandom(this.#seed + number), this.ledger, this.#sharedKey),
    );
  }

  /** What is new since the last audit, and some of what is older. */
  async #audit(call: CallKms): Promise<void> {
    const { touched, sealed } = this.ledger;
    const older = Array.from({ length: OLDER }, () => sealed[this.#random.integer(this.#opened)]);
    const looked = [...sealed.slice(this.#opened), ...older.filter((each) => each !== undefined)];
    this.#opened = sealed.length;
    await audit(this.ledger, call, { sharedKey: this.#sharedKey, keys: [...touched], sealed: looked });
  }

  /** So many more, or as many as a busy machine gives: a moment of the work, however fast it goes. */
  async #answers(count: number): Promise<void> {
    const { acknowledged } = this.ledger;
    const answered = (): number => acknowledged.changes + acknowledged.others;
    const until = answered() + count;
    const endMs = performance.now() + PATIENCE_MS;
    while (answered() < until && performance.now() < endMs) await sleep(1);
  }

  async #killAtStart(): Promise<void> {
    await using engine = this.#stand.spawn();
    await sleep(this.#random.next() * START_MS);
    await this.#kill(engine);
    this.#counts.killsAtStart += 1;
  }

  async #kill(engine: StartedProcess): Promise<void> {
    engine.signalGroup('SIGKILL');
    const how = await engine.exited;
    if (how !== 'SIGKILL') throw new Error(`the engine was not killed (${how}):\n${engine.output}`);
    await until(() => engine.survivors().length === 0).catch(() =>
      this.#survivors.push(...engine.survivors()),
    );
  }

  #unanswered(): number {
    return this.ledger.unanswered.changes + this.ledger.unanswered.others;
  }
}

const CLIENTS = 8;
const AT_START = 0.2;
/** Longer than a start takes, so that some of these kills come when it is over. */
const START_MS = 900;
const MOST_ANSWERS = 300;
const BETWEEN_ANSWERS_MS = 10;
const PATIENCE_MS = 1_000;
const OLDER = 50;
