import { expect, it } from 'vitest';
import { BoundedWork } from '../../../../src/engine/kms/bounded-work.ts';
import { faultOf } from './rig.ts';

/** Work that ends when it is told to, and tells when it began. */
function piece(log: string[], name: string) {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  return {
    run: () => {
      log.push(name);
      return promise;
    },
    succeed: () => resolve(name),
    fail: () => reject(new Error(name)),
  };
}

it('lets as many run at once as it says, and the others in the order in which they came', async () => {
  const work = new BoundedWork({ atOnce: 2, waiting: 10 });
  const log: string[] = [];
  const pieces = ['a', 'b', 'c', 'd'].map((name) => piece(log, name));
  const [a, b, c, d] = pieces as [
    (typeof pieces)[0],
    (typeof pieces)[0],
    (typeof pieces)[0],
    (typeof pieces)[0],
  ];
  const ends = pieces.map(({ run }) => work.run(1, run));
  await Promise.resolve();
  expect(log).toStrictEqual(['a', 'b']);
  b.succeed();
  expect(await ends[1]).toBe('b');
  await Promise.resolve();
  expect(log).toStrictEqual(['a', 'b', 'c']);
  for (const { succeed } of [a, c, d]) succeed();
  expect(await Promise.all(ends)).toStrictEqual(['a', 'b', 'c', 'd']);
  expect(log).toStrictEqual(['a', 'b', 'c', 'd']);
});

it('gives the place of work that failed to the next', async () => {
  const work = new BoundedWork({ atOnce: 1, waiting: 1 });
  const log: string[] = [];
  const [first, second] = [piece(log, 'first'), piece(log, 'second')];
  const failed = work.run(1, first.run);
  const done = work.run(1, second.run);
  first.fail();
  await expect(failed).rejects.toThrow('first');
  second.succeed();
  expect(await done).toBe('second');
});

it('has all its places again when nothing runs', async () => {
  const work = new BoundedWork({ atOnce: 1, waiting: 0 });
  for (const name of ['one', 'after', 'another']) {
    expect(await work.run(1, async () => name)).toBe(name);
  }
});

it('refuses what would have to wait behind too many', async () => {
  const work = new BoundedWork({ atOnce: 1, waiting: 1 });
  const log: string[] = [];
  const [running, waiting, refused] = [piece(log, 'running'), piece(log, 'waiting'), piece(log, 'refused')];
  const ends = [work.run(1, running.run), work.run(1, waiting.run)];
  expect(await faultOf(work.run(1, refused.run))).toMatchObject({ code: 'busy' });
  running.succeed();
  waiting.succeed();
  await Promise.all(ends);
  expect(log).toStrictEqual(['running', 'waiting']);
});

it('takes one tenant after the other, and lets one in whose share is free where another has filled the queue', async () => {
  const work = new BoundedWork({ atOnce: 1, waiting: 2 });
  const log: string[] = [];
  const running = piece(log, 'running');
  const quick = (name: string) => async () => void log.push(name);
  const ends = [
    work.run(1, running.run),
    work.run(1, quick('greedy 1')),
    work.run(1, quick('greedy 2')),
    work.run(2, quick('modest')),
  ];
  expect(await faultOf(work.run(1, quick('greedy 3')))).toMatchObject({ code: 'busy' });
  running.succeed();
  await Promise.all(ends);
  expect(log).toStrictEqual(['running', 'greedy 1', 'modest', 'greedy 2']);
});
