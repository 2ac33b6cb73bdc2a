/** Time, so that a test or a lab can move it. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z; may jump. For signatures, logs and certificates. */
  nowMs(): number;
  /** Milliseconds since an arbitrary point; never jumps. For deadlines and durations. */
  monotonicMs(): number;
}
