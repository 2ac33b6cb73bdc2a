import { stripTypeScriptTypes } from 'node:module';
import { describe, expect, test } from 'vitest';
import { citationsOf } from '../../../../tools/requirements/citations.ts';
import { mutateSource } from '../../../../tools/requirements/mutate-source.ts';

/** The mutant's JavaScript, with `use` called behind it. */
function mutantOf(code: string): string | undefined {
  const text = code.replace('@@', '\n/* @req X-34 */\n');
  const [citation] = citationsOf('src/a.ts', text).citations;
  const mutant = citation === undefined ? undefined : mutateSource(text, citation.declaration);
  return mutant === undefined ? undefined : stripTypeScriptTypes(mutant.text);
}

function runMutant(code: string, use: string): unknown {
  return new Function(`${mutantOf(code)}; return ${use};`)();
}

describe('a mutant throws when it is used', () => {
  test.for([
    { what: 'a function', code: '@@ function f() { return 1; }', use: 'f()' },
    {
      what: 'a function of a typed pattern',
      code: '@@ function f({ a }: { a: 1 } = { a: 1 }): { b: 1 } { return { b: a }; }',
      use: 'f()',
    },
    {
      what: 'a generic function',
      code: '@@ function f<T extends () => void>(t?: T): Array<{ t?: T }> { return [{ t }]; }',
      use: 'f()',
    },
    {
      what: 'an arrow function with a body',
      code: '@@ const f = (): { a: 1 } => { return { a: 1 }; };',
      use: 'f()',
    },
    {
      what: 'an arrow function of an expression',
      code: '@@ const f = (a = 1): number => a + 1;',
      use: 'f()',
    },
    { what: 'a constant number', code: '@@ const f = 4300;', use: '1 > f' },
    { what: 'a constant table', code: "@@ const f = { a: 'b' } as const;", use: 'f.a' },
    { what: 'a constant list', code: '@@ const f: readonly number[] = [1, 2];', use: '[...f]' },
    { what: 'a method', code: 'class C { @@ m(): number { return 1; } }', use: 'new C().m()' },
    { what: 'an object method', code: 'const C = { @@ m() { return 1; }, n: 1 };', use: 'C.m()' },
    { what: 'an object property', code: 'const C = { a: 1, @@ m: () => 1, n: 1 };', use: 'C.m()' },
    { what: 'a class', code: '@@ class C { readonly a = 1; }', use: 'new C()' },
    {
      what: 'a class with a constructor',
      code: '@@ class C { a: number; constructor(a: number) { this.a = a; } }',
      use: 'new C(1)',
    },
  ])('$what', ({ code, use }) => {
    expect(() => runMutant(code, use)).toThrow('mutant: this cited declaration was made to throw');
  });

  test('what stands beside it still works', () => {
    expect(
      runMutant('const C = { a: 1, @@ m: () => 1, n: 2 };\nfunction g() { return 3; }', 'C.a + C.n + g()'),
    ).toBe(6);
  });

  test.for([
    { what: 'a type', code: '@@ type A = { a: 1 };' },
    { what: 'an interface', code: '@@ interface A { a: 1 }' },
    { what: 'a module', code: "@@ import { a } from 'a';" },
    { what: 'an overload', code: '@@ function f(a: 1): 1;\nfunction f(a: number): number { return a; }' },
  ])('$what has no body to mutate', ({ code }) => {
    expect(mutantOf(code)).toBeUndefined();
  });
});
