/** Strips the types of all TypeScript files once for the many processes of a test run (load-stripped.ts). */
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Fills the folder, and returns the environment in which Node.js takes its code from there. */
export function stripForProcesses(directory: string): Record<string, string> {
  for (const file of globSync('{src,test,tools}/**/*.ts')) {
    const stripped = join(directory, file);
    mkdirSync(dirname(stripped), { recursive: true });
    writeFileSync(stripped, stripTypeScriptTypes(readFileSync(file, 'utf8')));
  }
  const preload = resolve(directory, 'load-stripped.mjs');
  writeFileSync(preload, readFileSync(join(directory, 'tools/runner/load-stripped.ts')));
  return {
    STRIPPED_ROOT: process.cwd(),
    NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import ${pathToFileURL(preload).href}`.trim(),
  };
}
