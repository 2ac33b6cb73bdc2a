/** `portcullis kms key`: what it asks a control socket, and what it makes of the answer. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KeyView } from '../../src/domain/key/key-view.ts';
import { type ControlledEngine, listenForEngine } from '../support/engine-control.ts';
import { portcullis } from './run-portcullis.ts';

const ID = '1234abcd-12ab-34cd-56ef-1234567890ab';
const ARN = `arn:aws:kms:eu-central-1:111122223333:key/${ID}`;
const FIRST = 'ab'.repeat(32);
const SECOND = 'cd'.repeat(32);

const KEYS: readonly KeyView[] = [
  {
    keyId: ID,
    arn: ARN,
    spec: 'ECC_NIST_EDWARDS25519',
    usage: 'SIGN_VERIFY',
    state: 'Enabled',
    origin: 'AWS_KMS',
    materials: [
      { materialId: FIRST, current: false },
      { materialId: SECOND, current: true, generation: 2 },
    ],
    algorithms: [
      { algorithm: 'ED25519_SHA_512', worksIn: 'token', publicHalfIn: 'engine' },
      { algorithm: 'ED25519_PH_SHA_512', worksIn: 'host', publicHalfIn: 'engine' },
      { algorithm: 'OF_SOFTWARE', worksIn: 'engine' },
    ],
  },
];

let control: ControlledEngine;

beforeAll(async () => {
  control = await listenForEngine({
    viewKeys: async (name) => (name === ID || name === ARN ? KEYS : []),
  });
});
afterAll(async () => {
  await control[Symbol.asyncDispose]();
});

it.for([ID, ARN])('shows where the key %s works', async (name) => {
  const { code, stdout } = await portcullis('kms', 'key', name, '--socket', control.socket);

  expect(code).toBe(0);
  expect(stdout).toBe(`id      ${ID}
ARN     ${ARN}
spec    ECC_NIST_EDWARDS25519
usage   SIGN_VERIFY
state   Enabled
origin  AWS_KMS

MATERIAL                                                          WRAPPED UNDER
${FIRST}  nothing that can be read: it is damaged
${SECOND}  generation 2                             current

ALGORITHM           WORKS IN                  PUBLIC HALF IN
ED25519_SHA_512     the token                 the engine's process
ED25519_PH_SHA_512  the token's host process  the engine's process
OF_SOFTWARE         the engine's process      -
`);
});

it('gives the answer to a program', async () => {
  const { code, stdout } = await portcullis('kms', 'key', ID, '--json', '--socket', control.socket);

  expect({ code, answer: JSON.parse(stdout) as unknown }).toEqual({
    code: 0,
    answer: { problems: [], keys: KEYS },
  });
});

it('says that there is no such key', async () => {
  const { code, stdout } = await portcullis('kms', 'key', 'alias/app', '--socket', control.socket);

  expect({ code, stdout }).toEqual({ code: 1, stdout: 'no key has the id or ARN alias/app\n' });
});
