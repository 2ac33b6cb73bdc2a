/** What a store that remembers records asks for those that it does not: a worker with a file, or a database server. */
import type { StoreFailure } from '../domain/ports/record-store.ts';
import type { WorkerRequest } from './messages.ts';

/** Called in the turn in which the answer arrives, so that no answer overtakes another. */
export interface Reply {
  readonly done: (answer: never) => void;
  readonly failed: (failure: StoreFailure) => void;
}

export interface RecordSource {
  /** Rejects with a {@link StoreFailure}, and then nothing is tried again. */
  open(): Promise<void>;
  /** Answers come in the order of asking. What fails may or may not have happened. */
  ask(request: WorkerRequest, reply: Reply): void;
  /** After every answer that is still to come. */
  close(): Promise<void>;
}

/** What a source tells of records that memory may know. */
export interface SourceEvents {
  /** Somebody else changed these records, named as `recordKey` does. */
  changed(keys: readonly string[]): void;
  /** Any record may have changed. */
  allChanged(): void;
  /** Whether changes by others are told at present; while they are not, nothing is served from memory. */
  heard(hears: boolean): void;
}
