import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { matchesWildcard } from '../../../../src/domain/xks/wildcard.ts';

describe('wildcard patterns', () => {
  test.for([
    { pattern: '', text: '', expected: true },
    { pattern: '', text: 'a', expected: false },
    { pattern: '*', text: '', expected: true },
    { pattern: '**', text: 'anything', expected: true },
    { pattern: '?', text: '', expected: false },
    { pattern: '?', text: 'x', expected: true },
    { pattern: '??', text: 'x', expected: false },
    { pattern: 'foo', text: 'foo', expected: true },
    { pattern: 'foo', text: 'Foo', expected: false },
    { pattern: 'foo', text: 'foobar', expected: false },
    { pattern: 'foo*', text: 'foobar', expected: true },
    { pattern: '*bar', text: 'foobar', expected: true },
    { pattern: '*bar', text: 'foobarb', expected: false },
    { pattern: 'f*b?r', text: 'foo-bar', expected: true },
    { pattern: 'a*b*c', text: 'aXbXbXc', expected: true },
    { pattern: 'a*b*c', text: 'aXbXbX', expected: false },
    { pattern: 'a.c', text: 'abc', expected: false },
    { pattern: '[a]', text: 'a', expected: false },
    { pattern: 'a*', text: 'a*', expected: true },
    {
      pattern: 'arn:aws:iam::*:role/Admin-*',
      text: 'arn:aws:iam::123456789012:role/Admin-eu',
      expected: true,
    },
    { pattern: 'arn:aws:sts::*:assumed-role/?/*', text: 'arn:aws:sts::1:assumed-role/ab/c', expected: false },
  ])('X-67: "$pattern" against "$text" is $expected', ({ pattern, text, expected }) => {
    expect(matchesWildcard(pattern, text)).toBe(expected);
  });

  it('X-67: agrees with a regular expression of the same meaning', () => {
    const alphabet = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 });
    const letters = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 });
    fc.assert(
      fc.property(alphabet, letters, (pattern, text) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's');
        expect(matchesWildcard(pattern, text)).toBe(expression.test(text));
      }),
    );
  });

  it('X-67: a pattern that makes backtracking matchers explode is decided', () => {
    expect(matchesWildcard(`${'a*'.repeat(200)}b`, 'a'.repeat(20_000))).toBe(false);
  });
});
