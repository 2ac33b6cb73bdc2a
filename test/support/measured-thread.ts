/** Threads get no environment, and so write no coverage. This one does, where that is measured. */
import { Worker } from 'node:worker_threads';

export function measuredThread(entry: URL, name: string): Worker {
  const directory = process.env['NODE_V8_COVERAGE'];
  const env = directory === undefined ? {} : { NODE_V8_COVERAGE: directory };
  return new Worker(new URL('measured-thread-entry.ts', import.meta.url), {
    name,
    env,
    workerData: entry.href,
  });
}
