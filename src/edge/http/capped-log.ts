/** Warnings that anybody can cause by knocking: as many a second as tell what goes on, and a count of the rest. */
import type { Log, LogFields } from '../../domain/ports/log.ts';

export interface CappedLog {
  /** Writes the line, or counts it; once a second a `log.suppressed` line says how many were counted. */
  write(level: 'info' | 'warn', event: string, fields: LogFields): void;
}

/** One for each listener, so that one cannot silence another. */
export function cappedLog(log: Log, listener: string): CappedLog {
  let written = 0;
  let suppressed = 0;
  const endSecond = (): void => {
    if (suppressed > 0) log.warn('log.suppressed', { listener, lines: suppressed });
    written = 0;
    suppressed = 0;
  };
  return {
    write: (level, event, fields) => {
      if (written === 0) setTimeout(endSecond, SECOND_MS).unref();
      if (written >= LINES_A_SECOND) {
        suppressed += 1;
        return;
      }
      written += 1;
      log[level](event, fields);
    },
  };
}

const LINES_A_SECOND = 10;
const SECOND_MS = 1_000;
