import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sinkFindings, waitingFindings } from '../../../src/cli/doctor-events.ts';
import { outboxRecords } from '../../../src/events/event-outbox.ts';
import { MemoryStore } from '../../../src/store/memory-store.ts';
import { EventServer } from '../../support/event-server.ts';
import { deleted } from '../events/samples.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-doctor-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('what the doctor says of a file for events', () => {
  it('is that it can be written, or made', async () => {
    const [old, young] = ['old', 'young'].map((name) => join(folder, name)) as [string, string];
    writeFileSync(old, '');

    expect(
      await sinkFindings([
        { name: 'a', file: old },
        { name: 'b', file: young },
      ]),
    ).toEqual([
      { subject: 'events a', severity: 'ok', text: `${old} can be written` },
      { subject: 'events b', severity: 'ok', text: `${young} can be written` },
    ]);
    expect(() => rmSync(young)).toThrow('ENOENT');
  });

  it('is that it is a folder, or has none', async () => {
    const lost = join(folder, 'nowhere', 'file');

    expect(
      await sinkFindings([
        { name: 'a', file: folder },
        { name: 'b', file: lost },
      ]),
    ).toEqual([
      { subject: 'events a', severity: 'problem', text: `${folder} is a folder; name a file` },
      {
        subject: 'events b',
        severity: 'problem',
        text: `${lost} cannot be written (ENOENT); make its folder, or give access to it`,
      },
    ]);
  });
});

describe('what the doctor says of a server for events', () => {
  it.for([200, 405])('is that it answers, with %d too, and sends it no event', async (status) => {
    await using server = await EventServer.start();
    server.status = status;
    const { url } = server;

    expect(await sinkFindings([{ name: 'http', http: { url, timeoutMs: 1 } }])).toEqual([
      {
        subject: 'events http',
        severity: 'ok',
        text: `${new URL(url).origin} answers (to HEAD, with status ${status})`,
      },
    ]);
    expect(server.bodies).toEqual([]);
  });

  it('is that it does not answer, and not what is secret in its URL', async () => {
    const http = { url: 'http://127.0.0.1:1/t0ps3cret', timeoutMs: 1 };
    const [finding] = await sinkFindings([{ name: 'http', http }]);

    expect(finding).toMatchObject({ subject: 'events http', severity: 'problem' });
    expect(finding?.text).toMatch(
      /^http:\/\/127\.0\.0\.1:1 does not answer: .+; events are kept until it does$/,
    );
    expect(finding?.text).not.toContain('t0ps3cret');
  });
});

it('the doctor says nothing of standard output', async () => {
  expect(await sinkFindings([{ name: 'stdout', stdout: true }])).toEqual([]);
});

it('the doctor counts events that wait, also for sinks that are gone', async () => {
  const store = new MemoryStore();
  const entropy = { randomBytes: (length: number) => new Uint8Array(length) };
  expect(await waitingFindings(store, [])).toEqual([]);
  for (const number of [1, 2])
    await store.commit([...outboxRecords(deleted(number), ['a', 'gone'], entropy)]);

  expect(
    await waitingFindings(store, [
      { name: 'a', stdout: true },
      { name: 'b', stdout: true },
    ]),
  ).toEqual([
    { subject: 'events a', severity: 'warning', text: 'events wait for it: 2' },
    {
      subject: 'events',
      severity: 'warning',
      text: 'for sinks that the configuration does not name any more: 2; they go to the sink that gets such a name',
    },
  ]);
});
