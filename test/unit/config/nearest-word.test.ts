import { expect, test } from 'vitest';
import { nearestWord } from '../../../src/config/nearest-word.ts';

test.for([
  { word: 'prot', near: 'port' },
  { word: 'PORT', near: 'port' },
  { word: 'hst', near: 'host' },
  { word: 'hosts', near: 'host' },
  { word: 'fleet-size', near: 'fleetSize' },
  { word: 'x', near: undefined },
  { word: 'zebra', near: undefined },
  { word: 'p'.repeat(65), near: undefined },
])('nearest to $word is $near', ({ word, near }) => {
  expect(nearestWord(word, ['host', 'port', 'fleetSize'])).toBe(near);
});
