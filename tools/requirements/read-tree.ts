/** Reads the project's sources and tests for the requirement checks. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { citationsOf } from './citations.ts';
import type { Findings } from './matrix.ts';
import { RequirementsFault } from './requirements-fault.ts';
import { testTitlesOf } from './test-titles.ts';

/** Throws when a tree holds no TypeScript at all: a check over nothing would pass. */
export function readTree(root: string): Findings {
  const scans = typescriptFiles(root, 'src').map((file) => citationsOf(file, read(root, file)));
  const tests = typescriptFiles(root, 'test').filter(
    (file) => file.endsWith('.test.ts') && !file.startsWith(TESTS_OF_TOOLS),
  );
  return {
    citations: scans.flatMap(({ citations }) => citations),
    unreadable: scans.flatMap(({ unreadable }) => unreadable),
    titles: tests.flatMap((file) => testTitlesOf(file, read(root, file))),
  };
}

function typescriptFiles(root: string, folder: string): string[] {
  const path = join(root, folder);
  const entries = existsSync(path) ? readdirSync(path, { recursive: true, withFileTypes: true }) : [];
  const files = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
  if (files.length === 0)
    throw new RequirementsFault(`${path}: no TypeScript files found; is this the project's root?`);
  return files;
}

function read(root: string, file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** Their cases are full of made-up ids. */
const TESTS_OF_TOOLS = 'test/unit/tools/';
