/** What our documents claim about this repository is true: links, scripts, and nothing that belongs elsewhere. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');

const DOCUMENTS = globSync(['*.md', 'docs/**/*.md', 'examples/**/*.md'], { cwd: ROOT }).sort();
const COMMITTED = globSync(
  [
    '*.{md,json,ts}',
    'Dockerfile',
    '{docs,src,test,tools,examples,config,softhsm,.ci}/**/*.{ts,md,yaml,json,sh,py}',
    '.ci/run',
  ],
  { cwd: ROOT },
).filter((file) => file !== relative(ROOT, import.meta.filename));

interface Link {
  readonly file: string;
  readonly target: string;
}

/** Targets of Markdown links in a text, code left out, that point into the repository. */
function relativeLinks(file: string, text: string): Link[] {
  const prose = text.replaceAll(/```[\s\S]*?```/g, '').replaceAll(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => ({ file, target }))
    .filter(({ target }) => !/^(?:[a-z]+:|#)/.test(target));
}

function isBroken({ file, target }: Link): boolean {
  const [path = '', anchor] = target.split('#');
  const absolute = join(ROOT, dirname(file), path);
  if (!existsSync(absolute)) return true;
  return anchor !== undefined && !anchorsOf(readFileSync(absolute, 'utf8')).includes(anchor);
}

/** Headings as GitHub turns them into anchors. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function scriptsNamed(text: string): string[] {
  const runs = [...text.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name = '']) => name);
  const short = [...text.matchAll(/\bnpm (start|test)\b/g)].map(([, name = '']) => name);
  return [...runs, ...short];
}

/** Word by word, so that this list does not find itself. */
const FORBIDDEN: readonly RegExp[] = [
  /\bCEO\b/,
  /\bsandbox\b/i,
  /\bhelper session/i,
  /\bthis (?:issue|workplace)\b/i,
  /(?<![\w.$}])\/work\//,
  /\bregistry\.npmjs\b/i,
  /\b(?:artifactory|nexus)\b/i,
];

describe('the documents', () => {
  test('there are some', () => {
    expect(DOCUMENTS).toEqual(expect.arrayContaining(['README.md', 'SECURITY.md', 'docs/architecture.md']));
  });

  test('every relative link leads somewhere', () => {
    const links = DOCUMENTS.flatMap((file) => relativeLinks(file, readFileSync(join(ROOT, file), 'utf8')));
    expect(links.length).toBeGreaterThan(20);
    expect(links.filter(isBroken)).toEqual([]);
  });

  test('every npm script they name exists', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
    const named = DOCUMENTS.flatMap((file) => scriptsNamed(readFileSync(join(ROOT, file), 'utf8')));
    expect(named).toEqual(expect.arrayContaining(['start', 'test', 'check']));
    expect([...new Set(named)].filter((name) => !(name in scripts))).toEqual([]);
  });

  test('every document is in the index', () => {
    const index = readFileSync(join(ROOT, 'docs/README.md'), 'utf8');
    const topics = DOCUMENTS.filter((file) => /^docs\/[^/]+\.md$/.test(file) && file !== 'docs/README.md');
    expect(
      topics.map((file) => file.slice('docs/'.length)).filter((name) => !index.includes(`](${name})`)),
    ).toEqual([]);
  });

  test('no machine path appears in them', () => {
    const found = DOCUMENTS.filter((file) =>
      /(?<![\w.])\/(?:tmp|root|home)\//.test(readFileSync(join(ROOT, file), 'utf8')),
    );
    expect(found).toEqual([]);
  });
});

describe('committed text', () => {
  test('speaks of this project alone', () => {
    expect(COMMITTED.length).toBeGreaterThan(50);
    const found = COMMITTED.flatMap((file) => {
      const text = readFileSync(join(ROOT, file), 'utf8');
      return FORBIDDEN.filter((word) => word.test(text)).map((word) => `${file}: ${word}`);
    });
    expect(found).toEqual([]);
  });
});

describe('these checks themselves', () => {
  test('find a planted dead link, a dead anchor and a missing script', () => {
    const links = relativeLinks(
      'docs/a.md',
      '[a](gone.md) [b](../README.md#nowhere) [c](../README.md#try-it) `[d](x.md)`',
    );
    expect(links.filter(isBroken).map(({ target }) => target)).toEqual(['gone.md', '../README.md#nowhere']);
    expect(scriptsNamed('`npm run nightly` after npm test')).toEqual(['nightly', 'test']);
  });

  test.for(['for the CE' + 'O', 'in a sand' + 'box', 'cd /wo' + 'rk/main', 'registry.npm' + 'js.org'])(
    'find the planted words: %s',
    (text) => {
      expect(FORBIDDEN.filter((word) => word.test(text))).toHaveLength(1);
    },
  );
});
