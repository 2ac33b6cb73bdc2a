/** The stages of `npm test` and `npm run check`, in the order in which they are cheapest to fail. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearCoverage, coverageStage } from './coverage-stage.ts';
import { runCommand } from './run-command.ts';
import { check, type Stage } from './stage.ts';
import { vitestStage } from './vitest-stage.ts';

/** Everything, for `npm test` and CI. */
export function allStages(): Stage[] {
  clearCoverage();
  return [
    ...staticStages(),
    check('build', buildsAndRuns),
    ...['unit', 'edge', 'contract'].map((project) => vitestStage(project, { coverage: true })),
    // The suites of contract over other tokens: no line is new to them.
    vitestStage('tokens', { coverage: false, compileCache: true }),
    vitestStage('clients', { coverage: false, compileCache: true }),
    vitestStage('cli', { coverage: true }),
    vitestStage('starts', { coverage: false, compileCache: true }),
    vitestStage('chaos', { coverage: false, compileCache: true }),
    vitestStage('fuzz', { coverage: false }),
    coverageStage(),
  ];
}

/** The inner loop, about a minute. */
export function innerLoopStages(): Stage[] {
  return [...staticStages(), ...['unit', 'edge'].map((project) => vitestStage(project, { coverage: false }))];
}

function staticStages(): Stage[] {
  return [
    check('format and lint', () => runCommand('biome', ['ci', '--error-on-warnings', '.'])),
    check('types', () => runCommand('tsc', ['-p', '.'])),
    vitestStage('architecture', { coverage: false }),
    check('requirements', () => runTool('tools/requirements.ts', '--check')),
    check('docs', documentsAreFresh),
    check('knip', () => runCommand('knip', ['--no-progress'])),
  ];
}

/** Every tools/*-docs.ts writes documents from code, and with --check fails when they are stale; so does the KMS model's. */
async function documentsAreFresh(): Promise<boolean> {
  const tools = readdirSync('tools').filter((name) => name.endsWith('-docs.ts'));
  let fresh = tools.length > 0;
  for (const tool of [...tools, 'kms-model.ts'])
    fresh = (await runTool(join('tools', tool), '--check')) && fresh;
  return fresh;
}

async function runTool(file: string, ...args: string[]): Promise<boolean> {
  if (existsSync(file)) return runCommand('node', [file, ...args]);
  process.stdout.write(`${file} does not exist\n`);
  return false;
}

/** The JavaScript of the container is not what the tests run: it must at least compile, load and answer. */
async function buildsAndRuns(): Promise<boolean> {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-build-'));
  try {
    const built = await runCommand('tsc', ['-p', 'tsconfig.build.json', '--outDir', join(directory, 'dist')]);
    return built && (await runBuilt(directory));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function runBuilt(directory: string): Promise<boolean> {
  await runCommand('cp', ['package.json', directory]);
  await runCommand('ln', ['-s', join(process.cwd(), 'node_modules'), join(directory, 'node_modules')]);
  return runCommand('node', [join(directory, 'dist/cli/portcullis.js'), 'version']);
}
