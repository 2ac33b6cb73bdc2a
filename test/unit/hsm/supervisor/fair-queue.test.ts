import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairQueue } from '../../../../src/domain/fair-queue.ts';
import { Backoff } from '../../../../src/hsm/supervisor/backoff.ts';
import { LoginGate } from '../../../../src/hsm/supervisor/login-gate.ts';

describe('the fair queue', () => {
  it('serves tenants in turn, however many items one of them has', () => {
    const queue = new FairQueue<string>();
    for (const item of ['a1', 'a2', 'a3', 'a4']) queue.push(1, item);
    queue.push(2, 'b1');
    queue.push(3, 'c1');
    queue.push(2, 'b2');
    const order = Array.from({ length: 7 }, () => queue.shift());
    expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
    expect(queue.shift()).toBeUndefined();
  });

  it('keeps the order within a tenant and loses nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.nat())), (pushes) => {
        const queue = new FairQueue<readonly [number, number]>();
        for (const push of pushes) queue.push(push[0], push);
        expect(queue.size).toBe(pushes.length);
        const seen = pushes.map(() => queue.shift() ?? ([-1, -1] as const));
        for (let tenant = 0; tenant < 5; tenant += 1) {
          expect(seen.filter(([t]) => t === tenant)).toEqual(pushes.filter(([t]) => t === tenant));
        }
        expect(queue.size).toBe(0);
      }),
    );
  });

  it('gives up what matches and keeps the rest', () => {
    const queue = new FairQueue<number>();
    for (let item = 0; item < 10; item += 1) queue.push(item % 3, item);
    expect(queue.extract((item) => item % 2 === 0).sort()).toEqual([0, 2, 4, 6, 8]);
    expect(queue.size).toBe(5);
    expect(queue.extract(() => true).sort()).toEqual([1, 3, 5, 7, 9]);
    expect(queue.shift()).toBeUndefined();
  });
});

describe('the backoff', () => {
  it('doubles from 0.2 s to 30 s and starts again after a success', () => {
    const backoff = new Backoff(30_000);
    expect(Array.from({ length: 9 }, () => backoff.next())).toEqual([
      200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000,
    ]);
    backoff.reset();
    expect(backoff.next()).toBe(200);
  });
});

describe('the login gate', () => {
  it('lets one login in at a time, also after one that failed', async () => {
    const gate = new LoginGate();
    let inside = 0;
    let most = 0;
    const visit = (fails: boolean) => async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
      if (fails) throw new RangeError('refused');
    };
    const results = await Promise.allSettled([
      gate.enter('serial', visit(false)),
      gate.enter('serial', visit(true)),
      gate.enter('serial', visit(false)),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(most).toBe(1);
  });
});
