import { expect, test } from 'vitest';
import { selectorText } from '../../../../src/domain/hsm/key-selector.ts';

test.for([
  { selector: { label: 'foo' }, text: 'label=foo' },
  { selector: { idHex: '0a1b' }, text: 'id=0a1b' },
  { selector: { label: 'foo', idHex: '0a1b' }, text: 'label=foo;id=0a1b' },
  { selector: { idHex: '0a1b', label: 'foo' }, text: 'label=foo;id=0a1b' },
])('a selector reads $text', ({ selector, text }) => {
  expect(selectorText(selector)).toBe(text);
});
