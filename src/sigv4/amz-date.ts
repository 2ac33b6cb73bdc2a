/**
 * The X-Amz-Date header (AWS SigV4, "Elements of a request signature"): `YYYYMMDD'T'HHMMSS'Z'`, UTC, to the second.
 * Its text is signed, so it is read strictly and passed on as it arrived.
 */
import { SigV4Fault } from './sigv4-fault.ts';

export interface AmzDate {
  readonly text: string;
  /** The UTC day, `YYYYMMDD`, that the credential scope must name. */
  readonly day: string;
  readonly epochMs: number;
}

/**
 * Reads the one X-Amz-Date a request may carry.
 * @req X-64
 */
export function parseAmzDate(values: readonly string[] | undefined): AmzDate {
  const text = values?.[0];
  if (values === undefined || text === undefined) {
    throw new SigV4Fault('missing-date', 'The X-Amz-Date header is absent; send it and sign it.');
  }
  if (values.length > 1) {
    throw new SigV4Fault('malformed-date', 'The X-Amz-Date header is repeated; send it once.');
  }
  if (text === last?.text) return last;
  const epochMs = FORM.test(text) ? utcMs(text) : Number.NaN;
  if (Number.isNaN(epochMs)) {
    throw new SigV4Fault(
      'malformed-date',
      'The X-Amz-Date header is not a UTC date and time of the form YYYYMMDDTHHMMSSZ.',
    );
  }
  last = { text, day: text.slice(0, 8), epochMs };
  return last;
}

/** The requests of one second all bear the same. */
let last: AmzDate | undefined;

/**
 * Refuses a date further from `nowMs` than `maxSkewMs`, which itself is still accepted.
 * @req X-64
 */
export function checkSkew(date: AmzDate, nowMs: number, maxSkewMs: number): void {
  const skewMs = date.epochMs - nowMs;
  const limit = `more than ${maxSkewMs / 1000} s`;
  if (skewMs < -maxSkewMs) {
    throw new SigV4Fault('skew-past', `X-Amz-Date is ${limit} in the past; check the sender's clock.`);
  }
  if (skewMs > maxSkewMs) {
    throw new SigV4Fault('skew-future', `X-Amz-Date is ${limit} in the future; check the sender's clock.`);
  }
}

/** NaN where the calendar has no such second: Date rolls 30 February over, and years below 100 into another century. */
function utcMs(text: string): number {
  const field = (start: number, end: number): number => Number(text.slice(start, end));
  const [year, month, day] = [field(0, 4), field(4, 6) - 1, field(6, 8)];
  const date = new Date(Date.UTC(year, month, day, field(9, 11), field(11, 13), field(13, 15)));
  return date.getUTCDate() === day && date.getUTCFullYear() === year ? date.getTime() : Number.NaN;
}

/** With the ranges of all parts but the length of the month. */
const FORM = /^\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3])[0-5]\d[0-5]\dZ$/;
