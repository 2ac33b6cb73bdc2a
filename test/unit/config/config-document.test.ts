import { describe, expect, it, test } from 'vitest';
import { parseConfigDocument } from '../../../src/config/config-document.ts';
import { ConfigDirectory, faultOf } from './config-directory.ts';

describe('YAML that is refused', () => {
  test.for([
    { yaml: 'a: 1\na: 2', line: 2, found: 'has the same field twice here' },
    { yaml: 'a: 1\n---\nb: 2', line: 2, found: 'has a second document here' },
    { yaml: 'a:\n\tb: 1', line: 2, found: 'is indented with a tab here' },
    { yaml: 'a: [1,\nb: 2', line: 2, found: 'is indented wrongly here' },
    { yaml: 'a: b: c', line: 1, found: 'has a second colon on one line here' },
    { yaml: 'a: "b', line: 1, found: 'lacks a closing quote, bracket or colon here' },
    { yaml: 'a: "\\q"', line: 1, found: 'has an unknown escape in a double-quoted text here' },
    { yaml: 'a: !b c', line: 1, found: 'has an unknown tag (a word that starts with !) here' },
    { yaml: '? [a]\n: b', line: 1, found: 'has a field name here that is not a text' },
    { yaml: 'a: @b', line: 1, found: 'is not valid YAML here' },
    { yaml: 'a: 1\nb: *c', line: 2, found: 'has an alias without an anchor before it' },
    { yaml: 'a:\n  __proto__: 1', line: 2, found: 'has a field named __proto__' },
  ])('$found: $yaml', ({ yaml, line, found }) => {
    using directory = new ConfigDirectory();
    const fault = faultOf(directory.write('c.yaml', yaml));
    expect(fault.code).toBe('syntax');
    expect(fault.problems[0]).toMatchObject({ line, found });
  });

  it('is refused when it is not UTF-8', () => {
    using directory = new ConfigDirectory();
    const file = directory.writeBytes('c.yaml', Uint8Array.of(0x61, 0x3a, 0xff));
    expect(faultOf(file).message).toBe(
      `1 problem in the configuration\n${file}: (the whole file) is not UTF-8; expected YAML in UTF-8; save it as UTF-8`,
    );
  });

  it('is refused when aliases multiply', () => {
    const lists = ['a: &a [x,x,x,x,x,x,x,x,x,x]'];
    for (const [name, of] of ['ba', 'cb', 'dc', 'ed'])
      lists.push(`${name}: &${name} [${`*${of},`.repeat(10)}]`);
    expect(() => parseConfigDocument('c.yaml', lists.join('\n'))).toThrow(
      'c.yaml: (the whole file) has too many aliases; expected at most 100; write the values out',
    );
  });
});

describe('YAML that is refused before it costs anything', () => {
  const aliases = (count: number): string => `x: &a 1\ny: [${Array(count).fill('*a').join(', ')}]\n`;

  test.for([101, 20_000])('%i aliases', (count) => {
    expect(() => parseConfigDocument('c.yaml', aliases(count))).toThrow(
      '(the whole file) has too many aliases; expected at most 100; write the values out',
    );
  });

  it('but not 100 of them', () => {
    const { content } = parseConfigDocument('c.yaml', aliases(100));
    expect(content).toEqual({ x: 1, y: Array(100).fill(1) });
  });

  it('a flood of mistakes, of which the first are listed', () => {
    const fault = (): unknown => parseConfigDocument('c.yaml', `x: ${'@'.repeat(9)}\n`.repeat(50));
    expect(fault).toThrow(/^20 problems in the configuration\n/);
  });

  test.for(['%YAML 1.1\n---\na: 1\n', '%YAML 1.0\n---\na: 1\n', '%YAML 1.3\n---\na: 1\n'])(
    'another version of YAML, which would read the file otherwise: %j',
    (text) => {
      expect(() => parseConfigDocument('c.yaml', text)).toThrow(/expected YAML 1\.2/);
    },
  );

  it('is not the version that is meant', () => {
    expect(parseConfigDocument('c.yaml', '%YAML 1.2\n---\na: yes\n').content).toEqual({ a: 'yes' });
  });
});

describe('a file that cannot be read', () => {
  test.for([
    { name: 'missing.yaml', found: 'does not exist' },
    { name: '.', found: 'is not a regular file' },
    { name: 'pin/c.yaml', found: 'does not exist' },
  ])('$name $found', ({ name, found }) => {
    using directory = new ConfigDirectory();
    const file = `${directory.path}/${name}`;
    expect(faultOf(file)).toMatchObject({
      code: 'unreadable',
      file,
      problems: [{ path: [], found, expected: 'a configuration file', remedy: 'give its path' }],
    });
  });
});

describe('YAML that is read', () => {
  it('keeps field names as they are written', () => {
    const { content } = parseConfigDocument('c.yaml', '{ 0042: a, 1e3: b, true: c }');
    expect(content).toEqual({ '0042': 'a', '1e3': 'b', true: 'c' });
  });

  it('resolves aliases, and finds the lines behind them', () => {
    const { content, lineOf } = parseConfigDocument('c.yaml', 'a: &x\n  b:\n    - 1\n    - 2\nc: *x\n');
    expect(content).toEqual({ a: { b: [1, 2] }, c: { b: [1, 2] } });
    expect(lineOf(['c'])).toBe(5);
    expect(lineOf(['c', 'b', 1])).toBe(4);
  });

  test.for([
    { path: [], line: 1 },
    { path: ['a'], line: 1 },
    { path: ['a', 'missing'], line: 1 },
    { path: ['l'], line: 3 },
    { path: ['l', 1], line: 5 },
    { path: ['l', 1, 'n'], line: 6 },
    { path: ['l', 9], line: 3 },
    { path: ['a', 'b', 'c', 'd'], line: 2 },
  ])('the line of $path is $line', ({ path, line }) => {
    const { lineOf } = parseConfigDocument('c.yaml', 'a:\n  b: 1\nl:\n  - m: 1\n  - m: 2\n    n: 3\n');
    expect(lineOf(path)).toBe(line);
  });
});
