/** `portcullis kms reset`: what it asks a control socket, and what it makes of the answer. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ControlledEngine, listenForEngine } from '../support/engine-control.ts';
import { portcullis } from './run-portcullis.ts';

let control: ControlledEngine;
let problems: readonly string[] = [];
let resets = 0;

beforeEach(async () => {
  resets = 0;
  control = await listenForEngine({
    reset: async () => {
      resets += 1;
      return { problems };
    },
  });
});
afterEach(async () => {
  await control[Symbol.asyncDispose]();
});

it('resets the engine behind the socket, once', async () => {
  problems = [];
  const { code, stdout } = await portcullis('kms', 'reset', '--socket', control.socket);

  expect({ code, stdout, resets }).toEqual({
    code: 0,
    stdout: 'the engine has the keys of its seed, and no others\n',
    resets: 1,
  });
});

it('tells why it was refused', async () => {
  problems = ['not allowed here'];
  const { code, stdout } = await portcullis('kms', 'reset', '--socket', control.socket);

  expect({ code, stdout }).toEqual({
    code: 1,
    stdout: 'not reset as it should be:\n  not allowed here\n',
  });
});

it('gives the answer to a program', async () => {
  problems = ['not allowed here'];
  const { code, stdout } = await portcullis('kms', 'reset', '--json', '--socket', control.socket);

  expect({ code, answer: JSON.parse(stdout) as unknown }).toEqual({
    code: 1,
    answer: { problems: ['not allowed here'] },
  });
});
