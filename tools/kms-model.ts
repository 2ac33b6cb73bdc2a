/**
 * Makes the wire model and the types of the KMS API from the service's description and our reviewed additions.
 * `--check` fails when what is in the tree is something else.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiTypes } from './kms-model/api-types.ts';
import { type Additions, mergeModel, type ServiceModel } from './kms-model/merge-model.ts';

function main(): number {
  const read = <T>(name: string): T =>
    JSON.parse(readFileSync(join(ROOT, 'tools/kms-model', name), 'utf8')) as T;
  const model = mergeModel(read<ServiceModel>('service-model.json'), read<Additions>('additions.json'));
  const files: Record<string, string> = {
    'src/edge/kms/model.json': `${JSON.stringify(model, undefined, 2)}\n`,
  };
  for (const [name, text] of Object.entries(apiTypes(model))) files[`src/domain/kms/api/${name}`] = text;
  const formatted = format(files);
  if (!process.argv.includes('--check')) {
    mkdirSync(join(ROOT, 'src/domain/kms/api'), { recursive: true });
    mkdirSync(join(ROOT, 'src/edge/kms'), { recursive: true });
    for (const [path, text] of Object.entries(formatted)) writeFileSync(join(ROOT, path), text);
    return 0;
  }
  const stale = Object.entries(formatted).filter(
    ([path, text]) => readFileSync(join(ROOT, path), 'utf8') !== text,
  );
  for (const [path] of stale)
    process.stdout.write(`${path} is not what its source says; run: node tools/kms-model.ts\n`);
  return stale.length === 0 ? 0 : 1;
}

/** As the project's formatter writes it, so that generated files pass its check. */
function format(files: Readonly<Record<string, string>>): Record<string, string> {
  const folder = mkdtempSync(join(ROOT, 'tools', 'unformatted-'));
  try {
    const names = Object.keys(files).map((path, index) => ({
      path,
      draft: join(folder, `${index}-${path.split('/').at(-1)}`),
    }));
    for (const { path, draft } of names) writeFileSync(draft, files[path] as string);
    execFileSync('biome', ['check', '--write', '--linter-enabled=false', folder], { stdio: 'pipe' });
    return Object.fromEntries(names.map(({ path, draft }) => [path, readFileSync(draft, 'utf8')]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const ROOT = join(import.meta.dirname, '..');

process.exitCode = main();
