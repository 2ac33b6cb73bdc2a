import { expect, it } from 'vitest';
import {
  everyGeneration,
  generationNumbered,
  generationsOf,
  keyName,
  keyPlace,
} from '../../../../src/domain/xks/key-generations.ts';
import { keyStore, mappedKey } from './samples.ts';

const old = mappedKey('foo', { generation: 0, currentGeneration: 3 });
const next = mappedKey('foo', { generation: 4, currentGeneration: 3 });
const current = mappedKey('foo', { generation: 3, otherGenerations: [old, next] });
const single = mappedKey('bar', { generation: 7 });

it('X-38: a ciphertext of each generation leads to that generation, and of any other to none', () => {
  expect(generationNumbered(current, 0)).toBe(old);
  expect(generationNumbered(current, 3)).toBe(current);
  expect(generationNumbered(current, 4)).toBe(next);
  expect(generationNumbered(current, 1)).toBeUndefined();
  expect(generationNumbered(single, 7)).toBe(single);
  expect(generationNumbered(single, 0)).toBeUndefined();
});

it('lists the current generation of a key first, and all of a store in the order of its map', () => {
  expect(generationsOf(current)).toEqual([current, old, next]);
  expect(everyGeneration(keyStore([single, current]))).toEqual([single, current, old, next]);
});

it('names the generation where a key has several', () => {
  expect([current, old, single].map(keyPlace)).toEqual(['foo (generation 3)', 'foo (generation 0)', 'bar']);
  expect([current, single].map(keyName)).toEqual(["external key 'foo' (generation 3)", "external key 'bar'"]);
});
