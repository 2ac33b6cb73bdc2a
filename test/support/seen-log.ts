/** A log that keeps what it is told. */
import type { Log, LogFields } from '../../src/domain/ports/log.ts';

export class SeenLog implements Log {
  readonly lines: { readonly level: string; readonly event: string; readonly fields: LogFields }[] = [];

  readonly debug = this.#at('debug');
  readonly info = this.#at('info');
  readonly warn = this.#at('warn');
  readonly error = this.#at('error');

  /** The fields of every line of one event. */
  of(event: string): LogFields[] {
    return this.lines.filter((line) => line.event === event).map(({ fields }) => fields);
  }

  #at(level: string): (event: string, fields?: LogFields) => void {
    return (event, fields = {}) => this.lines.push({ level, event, fields });
  }
}
