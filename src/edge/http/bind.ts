/** Puts a server on its address, and says in the operator's words why that failed. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { lstat, unlink } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';
import { ListenFault, type ListenFaultCode } from './listen-fault.ts';

export type ListenAddress = PortAddress | { readonly socketPath: string };

export interface PortAddress {
  readonly host: string;
  readonly port: number;
  /** Other processes of this user may listen on the port, too: the kernel gives each connection to one of them (SO_REUSEPORT, socket(7)). */
  readonly reusePort?: boolean;
}

/** `name` is the listener's section in the configuration, such as `proxy`. */
export async function bind(server: Server, at: ListenAddress, name: string): Promise<void> {
  if ('socketPath' in at) await bindSocket(server, at.socketPath, name);
  else await bindPort(server, at, name);
}

async function bindPort(server: Server, at: PortAddress, name: string): Promise<void> {
  const { host, port, reusePort = false } = at;
  try {
    server.listen({ host, port, reusePort });
    await once(server, 'listening');
  } catch (cause) {
    const code = systemCode(cause);
    const where = `${name} listener: ${host} port ${port}`;
    const faults = reusePort ? SHARED_PORT_FAULTS : PORT_FAULTS;
    const [fault, why] = faults[code] ?? ['failed', `cannot be listened on (${code})`];
    throw new ListenFault(fault, `${where} ${why}. ${otherPort(name)}`, { cause });
  }
}

function otherPort(name: string): string {
  const variable = DEMO_VARIABLES[name];
  const demo = variable === undefined ? '' : `; for the demo, set the environment variable ${variable}`;
  return `Choose another with ${name}.host and ${name}.port in the configuration${demo}.`;
}

async function bindSocket(server: Server, path: string, name: string): Promise<void> {
  try {
    await listenOnSocket(server, path);
  } catch (cause) {
    if (systemCode(cause) !== 'EADDRINUSE') throw socketFault(path, name, cause);
    await removeStale(path, name);
    await listenOnSocket(server, path).catch((again: unknown) => {
      throw socketFault(path, name, again);
    });
  }
}

/** Node binds before `listen` returns, so the file never exists with a wider mode, not even for a moment. */
async function listenOnSocket(server: Server, path: string): Promise<void> {
  const before = process.umask(0o177);
  try {
    server.listen({ path });
  } finally {
    process.umask(before);
  }
  await once(server, 'listening');
}

/** Only a socket that nobody answers is left over from an earlier run. */
async function removeStale(path: string, name: string): Promise<void> {
  if (!(await lstat(path)).isSocket()) {
    throw new ListenFault(
      'path',
      `${name} listener: ${path} exists and is not a socket. ${otherSocket(name)}`,
    );
  }
  if (await answers(path)) {
    throw new ListenFault(
      'in-use',
      `${name} listener: another process listens on ${path}. Stop it, or: ${otherSocket(name)}`,
    );
  }
  await unlink(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ path });
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', (error) => resolve(systemCode(error) !== 'ECONNREFUSED'));
  });
}

function socketFault(path: string, name: string, cause: unknown): ListenFault {
  // libuv reports a missing directory as EACCES.
  const code = existsSync(dirname(path)) ? systemCode(cause) : 'ENOENT';
  const [fault, why] = SOCKET_FAULTS[code] ?? ['failed', `cannot be listened on (${code})`];
  return new ListenFault(fault, `${name} listener: socket ${path} ${why}. ${otherSocket(name)}`, { cause });
}

function otherSocket(name: string): string {
  return `Choose another with ${name}.socket in the configuration.`;
}

function systemCode(cause: unknown): string {
  return String((cause as { code?: unknown }).code ?? cause);
}

type FaultTable = Readonly<Record<string, readonly [ListenFaultCode, string]>>;

const PORT_FAULTS: FaultTable = {
  EADDRINUSE: ['in-use', 'is taken by another process'],
  EADDRNOTAVAIL: ['address', 'is no address of this machine'],
  ENOTFOUND: ['address', 'is no address of this machine'],
  EACCES: ['denied', 'may not be used by this user (ports below 1024 need a privilege)'],
};

const SHARED_PORT_FAULTS: FaultTable = {
  ...PORT_FAULTS,
  EADDRINUSE: [
    'in-use',
    'is taken by a process that does not share it: one without reusePort, or of another user',
  ],
  ENOTSUP: ['failed', 'cannot be shared on this system, so reusePort must be false'],
};

const SOCKET_FAULTS: FaultTable = {
  EADDRINUSE: ['in-use', 'was taken by another process just now'],
  ENOENT: ['path', 'lies in a directory that does not exist'],
  ENOTDIR: ['path', 'lies in something that is no directory'],
  EACCES: ['denied', 'lies in a directory that this user may not write to'],
  EINVAL: ['path', 'has a path that is too long for a socket (107 bytes on Linux)'],
};

const DEMO_VARIABLES: Readonly<Record<string, string>> = {
  proxy: 'PORTCULLIS_PORT',
  metrics: 'PORTCULLIS_METRICS_PORT',
};
