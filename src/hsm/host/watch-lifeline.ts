/**
 * A host whose module hangs cannot see that its supervisor has died: the thread that would read the news
 * is the one that hangs. So another thread waits at a pipe that the supervisor holds open, and ends the
 * process when the pipe does.
 */
import { Worker } from 'node:worker_threads';

export function watchLifeline(): void {
  const worker = new Worker(WATCHER, { eval: true, env: {}, stdin: false });
  // A host that was started without the pipe works all the same, unwatched.
  worker.on('error', () => undefined);
  worker.unref();
}

// Plain JavaScript in a string: it runs without a loader and takes the least memory. The delay lets an
// orderly end, which the main thread sees at the same moment, come first.
const WATCHER = `
const { Socket } = require('node:net');
const lifeline = new Socket({ fd: 4, readable: true });
const end = () => setTimeout(() => process.kill(process.pid, 'SIGKILL'), 3000);
lifeline.on('end', end).on('error', end).resume();
`;
