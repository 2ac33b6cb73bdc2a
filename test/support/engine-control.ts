/** A control socket in a folder of its own, with an engine behind it that answers as a test says. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createControlEndpoint, type EngineControl } from '../../src/edge/control/control-endpoint.ts';
import { DEFAULT_HTTP_LIMITS } from '../../src/edge/http/http-limits.ts';
import { listen } from '../../src/edge/http/listener.ts';

export interface ControlledEngine extends AsyncDisposable {
  readonly socket: string;
}

export async function listenForEngine(engine: Partial<EngineControl>): Promise<ControlledEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-control-'));
  const socket = join(folder, 's');
  const ignore = () => undefined;
  const listener = await listen({
    name: 'control',
    at: { socketPath: socket },
    limits: DEFAULT_HTTP_LIMITS,
    clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() },
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    handler: createControlEndpoint({
      status: () => ({}),
      reload: () => ({ generation: 1, problems: [] }),
      engine: {
        advanceClock: async () => ({ now: '', problems: [] }),
        reset: async () => ({ problems: [] }),
        viewKeys: async () => [],
        ...engine,
      },
    }),
  });
  return {
    socket,
    [Symbol.asyncDispose]: async () => {
      await listener[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    },
  };
}
