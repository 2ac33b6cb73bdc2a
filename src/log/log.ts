/**
 * The log port over winston: one JSON object a line, on a stream. What callers hand over goes through
 * `printable`, which never lets bytes or secrets out.
 */
import { createLogger, format, transports } from 'winston';
import type { Log, LogFields } from '../domain/ports/log.ts';
import { printable } from './printable.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogOptions {
  /** Lines below it are dropped before they are formatted. */
  readonly level: LogLevel;
  /** Standard output unless told. */
  readonly stream?: NodeJS.WritableStream;
  /** Milliseconds since 1970 for the time stamps; the system's clock unless told. */
  readonly nowMs?: () => number;
}

export function createLog(options: LogOptions): Log {
  const stream = options.stream ?? process.stdout;
  const nowMs = options.nowMs ?? Date.now;
  // A reader that went away (`… | head`) must not take the process with it.
  if (stream.listenerCount('error') === 0) stream.on('error', ignore);
  const logger = createLogger({
    levels: LEVELS,
    level: options.level,
    format: format.printf((info) => info.message as string),
    transports: [new transports.Stream({ stream, eol: '\n' })],
  });
  const write = (level: LogLevel, event: string, fields: LogFields = {}) => {
    if (LEVELS[level] > LEVELS[options.level]) return;
    logger.log({ level, message: line(new Date(nowMs()), level, event, fields) });
  };
  return {
    debug: (event, fields) => write('debug', event, fields),
    info: (event, fields) => write('info', event, fields),
    warn: (event, fields) => write('warn', event, fields),
    error: (event, fields) => write('error', event, fields),
  };
}

function line(time: Date, level: LogLevel, event: string, fields: LogFields): string {
  const own = { time: time.toISOString(), level, event };
  // The line's own three fields win over a caller's of the same name.
  const text = JSON.stringify({ ...own, ...(printable(fields) as object), ...own });
  return text.replace(LINE_BREAKERS, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function ignore(): void {}

const LEVELS: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 };

/** JSON leaves these alone, but terminals and log collectors may break lines at them or obey them. */
const LINE_BREAKERS = /[\u007f-\u009f\u2028\u2029]/g;
