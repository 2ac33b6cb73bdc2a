import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KeyView } from '../../../src/domain/key/key-view.ts';
import { ControlFault, controlGet, controlPost } from '../../../src/edge/control/control-client.ts';
import {
  type ControlEndpointOptions,
  createControlEndpoint,
} from '../../../src/edge/control/control-endpoint.ts';
import type { Exchange, ExchangeHandler } from '../../../src/edge/http/exchange.ts';
import { DEFAULT_HTTP_LIMITS } from '../../../src/edge/http/http-limits.ts';
import { type Listener, listen } from '../../../src/edge/http/listener.ts';
import { recordingLog, systemClock } from '../http/listening.ts';

let directory: string;
let socketPath: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'portcullis-control-'));
  socketPath = join(directory, 'control.sock');
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('the control socket', () => {
  it('answers the status of the running process', async () => {
    await using _ = await serving(
      createControlEndpoint({ ...IDLE, status: async () => ({ version: '1', tokens: [] }) }),
    );
    expect(await controlGet(socketPath, '/status')).toEqual({ version: '1', tokens: [] });
  });

  it.for([
    { what: 'the new generation', outcome: { generation: 2, problems: [] }, status: 200 },
    { what: 'every problem', outcome: { generation: 1, problems: ['one', 'two'] }, status: 409 },
  ])('answers a reload with $what', async ({ outcome, status }) => {
    await using _ = await serving(createControlEndpoint({ ...IDLE, reload: () => outcome }));
    expect(await controlPost(socketPath, '/reload')).toEqual(outcome);
    expect(await repliesTo({ method: 'POST', rawUrl: '/reload', reload: () => outcome })).toEqual([status]);
  });

  const engine = {
    advanceClock: async (ms: number) => ({ now: new Date(ms).toISOString(), problems: [] }),
    reset: async () => ({ problems: ['not allowed'] }),
    viewKeys: async (name: string) => (name === KEY.arn ? [KEY] : []),
  };

  it('moves the clock of an engine by what it is told', async () => {
    await using _ = await serving(createControlEndpoint({ ...IDLE, engine }));

    expect(await controlPost(socketPath, '/clock/advance', { body: '{"ms": 86400000}' })).toEqual({
      now: '1970-01-02T00:00:00.000Z',
      problems: [],
    });
  });

  it.for(['', '{}', '{"ms": 0}', '{"ms": -5}', '{"ms": 1.5}', '{"ms": "1"}', 'no JSON'])(
    'moves no clock by %j',
    async (body) => {
      await using _ = await serving(createControlEndpoint({ ...IDLE, engine }));

      expect(await controlPost(socketPath, '/clock/advance', { body })).toEqual({
        problems: ['the body is not {"ms": <a whole number above 0>}'],
      });
    },
  );

  it('passes on why an engine does not do what it is asked', async () => {
    await using _ = await serving(createControlEndpoint({ ...IDLE, engine }));

    expect(await controlPost(socketPath, '/kms/reset')).toEqual({ problems: ['not allowed'] });
  });

  it('shows the keys that a name stands for', async () => {
    await using _ = await serving(createControlEndpoint({ ...IDLE, engine }));

    const body = JSON.stringify({ key: KEY.arn }, null, 2);
    expect(await controlPost(socketPath, '/kms/key', { body })).toEqual({ problems: [], keys: [KEY] });
  });

  it.for([
    { body: '{"key": "alias/x"}', problem: 'no key has the id or ARN alias/x' },
    { body: '{"key": ""}', problem: 'the body is not {"key": "<id or ARN>"}' },
    { body: '{"key": 1}', problem: 'the body is not {"key": "<id or ARN>"}' },
    { body: '', problem: 'the body is not {"key": "<id or ARN>"}' },
    { body: 'no JSON', problem: 'the body is not {"key": "<id or ARN>"}' },
  ])('shows no key for $body', async ({ body, problem }) => {
    await using _ = await serving(createControlEndpoint({ ...IDLE, engine }));

    expect(await controlPost(socketPath, '/kms/key', { body })).toEqual({ problems: [problem] });
  });

  it.for([
    { page: '/clock/advance', body: '{"ms":1}' },
    { page: '/kms/reset', body: '' },
    { page: '/kms/key', body: '{"key":"1234abcd-12ab-34cd-56ef-1234567890ab"}' },
  ])('says on $page that no engine runs', async ({ page, body }) => {
    await using _ = await serving(createControlEndpoint(IDLE));

    expect(await controlPost(socketPath, page, { body })).toEqual({
      problems: ['this process runs no KMS engine: its configuration has no kms section'],
    });
  });

  it.for([
    { what: 'another page', method: 'GET', target: '/other', status: 404 },
    { what: 'a query', method: 'GET', target: '/status?x', status: 404 },
    { what: 'another method', method: 'POST', target: '/status', status: 405 },
    { what: 'a reload by GET', method: 'GET', target: '/reload', status: 405 },
  ])('answers $what with $status', async ({ method, target, status }) => {
    expect(await repliesTo({ method, rawUrl: target })).toEqual([status]);
  });
});

describe('the client of the control socket', () => {
  it('says that nothing runs when there is no socket', async () => {
    await expect(controlGet(socketPath, '/status')).rejects.toMatchObject({
      name: 'ControlFault',
      code: 'not-running',
      message: `nothing listens on ${socketPath}: start portcullis, or correct control.socket in the configuration`,
    });
  });

  it('says that nothing runs when nobody answers the socket', async () => {
    writeFileSync(socketPath, '');
    await expect(controlGet(socketPath, '/status')).rejects.toMatchObject({ code: 'not-running' });
  });

  it.for<{ what: string; code: string; handler: ExchangeHandler }>([
    { what: 'another status', code: 'unexpected', handler: (exchange) => exchange.reply(404, '{}') },
    { what: 'no JSON', code: 'unexpected', handler: (exchange) => exchange.reply(200, 'hello') },
    { what: 'nothing in time', code: 'no-answer', handler: () => new Promise(() => {}) },
  ])('says that the answer is $code on $what', async ({ handler, code }) => {
    await using _ = await serving(handler);
    const fault = await controlGet(socketPath, '/status', 100).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(ControlFault);
    expect(fault).toMatchObject({ code });
  });
});

const KEY: KeyView = {
  keyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
  arn: 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  spec: 'SYMMETRIC_DEFAULT',
  usage: 'ENCRYPT_DECRYPT',
  state: 'Enabled',
  origin: 'AWS_KMS',
  materials: [{ materialId: 'ab'.repeat(32), current: true, generation: 1 }],
  algorithms: [{ algorithm: 'SYMMETRIC_DEFAULT', worksIn: 'token' }],
};

const IDLE: ControlEndpointOptions = {
  status: () => ({}),
  reload: () => ({ generation: 1, problems: [] }),
};

async function repliesTo(
  request: Pick<Exchange, 'method' | 'rawUrl'> & Partial<ControlEndpointOptions>,
): Promise<number[]> {
  const { method, rawUrl, ...options } = request;
  const replies: number[] = [];
  await createControlEndpoint({ ...IDLE, ...options })({
    ...{ method, rawUrl, rawHeaders: [], remoteAddress: '', tlsClientSubject: undefined },
    ...{ startedMs: 0, bodyEndMs: undefined, replied: false, readBody: async () => new Uint8Array() },
    reply: (code) => replies.push(code),
  });
  return replies;
}

function serving(handler: ExchangeHandler): Promise<Listener> {
  return listen({
    ...{ name: 'control', at: { socketPath }, limits: DEFAULT_HTTP_LIMITS },
    ...{ handler, clock: systemClock, log: recordingLog([]) },
  });
}
