/** `portcullis kms reset`: what it asks a control socket, and what it makes of the answer. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createControlEndpoint } from '../../src/edge/control/control-endpoint.ts';
import { DEFAULT_HTTP_LIMITS } from '../../src/edge/http/http-limits.ts';
import { type Listener, listen } from '../../src/edge/http/listener.ts';
import { portcullis } from './run-portcullis.ts';

let folder: string;
let listener: Listener;
let problems: readonly string[] = [];
let resets = 0;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-reset-'));
  resets = 0;
  const ignore = () => undefined;
  listener = await listen({
    name: 'control',
    at: { socketPath: join(folder, 's') },
    limits: DEFAULT_HTTP_LIMITS,
    clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() },
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    handler: createControlEndpoint({
      status: () => ({}),
      reload: () => ({ generation: 1, problems: [] }),
      engine: {
        advanceClock: async () => ({ now: '', problems: [] }),
        reset: async () => {
          resets += 1;
          return { problems };
        },
        viewKeys: async () => [],
      },
    }),
  });
});
afterEach(async () => {
  await listener[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

it('resets the engine behind the socket, once', async () => {
  problems = [];
  const { code, stdout } = await portcullis('kms', 'reset', '--socket', join(folder, 's'));

  expect({ code, stdout, resets }).toEqual({
    code: 0,
    stdout: 'the engine has the keys of its seed, and no others\n',
    resets: 1,
  });
});

it('tells why it was refused', async () => {
  problems = ['not allowed here'];
  const { code, stdout } = await portcullis('kms', 'reset', '--socket', join(folder, 's'));

  expect({ code, stdout }).toEqual({
    code: 1,
    stdout: 'not reset as it should be:\n  not allowed here\n',
  });
});

it('gives the answer to a program', async () => {
  problems = ['not allowed here'];
  const { code, stdout } = await portcullis('kms', 'reset', '--json', '--socket', join(folder, 's'));

  expect({ code, answer: JSON.parse(stdout) as unknown }).toEqual({
    code: 1,
    answer: { problems: ['not allowed here'] },
  });
});
