/**
 * The log port over winston: one JSON object a line, on a stream. What callers hand over goes through
 * `printable`, which never lets bytes or secrets out.
 *
 * Lines of one turn of the event loop leave in one write: a write for each would cost a busy proxy more time than
 * all of its checks. Warnings and errors do not wait, and neither does anything when the process ends.
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
  const timeText = timeTexts();
  const turn = new Turn((lines) => logger.log({ level: 'error', message: lines }));
  const write = (level: LogLevel, event: string, fields: LogFields = {}) => {
    if (LEVELS[level] > LEVELS[options.level]) return;
    turn.add(lineOf(timeText(nowMs()), level, event, fields));
    if (LEVELS[level] <= LEVELS.warn) turn.end();
  };
  return {
    debug: (event, fields) => write('debug', event, fields),
    info: (event, fields) => write('info', event, fields),
    warn: (event, fields) => write('warn', event, fields),
    error: (event, fields) => write('error', event, fields),
  };
}

/** The lines of one turn of the event loop. */
class Turn {
  readonly #write: (lines: string) => void;
  #lines = '';
  readonly #end = (): void => this.end();

  constructor(write: (lines: string) => void) {
    this.#write = write;
  }

  add(line: string): void {
    if (this.#lines === '') {
      this.#lines = line;
      setImmediate(this.#end);
      process.once('exit', this.#end);
    } else {
      this.#lines += `\n${line}`;
    }
    if (this.#lines.length >= MAX_PENDING_CHARS) this.end();
  }

  end(): void {
    if (this.#lines === '') return;
    const lines = this.#lines;
    this.#lines = '';
    process.off('exit', this.#end);
    this.#write(lines);
  }
}

/** The line's own three fields come first, and win over a caller's of the same name. */
function lineOf(time: string, level: LogLevel, event: string, fields: LogFields): string {
  const own = `{"time":"${time}","level":"${level}","event":${JSON.stringify(event)}`;
  const rest = JSON.stringify(printable(OWN_NAMES.some((name) => name in fields) ? others(fields) : fields));
  const text = rest === '{}' ? `${own}}` : `${own},${rest.slice(1)}`;
  return LINE_BREAKERS.test(text) ? text.replace(LINE_BREAKERS_ALL, escaped) : text;
}

function others(fields: LogFields): LogFields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !OWN_NAMES.includes(name)));
}

/** A busy proxy writes many lines in one millisecond. */
function timeTexts(): (nowMs: number) => string {
  let lastMs = Number.NaN;
  let lastText = '';
  return (nowMs) => {
    if (nowMs !== lastMs) {
      lastText = new Date(nowMs).toISOString();
      lastMs = nowMs;
    }
    return lastText;
  };
}

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function ignore(): void {}

const OWN_NAMES: readonly string[] = ['time', 'level', 'event'];

const LEVELS: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 };

/** JSON leaves these alone, but terminals and log collectors may break lines at them or obey them. */
const LINE_BREAKERS = /[\u007f-\u009f\u2028\u2029]/;
const LINE_BREAKERS_ALL = new RegExp(LINE_BREAKERS, 'g');

/** A turn that logs more than this writes in between. */
const MAX_PENDING_CHARS = 65_536;
