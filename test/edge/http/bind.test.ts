import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ListenAddress } from '../../../src/edge/http/bind.ts';
import type { ExchangeHandler } from '../../../src/edge/http/exchange.ts';
import { DEFAULT_HTTP_LIMITS } from '../../../src/edge/http/http-limits.ts';
import { ListenFault } from '../../../src/edge/http/listen-fault.ts';
import { type Listener, listen } from '../../../src/edge/http/listener.ts';
import { echo, recordingLog, systemClock } from './listening.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'portcullis-bind-'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('a port', () => {
  it('is named in the address, with brackets for IPv6', async () => {
    await using v4 = await start({ host: '127.0.0.1', port: 0 });
    expect(v4.address).toBe(`http://127.0.0.1:${v4.port}`);
    expect(v4.port).toBeGreaterThan(0);
  });

  it.for([
    { name: 'proxy', variable: 'PORTCULLIS_PORT' },
    { name: 'metrics', variable: 'PORTCULLIS_METRICS_PORT' },
  ])('that is taken is named, with the way to another one ($name)', async ({ name, variable }) => {
    await using first = await start({ host: '127.0.0.1', port: 0 });
    const fault = await faultOf(start({ host: '127.0.0.1', port: first.port }, name));
    expect(fault.code).toBe('in-use');
    expect(fault.message).toBe(
      `${name} listener: 127.0.0.1 port ${first.port} is taken by another process. Choose another with ${name}.host and ${name}.port in the configuration; for the demo, set the environment variable ${variable}.`,
    );
  });

  it('that is shared gives each of its listeners some of the connections', async () => {
    const counts = [0, 0];
    const counting = (index: number): ExchangeHandler => {
      return async (exchange) => {
        counts[index] = (counts[index] ?? 0) + 1;
        await echo(exchange);
      };
    };
    await using first = await start({ host: '127.0.0.1', port: 0, reusePort: true }, 'proxy', counting(0));
    const at = { host: '127.0.0.1', port: first.port, reusePort: true };
    await using _second = await start(at, 'proxy', counting(1));
    const headers = { Connection: 'close' };
    for (let sent = 0; sent < 40; sent += 1) await fetch(first.address, { method: 'POST', headers });
    expect(counts[0]).toBeGreaterThan(0);
    expect(counts[1]).toBeGreaterThan(0);
    expect((counts[0] ?? 0) + (counts[1] ?? 0)).toBe(40);
  });

  it('that is to be shared with a process that does not share it is named', async () => {
    await using first = await start({ host: '127.0.0.1', port: 0 });
    const fault = await faultOf(start({ host: '127.0.0.1', port: first.port, reusePort: true }, 'kms'));
    expect(fault.code).toBe('in-use');
    expect(fault.message).toBe(
      `kms listener: 127.0.0.1 port ${first.port} is taken by a process that does not share it: one without reusePort, or of another user. Choose another with kms.host and kms.port in the configuration.`,
    );
  });

  it('on an address of another machine is refused with the reason', async () => {
    const fault = await faultOf(start({ host: '192.0.2.1', port: 0 }));
    expect(fault.code).toBe('address');
    expect(fault.message).toContain('192.0.2.1 port 0 is no address of this machine');
  });
});

describe('a Unix socket', () => {
  it('can be opened by its owner alone, and is gone after the drain', async () => {
    const path = join(directory, 'control.sock');
    const listener = await start({ socketPath: path });
    expect(listener).toMatchObject({ address: `unix:${path}`, port: 0 });
    expect((statSync(path).mode & 0o777).toString(8)).toBe('600');
    await listener.drain(0);
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
  });

  it('leaves the umask as it was', async () => {
    const before = process.umask();
    await using _ = await start({ socketPath: join(directory, 'control.sock') });
    expect(process.umask()).toBe(before);
  });

  it('takes over a socket file that nobody answers', async () => {
    const path = join(directory, 'control.sock');
    leaveStale(path);
    expect(statSync(path).isSocket()).toBe(true);
    await using listener = await start({ socketPath: path });
    expect(listener.address).toBe(`unix:${path}`);
  });

  it('is not taken from a process that answers', async () => {
    const path = join(directory, 'control.sock');
    const other: Server = createServer();
    other.listen(path);
    await once(other, 'listening');
    const fault = await faultOf(start({ socketPath: path }));
    other.close();
    expect(fault.code).toBe('in-use');
    expect(fault.message).toContain(`another process listens on ${path}`);
  });

  it('never replaces a file of another kind', async () => {
    const path = join(directory, 'control.sock');
    writeFileSync(path, 'precious');
    const fault = await faultOf(start({ socketPath: path }));
    expect(fault.code).toBe('path');
    expect(fault.message).toContain('exists and is not a socket');
    expect(statSync(path).size).toBe(8);
  });

  it.for([
    {
      what: 'in a directory that does not exist',
      file: 'none/control.sock',
      words: 'a directory that does not exist',
    },
    { what: 'with a path that is too long', file: 'x'.repeat(120), words: 'too long for a socket' },
  ])('$what is refused with the reason', async ({ file, words }) => {
    const fault = await faultOf(start({ socketPath: join(directory, file) }, 'control'));
    expect(fault.code).toBe('path');
    expect(fault.message).toContain(words);
    expect(fault.message).toContain('control.socket in the configuration');
  });
});

function start(at: ListenAddress, name = 'proxy', handler: ExchangeHandler = echo): Promise<Listener> {
  return listen({
    name,
    at,
    limits: DEFAULT_HTTP_LIMITS,
    handler,
    clock: systemClock,
    log: recordingLog([]),
  });
}

async function faultOf(started: Promise<Listener>): Promise<ListenFault> {
  const fault = await started.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(fault).toBeInstanceOf(ListenFault);
  return fault as ListenFault;
}

/** A process that binds the socket and is killed leaves the file behind. */
function leaveStale(path: string): void {
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', script], { env: {} });
}
