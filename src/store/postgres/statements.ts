/** What several files of this room say to the server. */

/**
 * Held by whoever writes, until its transaction ends: so writers judge what they replace one after another, and a
 * record that must not be there cannot come up meanwhile. Readers do not wait for it. The number is arbitrary.
 */
export const LOCK_RECORDS = 'SELECT pg_advisory_xact_lock(5785921503401298)';

/**
 * Held by every connection that serves an engine: shared among engines, or alone by what must not run beside one,
 * until the connection ends. Arbitrary numbers too.
 */
export const SHARE_PLACE = 'SELECT pg_try_advisory_lock_shared(5785921503401299) AS taken';
export const TAKE_PLACE = 'SELECT pg_try_advisory_lock(5785921503401299) AS taken';

/** Where engines tell each other which records they have changed. */
export const CHANNEL = 'portcullis_records';
