/** Our wire model against the one that boto3 and the aws command line work with, which is newer than its source. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import ours from '../../src/edge/kms/model.json' with { type: 'json' };

const LIB = fileURLToPath(new URL('../../.clients/python/lib', import.meta.url));

interface BotocoreShape {
  readonly type: string;
  readonly exception?: boolean;
  readonly members?: Readonly<Record<string, { readonly shape: string }>>;
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly sensitive?: boolean;
}

interface BotocoreModel {
  readonly operations: Readonly<
    Record<
      string,
      {
        readonly input: { readonly shape: string };
        readonly output?: { readonly shape: string };
        readonly errors?: readonly { readonly shape: string }[];
      }
    >
  >;
  readonly shapes: Readonly<Record<string, BotocoreShape>>;
}

/** A filter by owner of a list, which the SDK for JavaScript does not know: as an unknown member it is ignored. */
const NEWER_THAN_THE_SDK = ['ResourceOwners: ResourceOwnersList', 'ResourceOwnersList', 'ResourceOwnerType'];

let theirs: BotocoreModel;

beforeEach(({ skip }) => {
  skip(!existsSync(LIB), 'botocore is not installed');
  const [python = ''] = readdirSync(LIB);
  const file = join(LIB, python, 'site-packages/botocore/data/kms/2014-11-01/service-2.json.gz');
  theirs = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as BotocoreModel;
});

describe('the model of botocore', () => {
  it('has our operations, with their inputs, outputs and errors', () => {
    const described = Object.entries(theirs.operations).map(([name, { input, output, errors = [] }]) => [
      name,
      {
        input: input.shape,
        ...(output !== undefined && { output: output.shape }),
        errors: errors.map(({ shape }) => shape).sort(),
      },
    ]);
    const own = Object.entries(ours.operations).map(([name, operation]) => [
      name,
      { ...operation, errors: [...operation.errors].sort() },
    ]);

    expect(Object.fromEntries(own)).toEqual(Object.fromEntries(described));
  });

  it('has our shapes, with their members, values and limits', () => {
    const plain = ({
      type,
      members = {},
      required = [],
      enum: values = [],
      min,
      max,
      pattern,
      sensitive,
    }: BotocoreShape) => ({
      type,
      members: Object.entries(members)
        .map(([name, { shape }]) => `${name}: ${shape}`)
        .filter((member) => !NEWER_THAN_THE_SDK.includes(member))
        .sort(),
      required: [...required].sort(),
      values: [...values].sort(),
      limits: [min, max, pattern, sensitive],
    });
    const described = Object.entries(theirs.shapes)
      .filter(([name, { exception }]) => exception !== true && !NEWER_THAN_THE_SDK.includes(name))
      .map(([name, shape]) => [name, plain(shape)]);
    const own = Object.entries(ours.shapes as Readonly<Record<string, BotocoreShape>>).map(
      ([name, shape]) => [name, plain(shape)],
    );

    expect(Object.fromEntries(own)).toEqual(Object.fromEntries(described));
  });
});
