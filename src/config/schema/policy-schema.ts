/** `keyStores[].policy`: secondary authorization on what a request says of itself. */
import * as z from 'zod';
import { text } from './field.ts';

const effect = (description: string) => z.enum(['allow', 'deny', 'ALLOW', 'DENY']).meta({ description });

const patterns = (description: string) =>
  z
    .array(
      text(
        /^[\x20-\x7e]{1,2048}$/,
        'a pattern of 1 to 2048 printable characters, in quotes',
        'Pattern with `*` and `?`.',
      ),
    )
    .min(1)
    .meta({
      description: `${description} Patterns with \`*\` (any text) and \`?\` (any character); one match is enough.`,
    })
    .optional();

const statement = z
  .strictObject({
    sid: text(
      /^[A-Za-z0-9._-]{1,128}$/,
      '1 to 128 characters of A-Z a-z 0-9 . _ -',
      'Name of the statement, written to the log when it decides. Unique in its policy.',
    ),
    effect: effect(
      'What happens to a request that matches every condition below. A deny outweighs any allow.',
    ),
    externalKeyIds: patterns('External key ids.'),
    principals: patterns('`awsPrincipalArn`: an ARN, a service principal, or `AWS Internal`.'),
    accounts: patterns('Account id in `awsPrincipalArn`.'),
    kmsOperations: patterns('`kmsOperation`, such as `Decrypt` or `GenerateDataKey`.'),
    kmsKeyArns: patterns('`kmsKeyArn`.'),
    kmsViaServices: patterns('`kmsViaService`.'),
    sourceVpcs: patterns('`awsSourceVpc`.'),
    sourceVpces: patterns('`awsSourceVpce`.'),
    regions: patterns('Region of the signature.'),
    accessKeyIds: patterns('Access key id of the signature.'),
  })
  .meta({
    description:
      'A statement. It matches when all of its conditions do; a field that the request lacks matches no pattern, not even `*`. Without conditions it matches everything.',
  });

export const policySchema = z
  .strictObject({
    default: effect('What happens to a request that no statement matches.').default('allow'),
    statements: z.array(statement).max(1_000).meta({ description: 'The statements.' }).default([]),
  })
  .meta({
    description:
      'Secondary authorization. AWS KMS has authorized the caller already; this narrows it. Health checks are exempt.',
  });

export type PolicyInput = z.output<typeof policySchema>;
