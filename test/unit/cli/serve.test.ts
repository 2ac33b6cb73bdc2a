import { afterEach, describe, expect, it } from 'vitest';
import { CliFault } from '../../../src/cli/cli-fault.ts';
import { describeFailure } from '../../../src/cli/describe-failure.ts';
import { serveUntilSignal } from '../../../src/cli/serve.ts';
import type { Running } from '../../../src/main.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const kept = new Map(SIGNALS.map((signal) => [signal, process.listeners(signal)]));
const events: string[] = [];
const log = { debug: () => {}, info: (event: string) => events.push(event), warn: () => {}, error: () => {} };

function running(): Running {
  const drain = async (): Promise<void> => {
    events.push('drain');
  };
  return {
    addresses: { proxy: 'http://127.0.0.1:1' },
    readiness: () => ({ ready: true, reasons: [] }),
    reload: () => undefined,
    reloadRefused: () => undefined,
    drain,
    [Symbol.asyncDispose]: async () => {
      events.push('dispose');
    },
  };
}

afterEach(() => {
  events.length = 0;
});

describe('serveUntilSignal', () => {
  it('drains once, however often the signal comes', async () => {
    await serveUntilSignal({
      log,
      start: async () => running(),
      onStarted: async () => {
        process.emit('SIGINT');
        process.emit('SIGINT');
        process.emit('SIGTERM');
      },
    });

    expect(events).toStrictEqual(['signal', 'drain', 'dispose']);
  });

  it('drains without a word of success when the signal came while it started', async () => {
    await serveUntilSignal({
      log,
      start: async () => {
        process.emit('SIGTERM');
        return running();
      },
      onStarted: async () => {
        events.push('started');
      },
    });

    expect(events).toStrictEqual(['drain', 'dispose']);
  });

  it('takes what started down again when the announcement fails', async () => {
    const served = serveUntilSignal({
      log,
      start: async () => running(),
      onStarted: () => Promise.reject(new CliFault('not-ready', 'no token')),
    });

    await expect(served).rejects.toThrow('no token');
    expect(events).toStrictEqual(['dispose']);
  });

  it('leaves no signal handler behind', async () => {
    await serveUntilSignal({
      log,
      start: async () => running(),
      onStarted: async () => void process.emit('SIGINT'),
    });

    expect(SIGNALS.map((signal) => process.listenerCount(signal))).toStrictEqual(
      SIGNALS.map((signal) => kept.get(signal)?.length),
    );
  });
});

describe('describeFailure', () => {
  it('shows a fault by its message, and anything else by its stack', () => {
    expect(describeFailure(new CliFault('usage', 'no such port'))).toBe('no such port');
    expect(describeFailure(new TypeError('oops'))).toMatch(/^TypeError: oops\n +at /);
    expect(describeFailure('text')).toBe('text');
  });
});
