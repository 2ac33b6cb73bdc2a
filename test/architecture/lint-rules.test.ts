import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const directory = await mkdtemp(join(tmpdir(), 'portcullis-lint-'));
let findings: readonly string[] = [];

const PLANTED: Readonly<Record<string, string>> = {
  'src/config/env.ts': "export const path = process.env['PATH'];",
  'src/edge/faults.ts': [
    "import { back } from './back.ts';",
    'export async function work(): Promise<void> {\n  await back();\n}',
    "export function pick(letter: 'x' | 'y'): number {",
    "  switch (letter) {\n    case 'x':\n      return 1;\n  }\n  return 2;\n}",
    'export function go(list: string[]): void {\n  work();\n  list.forEach(async () => {\n    await work();\n  });',
    "  console.log(process.env['PATH']);\n}",
    `export function long(): void {\n${'  go([]);\n'.repeat(61)}}`,
  ].join('\n'),
  'src/edge/back.ts': "import { work } from './faults.ts';\nexport const back = async () => await work();",
  'src/edge/index.ts': "export * from './faults.ts';",
  'src/edge/endless.ts': `export const lines = [${'\n  1,'.repeat(501)}\n];`,
};

/** The rules are only as good as the project files they read: this runs the linter on faults of each kind. */
describe('the linter', () => {
  beforeAll(async () => {
    for (const [file, source] of Object.entries(PLANTED)) {
      await mkdir(dirname(join(directory, file)), { recursive: true });
      await writeFile(join(directory, file), `${source}\n`);
    }
    await copyFile(join(ROOT, 'biome.json'), join(directory, 'biome.json'));
    await copyFile(join(ROOT, 'tsconfig.json'), join(directory, 'tsconfig.json'));
    await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
    const biome = join(ROOT, 'node_modules/.bin/biome');
    const lint = ['lint', '--vcs-enabled=false', '--max-diagnostics=none', '--reporter=github', 'src'];
    const output = await promisify(execFile)(biome, lint, { cwd: directory }).catch((error) => error);
    findings = String(output.stdout).split('\n');
  }, 60_000);

  afterAll(() => rm(directory, { recursive: true, force: true }));

  it.for([
    ['noImportCycles', 'src/edge/back.ts'],
    ['noImportCycles', 'src/edge/faults.ts'],
    ['useExhaustiveSwitchCases', 'src/edge/faults.ts'],
    ['noFloatingPromises', 'src/edge/faults.ts'],
    ['noMisusedPromises', 'src/edge/faults.ts'],
    ['noForEach', 'src/edge/faults.ts'],
    ['noConsole', 'src/edge/faults.ts'],
    ['noProcessEnv', 'src/edge/faults.ts'],
    ['noExcessiveLinesPerFunction', 'src/edge/faults.ts'],
    ['noExcessiveLinesPerFile', 'src/edge/endless.ts'],
    ['noBarrelFile', 'src/edge/index.ts'],
  ])('finds %s in %s', ([rule, file]) => {
    expect(findings).toContainEqual(expect.stringMatching(`${rule},file=\\S*/${file},`));
  });

  it('lets config/env.ts read the environment', () => {
    expect(findings.join('\n')).not.toContain('src/config/env.ts');
  });
});
