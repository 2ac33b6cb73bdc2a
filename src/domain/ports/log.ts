/** Structured fields of a log line. Never plaintext, key material, PINs or secrets. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The log. `event` is a short stable name such as `request` or `token.ready`. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}
