import { describe, expect, test } from 'vitest';
import { lex } from '../../../../tools/requirements/lexer.ts';

const D = '$';

describe('masking', () => {
  test.for([
    { what: 'a line comment', text: 'a(); // {{{\nb();', masked: 'a();       \nb();' },
    { what: 'a block comment', text: 'a /* } */ b', masked: 'a         b' },
    { what: 'a string', text: "a('}\\'{');", masked: "a('    ');" },
    { what: 'a double-quoted string', text: 'a("//");', masked: 'a("  ");' },
    { what: 'a template', text: 'a(`}{`);', masked: 'a(`  `);' },
    {
      what: 'a template with an expression',
      text: `a(\`x${D}{b({})}y\`);`,
      masked: 'a(`  {b({})} `);',
    },
    {
      what: 'a template in a template',
      text: `a(\`${D}{b ? \`}${D}{c}\` : 1}{\`);`,
      masked: 'a(` {b ? `  {c}` : 1} `);',
    },
    { what: 'a regular expression', text: 'x = /[/{]\\/}/g;', masked: 'x =          g;' },
    { what: 'a regular expression after return', text: 'return /}/;', masked: 'return    ;' },
    { what: 'a division', text: 'x = a / b; // {', masked: 'x = a / b;     ' },
    { what: 'a division after a bracket', text: 'x = (a) / 2 / {};', masked: 'x = (a) / 2 / {};' },
  ])('hides $what and keeps every position', ({ text, masked }) => {
    expect(lex(text).masked).toBe(masked);
  });

  test('comments and strings are told apart', () => {
    const { comments, strings } = lex("f('// no'); // yes '");
    expect(comments).toEqual([{ kind: 'comment', start: 12, end: 20 }]);
    expect(strings).toEqual([{ kind: 'string', start: 2, end: 9 }]);
  });

  test.for(["'", '"', '`', '/*', '//', '/', '`$' + '{'])('an unfinished %s ends with the text', (text) => {
    expect(lex(text).masked).toHaveLength(text.length);
  });
});
