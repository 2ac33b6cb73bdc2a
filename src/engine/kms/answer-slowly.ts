/** The side of a {@link SlowThread} that works: answers one request after the other, and keeps nothing of them. */
import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';

/** What the work throws ends the thread. `given` is what of an answer changes hands without a copy. */
export function answerSlowly<Request, Answer>(
  work: (request: Request) => Answer | Promise<Answer>,
  given: (answer: Answer) => ArrayBuffer[] = () => [],
): void {
  // Linux has a niceness for each thread, and 0 means this one. Where it counts for processes, nothing may change.
  if (process.platform === 'linux') setPriority(0, 10);
  parentPort?.on('message', async (request: Request) => {
    const answer = await work(request);
    parentPort?.postMessage(answer, given(answer));
  });
}
