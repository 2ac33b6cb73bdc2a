/** Runs a Portcullis from its start to the signal that ends it. */
import type { Log } from '../domain/ports/log.ts';
import type { Running } from '../main.ts';
import { reloadProblems } from './reload-problems.ts';

export interface ServeOptions {
  /** Gets what does the same as SIGHUP and says why it was refused, or nothing: for the control socket. */
  readonly start: (requestReload: () => readonly string[]) => Promise<Running>;
  readonly log: Log;
  /** Called once it listens; not called when a signal came first. */
  readonly onStarted?: (running: Running, stopping: AbortSignal) => Promise<void>;
  /** Called on SIGHUP. What it throws is reported; the old configuration stays in force. */
  readonly onReload?: (running: Running) => void;
}

/**
 * Resolves when everything has been drained after SIGINT or SIGTERM. A repeated signal changes nothing: a
 * Ctrl-C under npm arrives twice, once from the terminal and once from npm.
 */
export async function serveUntilSignal(options: ServeOptions): Promise<void> {
  const stopping = new AbortController();
  let current: Running | undefined;
  const stop = (signal: NodeJS.Signals): void => stopping.abort(signal);
  const reload = (): readonly string[] =>
    current === undefined ? ['it is starting or stopping'] : reloadGuarded(options, current);
  for (const signal of STOP_SIGNALS) process.on(signal, stop);
  process.on('SIGHUP', reload);
  try {
    await using running = await options.start(reload);
    current = running;
    if (!stopping.signal.aborted) {
      await options.onStarted?.(running, stopping.signal);
      await aborted(stopping.signal);
      options.log.info('signal', { signal: stopping.signal.reason });
    }
    current = undefined;
    await running.drain();
  } finally {
    for (const signal of STOP_SIGNALS) process.off(signal, stop);
    process.off('SIGHUP', reload);
  }
}

function reloadGuarded({ onReload }: ServeOptions, running: Running): readonly string[] {
  try {
    onReload?.(running);
    return [];
  } catch (error) {
    running.reloadRefused(error);
    return reloadProblems(error);
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
}

const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;
