/**
 * Writes docs/vectors/xks-aead.json, the test vectors of the derived-key AEAD, from the software model. With
 * `--check` it writes nothing and fails when the file is another one. A path as argument takes its place.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { makeVectors } from '../test/support/aead-vectors.ts';

const args = process.argv.slice(2);
const file =
  args.find((argument) => argument !== '--check') ??
  join(import.meta.dirname, '../docs/vectors/xks-aead.json');
const wanted = `${JSON.stringify(makeVectors(), null, 2)}\n`;
const current = existsSync(file) ? readFileSync(file, 'utf8') : '';
if (!args.includes('--check')) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, wanted);
} else if (current !== wanted) {
  process.stderr.write(`stale: ${file}; run node tools/aead-vectors-docs.ts\n`);
  process.exitCode = 1;
}
