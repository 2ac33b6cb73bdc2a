import type { CallTrace } from '../../domain/ports/hsm.ts';
import type { OperationName } from '../wire/operations.ts';

/** One request to a token host, from its caller to its answer. */
export interface Call {
  readonly operation: OperationName;
  readonly tenant: number;
  readonly body: Uint8Array;
  /** Monotonic; the caller hears `timeout` then. */
  readonly deadlineMs: number;
  readonly enqueuedMs: number;
  readonly trace: CallTrace | undefined;
  readonly resolve: (body: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

/** What a caller may say about a request. */
export interface CallOptions {
  readonly tenant?: number;
  readonly deadlineMs?: number;
  readonly trace?: CallTrace;
}
