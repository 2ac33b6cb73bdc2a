/** How long a key waits before it is destroyed: kms-behaviour.md §1.1. */
import { KmsFault } from '../kms/kms-fault.ts';
import { DAY_MS } from './day.ts';
import type { KeyRecord } from './key-record.ts';

type Deletion = NonNullable<KeyRecord['deletion']>;

/** When the key goes that is asked to be deleted now. Fault: `ValidationException`; the model lets 1 to 365 pass. */
export function planDeletion(nowMs: number, windowDays = DEFAULT_WINDOW_DAYS): Deletion {
  if (windowDays < MIN_WINDOW_DAYS || windowDays > MAX_WINDOW_DAYS) {
    throw new KmsFault(
      'ValidationException',
      `PendingWindowInDays must be between ${MIN_WINDOW_DAYS} and ${MAX_WINDOW_DAYS}, and it is ${windowDays}.`,
    );
  }
  return { atMs: nowMs + windowDays * DAY_MS, windowDays };
}

const DEFAULT_WINDOW_DAYS = 30;
const MIN_WINDOW_DAYS = 7;
const MAX_WINDOW_DAYS = 30;
