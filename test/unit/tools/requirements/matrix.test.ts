import { describe, expect, test } from 'vitest';
import { parseCatalogue } from '../../../../tools/requirements/catalogue.ts';
import { citationsOf } from '../../../../tools/requirements/citations.ts';
import { renderDocument } from '../../../../tools/requirements/document.ts';
import { buildMatrix, type Matrix } from '../../../../tools/requirements/matrix.ts';
import { testTitlesOf } from '../../../../tools/requirements/test-titles.ts';

const CATALOGUE = `
requirements:
  - { id: X-01, level: [MUST], section: Sums, text: The sum is the sum of its parts. }
  - { id: X-02, level: [MAY], section: Sums, text: There may be differences as well. }
  - id: X-03
    level: [SHOULD]
    section: Products
    text: The product is exact.
    exception: { owner: runtime, reason: The runtime multiplies., waives: [implementation] }
  - { id: X-04, level: [AWS], section: Products, text: Division is done elsewhere. }
mistakes:
  - { number: 1, text: Sums overflowed in silence. }
`;

function matrixOf(code: string, tests: string): Matrix {
  const { citations, unreadable } = citationsOf('src/sum.ts', code);
  return buildMatrix(parseCatalogue(CATALOGUE), {
    citations,
    unreadable,
    titles: testTitlesOf('test/sum.test.ts', tests),
  });
}

const GOOD_CODE = '// @req X-01\nexport function sum() {}';
const GOOD_TESTS = "it('X-01: sums', f); it('X-03: product', f); it('mistake 1: overflow', f);";

describe('the check', () => {
  test('passes when every binding requirement has its proofs', () => {
    expect(matrixOf(GOOD_CODE, GOOD_TESTS).problems).toEqual([]);
  });

  test.for([
    {
      what: 'code',
      code: '',
      tests: GOOD_TESTS,
      problems: ['X-01: no implementation and no exception that says why'],
    },
    {
      what: 'tests',
      code: GOOD_CODE,
      tests: '',
      problems: [
        'X-01: no test and no exception that says why',
        'X-03: no test and no exception that says why',
        'mistake 1: no test',
      ],
    },
    {
      what: 'known ids',
      code: `${GOOD_CODE}\n// @req X-99\nfunction other() {}`,
      tests: `${GOOD_TESTS} it('X-5 and mistake 9: odd', f);`,
      problems: [
        'src/sum.ts:3: cites the unknown X-99',
        "test/sum.test.ts: 'X-5 and mistake 9: odd' names the unknown X-5",
        "test/sum.test.ts: 'X-5 and mistake 9: odd' names the unknown mistake 9",
      ],
    },
    {
      what: 'an id behind the tag',
      code: `${GOOD_CODE}\n// @req later\nfunction other() {}`,
      tests: GOOD_TESTS,
      problems: ['src/sum.ts:3: @req without an id such as X-34'],
    },
  ])('names the lack of $what', ({ code, tests, problems }) => {
    expect(matrixOf(code, tests).problems).toEqual(problems);
  });
});

describe('the page', () => {
  const page = renderDocument(matrixOf(GOOD_CODE, GOOD_TESTS));

  test('links each requirement to its declarations and tests, without line numbers', () => {
    expect(page).toContain(
      '| X-01 | MUST | The sum is the sum of its parts. | [sum.ts](../../src/sum.ts) `sum` | [sum.test.ts](../../test/sum.test.ts) (1) |',
    );
  });

  test('shows an exception with its owner and reason', () => {
    expect(page).toContain('*Exception (runtime): The runtime multiplies.*');
  });

  test('does not change when code moves', () => {
    expect(renderDocument(matrixOf(`\n\n\n${GOOD_CODE}`, GOOD_TESTS))).toBe(page);
  });
});

describe('the catalogue', () => {
  test.for([
    { what: 'an unknown level', yaml: CATALOGUE.replace('MAY', 'MIGHT') },
    { what: 'an id of another form', yaml: CATALOGUE.replace('X-02', 'X-2') },
    { what: 'an id listed twice', yaml: CATALOGUE.replace('X-02', 'X-01') },
    {
      what: 'an exception without a reason',
      yaml: CATALOGUE.replace('reason: The runtime multiplies., ', ''),
    },
  ])('is refused for $what', ({ yaml }) => {
    expect(() => parseCatalogue(yaml)).toThrow();
  });
});
