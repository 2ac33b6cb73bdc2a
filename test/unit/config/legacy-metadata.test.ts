/** The metadata of an earlier proxy must not be one that this proxy writes itself. */
import { expect, test } from 'vitest';
import { ConfigDirectory } from './config-directory.ts';

const RESERVED =
  'keyStores[0].legacyMetadata is a value that this proxy writes itself (4 or 20 bytes that start with 01); expected the value that only the earlier proxy wrote; correct it, or remove it';

test.for([
  { what: 'our own metadata of generation 1', legacyMetadata: 'AQEAAQ==', problems: [RESERVED] },
  { what: 'four bytes that start with 01', legacyMetadata: 'Af8AAA==', problems: [RESERVED] },
  { what: 'twenty bytes that start with 01', legacyMetadata: `AQ${'A'.repeat(25)}=`, problems: [RESERVED] },
  { what: 'four bytes that start with 02', legacyMetadata: 'AgEAAQ==', problems: [] },
  { what: 'three bytes that start with 01', legacyMetadata: 'AQID', problems: [] },
])('mistake 6: X-30 X-38: legacy metadata of $what', ({ legacyMetadata, problems }) => {
  using directory = new ConfigDirectory();
  const found = directory.problems(
    [['keyStores', 0, 'aadMode'], 'sha256'],
    [['keyStores', 0, 'legacyMetadata'], legacyMetadata],
  );
  expect(found).toEqual(problems);
});
