import { describe, expect, it } from 'vitest';
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

  it('of no size keeps the last one for as long as nothing else comes', () => {
    const { cache, evicted } = cacheOf(0);
    cache.add('a', 'A');
    cache.add('b', 'B');
    expect([cache.size, evicted]).toEqual([1, ['A']]);
  });
});
