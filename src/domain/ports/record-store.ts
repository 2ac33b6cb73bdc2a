/**
 * Where the KMS engine keeps what it must not forget. Records are documents with a revision; a commit is a list of
 * changes with what each expects, all of them or none. So the same port fits memory, SQLite and PostgreSQL, and two
 * writers of one record have one winner.
 */
import type { AliasRecord, KeyRecord } from '../key/key-record.ts';
import type { KeyLastUsageTrackingOperation } from '../kms/api/enums.ts';
import type { EventBridgeEvent } from '../kms/event-bridge-event.ts';

/** What each kind of record holds. Later kinds (grants, key stores) need no new tables. */
export interface RecordBodies {
  readonly key: KeyRecord;
  readonly alias: AliasRecord;
  /** An object that is about to be made on a token, so that a crash leaves no orphan that nobody knows. */
  readonly intent: IntentRecord;
  /** Generations of the domain's keys; one record. */
  readonly domain: DomainRecord;
  /** Last use of a key: written lazily, so the last seconds before a crash may be missing. */
  readonly usage: UsageRecord;
  /** What one receiver of events has not taken yet; its owner is the receiver's name. */
  readonly event: EventRecord;
  /** Single values, such as the clock's offset. */
  readonly setting: Readonly<Record<string, unknown>>;
}

export type RecordKind = keyof RecordBodies;

/** Kinds whose last seconds may be lost in a crash. */
export type LazyKind = 'usage';

export interface RecordAddress {
  /** `account/region` for what belongs to a customer, `` for what belongs to the engine. */
  readonly scope: string;
  /** Unique within kind and scope; lists are in the order of its UTF-8 bytes. */
  readonly id: string;
}

export interface StoredRecord<K extends RecordKind> extends RecordAddress {
  readonly kind: K;
  /** 1 for a new record, one more with each change. */
  readonly revision: number;
  readonly body: RecordBodies[K];
}

/** What a record can be found by, beside its address. */
export interface RecordIndex {
  /** For lists of what belongs to something: an alias has its key's id here. */
  readonly owner?: string;
  /** When the scheduler has to look at it, milliseconds since 1970; absent: never. */
  readonly dueMs?: number;
}

export type RecordChange =
  | {
      readonly [K in RecordKind]: {
        readonly do: 'put';
        readonly kind: K;
        readonly address: RecordAddress;
        readonly body: RecordBodies[K];
        readonly index?: RecordIndex;
        /** The revision that is replaced; 0: there must be none. */
        readonly expect: number;
      };
    }[RecordKind]
  | {
      readonly do: 'delete' | 'check';
      readonly kind: RecordKind;
      readonly address: RecordAddress;
      readonly expect: number;
    };

/** Somebody else changed a record in between: read again, decide again. */
export class StoreConflict extends Error {
  override readonly name = 'StoreConflict';
}

/** The store cannot do its work; `cause` says why. Nothing of the commit has happened, or it is unknown. */
export class StoreFailure extends Error {
  override readonly name = 'StoreFailure';
}

export interface ListOptions {
  /** Only records whose id comes after this one. */
  readonly after?: string;
  readonly limit: number;
  /** Only records with this owner. */
  readonly owner?: string;
}

export interface RecordStore extends AsyncDisposable {
  /**
   * The record, from memory where it is known there. Callers share the object: it is frozen. What is committed is
   * copied as JSON, so members that are undefined are left out.
   */
  get<K extends RecordKind>(kind: K, address: RecordAddress): Promise<StoredRecord<K> | undefined>;
  /**
   * The same when memory knows the answer, without a turn of the event loop; `unknown` when `get` has to be asked.
   * For the hot path.
   */
  peek<K extends RecordKind>(kind: K, address: RecordAddress): StoredRecord<K> | undefined | 'unknown';
  list<K extends RecordKind>(kind: K, scope: string, options: ListOptions): Promise<StoredRecord<K>[]>;
  count(kind: RecordKind, scope: string, owner?: string): Promise<number>;
  /** Records of all scopes that are due at `untilMs`, the longest overdue first. */
  due<K extends RecordKind>(kind: K, untilMs: number, limit: number): Promise<StoredRecord<K>[]>;
  /** When the next record of this kind is due; undefined when none ever is. */
  nextDueMs(kind: RecordKind): Promise<number | undefined>;
  /** Every scope that has records of this kind. */
  scopes(kind: RecordKind): Promise<string[]>;
  /**
   * All of the changes or none; durable once it resolves, and seen by `get` and `list` from then on. Names each
   * record once. Rejects with {@link StoreConflict} or {@link StoreFailure}.
   */
  commit(changes: readonly RecordChange[]): Promise<void>;
  /**
   * Replaces a body, or makes the record, without waiting: seen by `get` and `list` at once, durable some seconds
   * later or when the store is disposed of. The revision of an existing record stays, so that nobody conflicts with it.
   */
  later<K extends LazyKind>(kind: K, address: RecordAddress, body: RecordBodies[K]): void;
  /** Removes every record: for tests and labs. */
  reset(): Promise<void>;
}

export interface IntentRecord {
  readonly kind: 'domain-keys';
  /** Label of the objects on the token. */
  readonly label: string;
  readonly token: string;
  readonly sinceMs: number;
}

export interface DomainRecord {
  /** 32 hex digits, in the labels of the domain's keys. */
  readonly domainId: string;
  /** The one that wraps. */
  readonly current: number;
  readonly generations: readonly DomainGeneration[];
}

export interface DomainGeneration {
  readonly number: number;
  /** Name of the configured token, and the label that its three keys share. */
  readonly token: string;
  readonly label: string;
  readonly createdMs: number;
  /** Whether copies exist outside of the token. */
  readonly copies: 'none' | { readonly shares: number; readonly threshold: number };
  /** From when on no exported key token needs it any more; absent while some may. */
  readonly retiredMs?: number;
  /** Since when its keys are gone from the token. Its number is not used again. */
  readonly destroyedMs?: number;
}

export interface UsageRecord {
  readonly operation: KeyLastUsageTrackingOperation;
  readonly atMs: number;
  readonly requestId: string;
}

export interface EventRecord {
  readonly event: EventBridgeEvent;
  /** Where several engines share the store: until when, in milliseconds since 1970, one of them is at it. */
  readonly claimedUntilMs?: number;
}
