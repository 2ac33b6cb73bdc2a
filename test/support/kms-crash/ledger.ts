/** What clients were told by an engine, and what they asked for without an answer: an account to hold it to. */

/** What is surely so, and what may be so instead, since somebody asked for it and was not answered. */
export interface Known<T> {
  is: T;
  mayBe?: T;
}

/** Everything about a key that a client changes, each change one request. */
export interface KeyFacts {
  readonly state: 'Enabled' | 'Disabled' | 'PendingDeletion';
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly rotations: number;
}

export interface Sealed {
  readonly keyId: string;
  readonly blob: string;
  /** Base64. */
  readonly plaintext: string;
  readonly context: Readonly<Record<string, string>>;
}

export class Ledger {
  readonly keys = new Map<string, Known<KeyFacts>>();
  /** Key id that an alias leads to; empty where there is no such alias. */
  readonly aliases = new Map<string, Known<string>>();
  /** Tags of the key that all clients tag, each its own. */
  readonly sharedTags = new Map<string, Known<string>>();
  /** Descriptions of keys that were asked for without an answer. */
  readonly making = new Set<string>();
  readonly sealed: Sealed[] = [];
  /** What has been asked for since the last audit. */
  readonly touched = new Set<string>();
  /** Answers to changes, and to everything else. */
  readonly acknowledged = { changes: 0, others: 0 };
  /** Requests that were never answered. */
  readonly unanswered = { changes: 0, others: 0 };
  /** Unanswered changes that had happened, and those that had not. */
  readonly doubts = { happened: 0, not: 0 };
  /** Whatever contradicts the account: there must be nothing. */
  readonly wrong: string[] = [];

  /** Compares what is there with what is known, and believes what is there from now on. */
  settle<T>(name: string, known: Known<T>, found: T): void {
    const same = (value: T | undefined): boolean => JSON.stringify(value) === JSON.stringify(found);
    if (known.mayBe !== undefined) this.doubts[same(known.mayBe) ? 'happened' : 'not'] += 1;
    if (!same(known.is) && !same(known.mayBe))
      this.wrong.push(`${name}: ${JSON.stringify(found)}, known: ${JSON.stringify(known)}`);
    known.is = found;
    delete known.mayBe;
  }
}

/** What a key is that has just been made with this description. */
export function newKeyFacts(description: string): KeyFacts {
  return { state: 'Enabled', description, tags: { made: description }, rotations: 0 };
}

export function keyRequest(description: string): Readonly<Record<string, unknown>> {
  return { Description: description, Tags: [{ TagKey: 'made', TagValue: description }] };
}
