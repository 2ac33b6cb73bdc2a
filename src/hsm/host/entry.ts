/** The token host process: talks frames over the socket it inherits as file descriptor 3, and ends with it. */
import { Socket } from 'node:net';
import { readHostEnvironment } from './environment.ts';
import { moduleLoader } from './personalities/load-emulated.ts';
import { TokenHost } from './token-host.ts';
import { watchLifeline } from './watch-lifeline.ts';

const INHERITED_SOCKET_FD = 3;

// A signal to the whole process group (Ctrl-C) is for the supervisor to act on: it still drains through us.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
watchLifeline();
new TokenHost(
  new Socket({ fd: INHERITED_SOCKET_FD, readable: true, writable: true }),
  () => process.exit(0),
  moduleLoader(readHostEnvironment()),
);
