/** docs/divergences.md has a word on every operation of the API. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { KMS_OPERATION_NAMES } from '../../../src/domain/kms/api/operations.ts';

it('every operation has a row among the divergences, and nothing else has', () => {
  const document = readFileSync(join(import.meta.dirname, '../../../docs/divergences.md'), 'utf8');
  const table = document.slice(document.indexOf('### By operation'));
  const rows = [...table.matchAll(/^\| ([A-Z][A-Za-z]+) \| \S/gm)].map(([, name]) => name);

  expect(rows.filter((name) => name !== 'Operation')).toEqual([...KMS_OPERATION_NAMES].toSorted());
});
