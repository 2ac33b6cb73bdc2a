/** What the store asks of its worker thread. Answers come in the order of the questions. */
import type { RecordKind } from '../domain/ports/record-store.ts';

export interface Row {
  readonly scope: string;
  readonly id: string;
  readonly revision: number;
  /** The body as JSON. */
  readonly text: string;
}

/** Every question that changes nothing, with its answer. */
export interface Reads {
  readonly get: { asks: { kind: RecordKind; scope: string; id: string }; answer: Row | undefined };
  readonly list: {
    asks: { kind: RecordKind; scope: string; after?: string; limit: number; owner?: string };
    answer: Row[];
  };
  readonly count: { asks: { kind: RecordKind; scope: string; owner?: string }; answer: number };
  readonly due: { asks: { kind: RecordKind; untilMs: number; limit: number }; answer: Row[] };
  readonly nextDueMs: { asks: { kind: RecordKind }; answer: number | undefined };
  readonly scopes: { asks: { kind: RecordKind }; answer: string[] };
}

export type ReadName = keyof Reads;

export type ReadCall = {
  readonly [N in ReadName]: { readonly read: N; readonly asks: Reads[N]['asks'] };
}[ReadName];

/** A change with its body as text. */
export interface TextChange {
  readonly do: 'put' | 'delete' | 'check';
  readonly kind: RecordKind;
  readonly scope: string;
  readonly id: string;
  readonly expect: number;
  /** Of a `put`, as what follows. */
  readonly text?: string;
  readonly owner?: string;
  readonly dueMs?: number;
}

export interface LazyWrite {
  readonly kind: RecordKind;
  readonly scope: string;
  readonly id: string;
  readonly text: string;
}

/** One transaction: what is lazy first, then each commit on its own merits, in order. */
export interface WriteBatch {
  readonly lazy: readonly LazyWrite[];
  readonly commits: readonly (readonly TextChange[])[];
}

export type WorkerRequest =
  | { readonly do: 'reads'; readonly calls: readonly ReadCall[] }
  | { readonly do: 'write'; readonly batch: WriteBatch }
  | { readonly do: 'reset' }
  | { readonly do: 'close' };

/** To `write`: for each commit what it conflicts with, or undefined when it is durable. */
export type Verdicts = readonly (string | undefined)[];

export type WorkerAnswer =
  | { readonly answer: unknown }
  /** Nothing of the request has happened. */
  | { readonly failure: string; readonly cause?: unknown };

export interface WorkerSettings {
  readonly file: string;
}
