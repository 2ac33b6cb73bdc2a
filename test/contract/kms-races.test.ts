/** Many signed clients at once after one thing, over HTTP, at an engine with a SoftHSM2 token and a SQLite file. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CallKms, type KmsAnswer, kmsCaller } from '../support/kms-crash/kms-call.ts';
import { endpointOf, KmsStand } from '../support/kms-crash/kms-stand.ts';
import type { StartedProcess } from '../support/started-process.ts';

let stand: KmsStand;
let engine: StartedProcess;
let call: CallKms & Disposable;

beforeAll(async () => {
  stand = await KmsStand.make({ onDemandRotations: 5 });
  engine = stand.spawn();
  call = kmsCaller(await endpointOf(engine));
});
afterAll(async () => {
  call[Symbol.dispose]();
  await engine[Symbol.asyncDispose]();
  await stand[Symbol.asyncDispose]();
});

async function newKey(): Promise<string> {
  const { body } = await call('CreateKey', {});
  return (body['KeyMetadata'] as { readonly KeyId: string }).KeyId;
}

/** `CROWD` calls, none of which waits for another. */
function crowd(
  operation: string,
  input: (number: number) => Readonly<Record<string, unknown>>,
): Promise<KmsAnswer[]> {
  return Promise.all(Array.from({ length: CROWD }, (_, number) => call(operation, input(number))));
}

/** How often each error came; '' is success. */
function tally(answers: readonly KmsAnswer[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { error } of answers) counts[error] = (counts[error] ?? 0) + 1;
  return counts;
}

it('of fifty who make one alias at once, for two keys, one succeeds, and the alias leads to its key', async () => {
  const keys = [await newKey(), await newKey()];
  const target = (number: number): string => keys[number % 2] ?? '';
  const answers = await crowd('CreateAlias', (number) => ({
    AliasName: 'alias/wanted',
    TargetKeyId: target(number),
  }));
  const { body } = await call('DescribeKey', { KeyId: 'alias/wanted' });

  expect(tally(answers)).toEqual({ '': 1, AlreadyExistsException: CROWD - 1 });
  expect(body['KeyMetadata']).toMatchObject({
    KeyId: target(answers.findIndex(({ error }) => error === '')),
  });
});

it('of fifty who delete one alias at once, one succeeds', async () => {
  await call('CreateAlias', { AliasName: 'alias/unwanted', TargetKeyId: await newKey() });
  const answers = await crowd('DeleteAlias', () => ({ AliasName: 'alias/unwanted' }));

  expect(tally(answers)).toEqual({ '': 1, NotFoundException: CROWD - 1 });
});

it('tags that fifty put on one key at once are there where that was said, and only there', async () => {
  const KeyId = await newKey();
  const answers = await crowd('TagResource', (number) => ({
    KeyId,
    Tags: [{ TagKey: `t${number}`, TagValue: 'x' }],
  }));
  const { body } = await call('ListResourceTags', { KeyId });
  const said = answers.flatMap(({ error }, number) => (error === '' ? [`t${number}`] : []));

  expect(['', 'ThrottlingException']).toEqual(expect.arrayContaining(Object.keys(tally(answers))));
  expect(said).not.toEqual([]);
  expect((body['Tags'] as { readonly TagKey: string }[]).map(({ TagKey }) => TagKey).sort()).toEqual(
    said.sort(),
  );
});

it('rotations of one key by fifty at once stop at the quota, and each that was said has happened', async () => {
  const KeyId = await newKey();
  const answers = await crowd('RotateKeyOnDemand', () => ({ KeyId }));
  const { body } = await call('ListKeyRotations', { KeyId });

  expect(tally(answers)).toEqual({ '': 5, LimitExceededException: CROWD - 5 });
  expect(body['Rotations']).toHaveLength(5);
});

const CROWD = 50;
