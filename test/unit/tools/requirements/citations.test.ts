import { describe, expect, test } from 'vitest';
import { citationsOf } from '../../../../tools/requirements/citations.ts';

function cited(text: string): string[] {
  return citationsOf('src/a.ts', text).citations.map(
    ({ id, line, declaration }) => `${id} ${line} ${declaration.kind} ${declaration.name}`,
  );
}

describe('what a citation stands above', () => {
  test.for([
    { what: 'an exported function', code: 'export function f(): void {}', name: 'function f' },
    { what: 'an async function', code: 'async function f() {}', name: 'function f' },
    { what: 'a generator', code: 'function* f() {}', name: 'function f' },
    { what: 'a constant', code: 'export const LIMIT = 1;', name: 'value LIMIT' },
    { what: 'an arrow function', code: 'const f = (a: A): B => a;', name: 'function f' },
    {
      what: 'a typed arrow function',
      code: 'const f: (a: A) => B = async (a) => { g(); };',
      name: 'function f',
    },
    { what: 'a function expression', code: 'const f = function () {};', name: 'function f' },
    { what: 'an interface', code: 'export interface F { a: 1 }', name: 'type F' },
    { what: 'a type', code: "export type F = { a: 1 } | 'b';", name: 'type F' },
    { what: 'a class', code: 'export abstract class F extends G<H> {}', name: 'class F' },
    { what: 'an import', code: "import { a } from './a.ts';", name: 'module (module)' },
    { what: 'nothing', code: '', name: 'module (module)' },
  ])('$what', ({ code, name }) => {
    expect(cited(`import x from 'x';\n// @req X-34\n${code}\nexport const LAST = 2;\n`)).toEqual([
      `X-34 2 ${name.replace('module (module)', code === '' ? 'value LAST' : name)}`,
    ]);
  });

  test.for([
    {
      what: 'a method',
      code: 'class C { a = 1;\n// @req X-34\nprivate async m<T>(x: { y: T }): Promise<{ z: T }> { return x; } }',
    },
    { what: 'a private method', code: 'class C {\n// @req X-34\n#m(): void {} }', name: 'C.#m' },
    {
      what: 'a field with an arrow function',
      code: 'class C {\n// @req X-34\nreadonly m = (): void => {}; }',
    },
    { what: 'a getter', code: 'class C {\n// @req X-34\nget m(): number { return 1; } }' },
    { what: 'an object method', code: 'const C = {\n// @req X-34\nm(a: string) { return a; },\n};' },
    { what: 'an object property', code: 'const C = { a: 1,\n// @req X-34\nm: (a: string) => a,\nb: 2 };' },
    {
      what: 'a constant in a function',
      code: 'function C() {\n// @req X-34\nconst m = () => 1;\nreturn m; }',
    },
  ])('inside a declaration: $what', ({ code, name = 'C.m' }) => {
    expect(cited(code)).toEqual([`X-34 2 function ${name}`]);
  });

  test.for([
    { what: 'a condition', code: 'if (a) { b(); }' },
    { what: 'a call', code: 'check(a, { b: 1 });' },
    { what: 'a return', code: 'return a;' },
    { what: 'an assignment', code: 'a = b;' },
    { what: 'the end of the body', code: '' },
  ])('$what belongs to the function around it', ({ code }) => {
    expect(cited(`function outer() {\n// @req X-34\n${code}\n}\nfunction other() {}`)).toEqual([
      'X-34 2 function outer',
    ]);
  });

  test('a quoted property keeps its name', () => {
    expect(cited("const TABLE = {\n// @req X-34\n'a-b': 1,\n};")).toEqual(['X-34 2 value TABLE.a-b']);
  });

  test('a member of an interface is a type', () => {
    expect(cited('interface I {\n// @req X-34\nreadonly a?: string;\n}')).toEqual(['X-34 2 type I.a']);
  });

  test('a comment behind code on the same line belongs to that code', () => {
    expect(cited('const A = 1; // @req X-34\nconst B = 2;')).toEqual(['X-34 1 value A']);
  });

  test('other comments may stand between', () => {
    expect(cited('/** @req X-34 */\n// why\nfunction f() {}')).toEqual(['X-34 1 function f']);
  });
});

describe('how a citation is written', () => {
  test.for([
    { text: '// @req X-01 X-02, X-03 and X-04', ids: ['X-01', 'X-02', 'X-03', 'X-04'] },
    { text: '/** @req X-01 @req X-02 */', ids: ['X-01', 'X-02'] },
    { text: '/**\n * @req X-01\n * X-02\n */', ids: ['X-01', 'X-02'] },
    { text: '// @req X-48…X-51', ids: ['X-48', 'X-49', 'X-50', 'X-51'] },
    { text: '// @req X-01 unlike X-02', ids: ['X-01'] },
    { text: '// X-01 without the tag', ids: [] },
    { text: "const a = '// @req X-01';", ids: [] },
  ])('$text', ({ text, ids }) => {
    expect(citationsOf('src/a.ts', `${text}\nfunction f() {}`).citations.map(({ id }) => id)).toEqual(ids);
  });

  test('a tag without an id is reported with its place', () => {
    expect(citationsOf('src/a.ts', '\n// @req soon\nfunction f() {}').unreadable).toEqual(['src/a.ts:2']);
  });
});
