import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkArchitecture, importsOf, roomOf } from './check-architecture.ts';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));

describe('the rooms of src', () => {
  const report = checkArchitecture(SRC);

  it('have been read', () => {
    expect(report.files.length).toBeGreaterThan(20);
  });

  it.for([
    'main.ts',
    'cli/',
    'config/',
    'domain/',
    'edge/control/',
    'edge/http/',
    'edge/metrics/',
    'edge/xks/',
    'engine/xks/',
    'hsm/',
    'hsm/aead/',
    'hsm/devices/',
    'hsm/host/',
    'hsm/pkcs11/',
    'hsm/supervisor/',
    'hsm/wire/',
    'log/',
    'metrics/',
    'sigv4/',
  ])('include %s', (room) => {
    expect(report.files.filter((file) => roomOf(file)?.path === room)).not.toHaveLength(0);
  });

  it('import only what architecture allows', () => {
    expect(report.violations).toStrictEqual([]);
  });
});

describe('a planted fault', () => {
  it.for<[file: string, source: string, complaint: string]>([
    ['domain/a.ts', "import { createHash } from 'node:crypto';", 'domain/ may not import node:crypto'],
    ['domain/a.ts', "import type { X } from '../engine/xks/x.ts';", 'domain/ may not import engine/xks/'],
    ['domain/a.ts', "import {\n  a,\n  type B,\n} from 'zod';", 'domain/ may not import zod'],
    ['domain/a.ts', "export { b } from '../log/b.ts';", 'domain/ may not import log/'],
    ['domain/a.ts', "export * from '../log/b.ts';", 'domain/ may not import log/'],
    ['domain/a.ts', "import '../log/b.ts';", 'domain/ may not import log/'],
    ['domain/a.ts', "type T = import('../log/b.ts').B;", 'domain/ may not import log/'],
    ['domain/a.ts', 'const now = Date.now();', 'reads the clock'],
    ['sigv4/a.ts', "import { readFileSync } from 'node:fs';", 'sigv4/ may not import node:fs'],
    ['engine/xks/a.ts', "import { K } from '../kms/k.ts';", 'engine/xks/ may not import engine/kms/'],
    ['engine/xks/a.ts', "import { F } from '../../hsm/fleet.ts';", 'engine/xks/ may not import hsm/'],
    [
      'engine/xks/a.ts',
      "const f = await import('../../edge/xks/f.ts');",
      'engine/xks/ may not import edge/xks/',
    ],
    ['edge/http/a.ts', "import { p } from '../xks/p.ts';", 'edge/http/ may not import edge/xks/'],
    ['edge/xks/a.ts', "import { c } from '../../config/c.ts';", 'edge/xks/ may not import config/'],
    ['edge/xks/a.ts', "import { f } from '../../hsm/f.ts';", 'edge/xks/ may not import hsm/'],
    ['edge/xks/a.ts', "import pkcs11 from 'pkcs11js';", 'edge/xks/ may not import pkcs11js'],
    ['config/a.ts', "import { l } from '../log/l.ts';", 'config/ may not import log/'],
    ['config/a.ts', 'const port = process.env.PORT;', 'reads process.env'],
    ['config/a.ts', "const port = process['env']['PORT'];", 'reads process.env'],
    ['config/a.ts', "import { env } from 'node:process';", 'reads process.env'],
    ['metrics/a.ts', "import { m } from '../log/m.ts';", 'metrics/ may not import log/'],
    ['log/a.ts', "import { register } from 'prom-client';", 'log/ may not import prom-client'],
    ['hsm/fleet.ts', "import { Module } from 'graphene-pk11';", 'hsm/ may not import graphene-pk11'],
    ['hsm/fleet.ts', "import { m } from './pkcs11/m.ts';", 'hsm/pkcs11/ is private'],
    ['hsm/supervisor/a.ts', "import { h } from '../host/h.ts';", 'hsm/host/ is private'],
    ['hsm/supervisor/a.ts', "const p = require('pkcs11js');", 'hsm/supervisor/ may not import pkcs11js'],
    ['hsm/host/a.ts', "import { e } from '../../engine/xks/e.ts';", 'hsm/host/ may not import engine/xks/'],
    ['cli/a.ts', "import { m } from '../hsm/pkcs11/m.ts';", 'hsm/pkcs11/ is private'],
    ['cli/a.ts', "import { x } from '../edge/xks/x.ts';", 'cli/ may not import edge/xks/'],
    ['cli/a.ts', "import { x } from '../../test/support/x.ts';", 'outside of src'],
    ['cli/a.ts', 'const m = await import(name);', 'a computed import cannot be checked'],
    ['helpers/a.ts', '', 'is in no room'],
    ['stray.ts', '', 'is in no room'],
    ['log/a.ts', '\n'.repeat(501), 'has 501 lines, the cap is 500'],
  ])('in %s is caught: %s', ([file, source, complaint]) => {
    expect(violationsOf({ [file]: source })).toStrictEqual([expect.stringContaining(complaint)]);
  });

  it('does not hide behind text that looks like a comment', () => {
    const source = "const glob = 'src/**';\nimport { log } from '../log/l.ts';\nconst url = 'https://*/';";
    expect(violationsOf({ 'domain/a.ts': source })).toHaveLength(1);
  });
});

describe('what is allowed', () => {
  it.for<[file: string, source: string]>([
    ['main.ts', "import { c } from './config/c.ts';\nimport { x } from './edge/xks/x.ts';"],
    ['domain/a.ts', "import { b } from './b.ts';\nexport const url = 'node:crypto';"],
    ['sigv4/a.ts', "import { createHmac } from 'node:crypto';"],
    ['edge/xks/a.ts', "import { s } from '../../engine/xks/s.ts';\nimport type { E } from '../http/e.ts';"],
    ['hsm/fleet.ts', "import { s } from './supervisor/s.ts';\nimport { spawn } from 'node:child_process';"],
    ['hsm/host/a.ts', "import { m } from '../pkcs11/m.ts';\nimport * as pkcs11 from 'pkcs11js';"],
    ['config/env.ts', 'export const environment = { ...process.env };'],
    ['cli/a.ts', "import { t } from '../hsm/token-admin.ts';\nimport { start } from '../main.ts';"],
  ])('in %s passes: %s', ([file, source]) => {
    expect(violationsOf({ [file]: source })).toStrictEqual([]);
  });

  it('is read from every form of import', () => {
    const source = [
      "import a from 'a';",
      "import type { B } from 'b';",
      "import c, { d } from 'c';",
      "import * as e from 'e';",
      "export type { F } from 'f';",
      "import 'g';",
      "await import('h');",
    ].join('\n');
    expect(importsOf(source).sort()).toStrictEqual(['a', 'b', 'c', 'e', 'f', 'g', 'h']);
  });
});

function violationsOf(files: Readonly<Record<string, string>>): readonly string[] {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-architecture-'));
  try {
    for (const [file, source] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, file)), { recursive: true });
      writeFileSync(join(directory, file), source);
    }
    return checkArchitecture(directory).violations;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
