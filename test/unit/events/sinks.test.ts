/** Where events go: a file, an HTTP server, a stream. */
import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/domain/secret.ts';
import type { EventSinkFault } from '../../../src/events/event-sink.ts';
import { FileSink } from '../../../src/events/file-sink.ts';
import { HttpSink } from '../../../src/events/http-sink.ts';
import { StreamSink } from '../../../src/events/stream-sink.ts';
import { EventServer } from '../../support/event-server.ts';
import { shown } from './samples.ts';

const NEVER = new AbortController().signal;

class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'portcullis-events-'));

  file(name: string): string {
    return join(this.path, name);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

async function faultOf(
  delivery: Promise<void>,
): Promise<Pick<EventSinkFault, 'name' | 'message' | 'advice'>> {
  const { name, message, advice } = await delivery.then(
    () => new Error('it was delivered') as EventSinkFault,
    (error: EventSinkFault) => error,
  );
  return { name, message, advice };
}

function linesOf(file: string): unknown[] {
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('a file', () => {
  it('is made for its owner alone, and has a line for each event', async () => {
    using folder = new Folder();
    const file = folder.file('events.jsonl');
    const sink = new FileSink('file', file);
    await sink.deliver([shown(1), shown(2)]);
    await sink.deliver([shown(3)]);

    expect(linesOf(file)).toStrictEqual([shown(1), shown(2), shown(3)]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('may be moved away between two deliveries', async () => {
    using folder = new Folder();
    const file = folder.file('events.jsonl');
    const sink = new FileSink('file', file);
    await sink.deliver([shown(1)]);
    renameSync(file, folder.file('old'));
    await sink.deliver([shown(2)]);

    expect(linesOf(file)).toStrictEqual([shown(2)]);
  });

  it('that ends in half a line goes on with a new one', async () => {
    using folder = new Folder();
    const file = folder.file('events.jsonl');
    appendFileSync(file, '{"version":"0","id');
    await new FileSink('file', file).deliver([shown(1)]);

    expect(readFileSync(file, 'utf8')).toBe(`{"version":"0","id\n${JSON.stringify(shown(1))}\n`);
  });

  it.for([
    { where: 'on a full disk', file: '/dev/full', code: 'ENOSPC', advice: 'make room on its disk' },
    { where: 'in no folder', file: '/nonexistent/events', code: 'ENOENT', advice: 'make its folder' },
    { where: 'that is a folder', file: '/tmp', code: 'EISDIR', advice: 'name a file instead of a folder' },
    {
      where: 'that is none',
      file: `/tmp/${'x'.repeat(300)}`,
      code: 'ENAMETOOLONG',
      advice: 'see that this process can append to the file',
    },
  ])('$where is refused with what to do', async ({ file, code, advice }) => {
    expect(await faultOf(new FileSink('file', file).deliver([shown(1)]))).toStrictEqual({
      name: 'EventSinkFault',
      message: `${file} cannot be written (${code})`,
      advice,
    });
  });
});

describe('an HTTP server', () => {
  it('is sent each event as JSON, with the authorization that it wants', async () => {
    await using server = await EventServer.start();
    const authorization = new Secret('Bearer abc');
    const sink = new HttpSink({ name: 'http', url: server.url, authorization, timeoutMs: 5_000 });
    await sink.deliver([shown(1), shown(2)], NEVER);

    expect(server.bodies).toStrictEqual([shown(1), shown(2)]);
    expect(server.headers[1]).toMatchObject({
      'content-type': 'application/json',
      authorization: 'Bearer abc',
    });
  });

  it('without authorization is sent none', async () => {
    await using server = await EventServer.start();
    await new HttpSink({ name: 'http', url: server.url, timeoutMs: 5_000 }).deliver([shown(1)], NEVER);

    expect(server.headers[0]).not.toHaveProperty('authorization');
  });

  it.for([300, 302, 400, 401, 500, 503])('that answers with %d has taken nothing', async (status) => {
    await using server = await EventServer.start();
    server.status = status;
    const sink = new HttpSink({ name: 'http', url: server.url, timeoutMs: 5_000 });

    expect(await faultOf(sink.deliver([shown(1)], NEVER))).toStrictEqual({
      name: 'EventSinkFault',
      message: `${new URL(server.url).origin} answered with status ${status}`,
      advice: 'see in the log of the server why, and that url and authorization are right',
    });
    expect(server.headers).toHaveLength(1);
  });

  it('is waited for no longer than it may take', async () => {
    await using server = await EventServer.start();
    server.status = 0;
    const sink = new HttpSink({ name: 'http', url: server.url, timeoutMs: 100 });

    expect((await faultOf(sink.deliver([shown(1)], NEVER))).message).toBe(
      `${new URL(server.url).origin} did not answer (TimeoutError)`,
    );
  });

  it('is not waited for when the engine has to end', async () => {
    await using server = await EventServer.start();
    server.status = 0;
    const sink = new HttpSink({ name: 'http', url: server.url, timeoutMs: 10_000 });

    expect((await faultOf(sink.deliver([shown(1)], AbortSignal.timeout(50)))).message).toContain(
      'did not answer',
    );
  });

  it('that is not there is named without the secrets of its URL', async () => {
    const server = await EventServer.start();
    const { url } = server;
    await server[Symbol.asyncDispose]();
    const sink = new HttpSink({ name: 'http', url, timeoutMs: 5_000 });
    const { message, advice } = await faultOf(sink.deliver([shown(1)], NEVER));

    expect(message).toBe(`${new URL(url).origin} did not answer (ECONNREFUSED)`);
    expect(advice).toBe(
      'see that the server runs, can be reached from here, and has a certificate that is trusted',
    );
  });
});

it('a server at a port that the client refuses to call is refused with that reason', async () => {
  const sink = new HttpSink({ name: 'http', url: 'http://127.0.0.1:6000/', timeoutMs: 5_000 });

  expect((await faultOf(sink.deliver([shown(1)], NEVER))).message).toBe(
    'http://127.0.0.1:6000 did not answer (bad port)',
  );
});

describe('a stream', () => {
  it('has a line for each event once that is written', async () => {
    let text = '';
    const stream = new Writable({
      write: (chunk, _encoding, done) => {
        text += String(chunk);
        done();
      },
    });
    await new StreamSink('stdout', stream).deliver([shown(1), shown(2)]);

    expect(text).toBe(`${JSON.stringify(shown(1))}\n${JSON.stringify(shown(2))}\n`);
  });

  it('that nobody reads any more has taken nothing', async () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    stream.on('error', () => undefined);

    expect(await faultOf(new StreamSink('stdout', stream).deliver([shown(1)]))).toStrictEqual({
      name: 'EventSinkFault',
      message: 'the stream cannot be written',
      advice: 'see that whoever reads the standard output of this process still does',
    });
  });
});
