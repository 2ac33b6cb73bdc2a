import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bug } from '../../../../src/domain/bug.ts';
import { BoundedCache } from '../../../../src/hsm/material/bounded-cache.ts';

function cacheOf(limit: number) {
  const evicted: string[] = [];
  return { evicted, cache: new BoundedCache<string>(limit, (value) => void evicted.push(value)) };
}

describe('a bounded cache', () => {
  it('gives up what was not asked for longest, before it takes more', () => {
    const { cache, evicted } = cacheOf(2);
    cache.add('a', 'A');
    cache.add('b', 'B');
    expect(cache.get('a')).toBe('A');
    cache.add('c', 'C');
    expect(evicted).toEqual(['B']);
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual(['A', undefined, 'C']);
    expect(cache.size).toBe(2);
  });

  it('takes no key twice', () => {
    const { cache } = cacheOf(2);
    cache.add('a', 'A');
    expect(() => cache.add('a', 'B')).toThrow(Bug);
    expect(cache.get('a')).toBe('A');
  });

  it('gives up what is deleted, once', () => {
    const { cache, evicted } = cacheOf(2);
    cache.add('a', 'A');
    cache.delete('a');
    cache.delete('a');
    expect(evicted).toEqual(['A']);
  });

  it('forgets what it abandons without a word', () => {
    const { cache, evicted } = cacheOf(2);
    cache.add('a', 'A');
    cache.abandon();
    expect([cache.size, cache.get('a'), evicted]).toEqual([0, undefined, []]);
  });

  it('keeps the order of use through any of its operations', () => {
    const keys = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const steps = fc.array(
      fc.record({ what: fc.constantFrom('get', 'add', 'delete', 'abandon'), key: keys }),
    );
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 4 }), (all, limit) => {
        const { cache, evicted } = cacheOf(limit);
        // The least recently used first.
        let model: string[] = [];
        let gone: string[] = [];
        for (const { what, key } of all) {
          const isThere = model.includes(key);
          const others = model.filter((other) => other !== key);
          if (what === 'get') {
            expect(cache.get(key)).toBe(isThere ? key : undefined);
            if (isThere) model = [...others, key];
          } else if (what === 'add' && !isThere) {
            cache.add(key, key);
            gone.push(...model.slice(0, Math.max(0, model.length + 1 - limit)));
            model = [...model, key].slice(-limit);
          } else if (what === 'delete') {
            cache.delete(key);
            if (isThere) gone.push(key);
            model = others;
          } else if (what === 'abandon') {
            cache.abandon();
            model = [];
          }
          expect(cache.size).toBe(model.length);
          expect(evicted).toEqual(gone);
        }
        // What is left goes in the order of its last use.
        gone = [...model];
        evicted.length = 0;
        for (const letter of ['x1', 'x2', 'x3', 'x4'].slice(0, limit)) cache.add(letter, letter);
        expect(evicted).toEqual(gone);
      }),
    );
  });

  it('of no size keeps the last one for as long as nothing else comes', () => {
    const { cache, evicted } = cacheOf(0);
    cache.add('a', 'A');
    cache.add('b', 'B');
    expect([cache.size, evicted]).toEqual([1, ['A']]);
  });
});
