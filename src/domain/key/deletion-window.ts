/** How long a key waits before it is destroyed: kms-behaviour.md §1.1. */
import { KmsFault } from '../kms/kms-fault.ts';
import { DAY_MS } from './day.ts';
import type { KeyRecord } from './key-record.ts';

type Deletion = NonNullable<KeyRecord['deletion']>;

/** Fault: `ValidationException`; the model lets 1 to 365 pass. */
export function checkDeletionWindow(windowDays = DEFAULT_WINDOW_DAYS): void {
  if (windowDays >= MIN_WINDOW_DAYS && windowDays <= MAX_WINDOW_DAYS) return;
  throw new KmsFault(
    'ValidationException',
    `PendingWindowInDays must be between ${MIN_WINDOW_DAYS} and ${MAX_WINDOW_DAYS}, and it is ${windowDays}.`,
  );
}

/** When the key goes that is asked to be deleted now. */
export function planDeletion(nowMs: number, windowDays = DEFAULT_WINDOW_DAYS): Deletion {
  return { atMs: nowMs + windowDays * DAY_MS, windowDays };
}

const DEFAULT_WINDOW_DAYS = 30;
const MIN_WINDOW_DAYS = 7;
const MAX_WINDOW_DAYS = 30;
