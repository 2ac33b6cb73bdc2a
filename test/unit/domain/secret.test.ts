import { inspect } from 'node:util';
import { describe, expect, it, test } from 'vitest';
import { Secret } from '../../../src/domain/secret.ts';

describe('a secret', () => {
  const secret = new Secret('canary-7f3a');

  it('gives its value through reveal', () => {
    expect(secret.reveal()).toBe('canary-7f3a');
  });

  test.for([
    { way: 'string conversion', text: String(secret) },
    { way: 'a template', text: `${secret}` },
    { way: 'JSON', text: JSON.stringify(secret) },
    { way: 'JSON inside an object', text: JSON.stringify({ pin: secret }) },
    { way: 'util.inspect', text: inspect(secret) },
    { way: 'util.inspect with hidden fields', text: inspect({ secret }, { showHidden: true, depth: 9 }) },
  ])('does not show it in $way', ({ text }) => {
    expect(text).toContain('[secret]');
    expect(text).not.toContain('canary-7f3a');
  });

  it('has no enumerable fields', () => {
    expect(Object.entries(secret)).toEqual([]);
  });
});
