/** A seed: keys that the KMS engine is to have from its start. It has a file of its own, named by `kms.seed`. */
import * as z from 'zod';
import { KEY_KINDS } from '../../domain/key/key-specs.ts';
import { text } from './field.ts';

const SPECS = [...new Set(KEY_KINDS.map(({ spec }) => spec))];
const USAGES = [...new Set(KEY_KINDS.map(({ usage }) => usage))];

const account = (description: string) => text(/^\d{12}$/, '12 digits, in quotes', description);

const region = (description: string) =>
  text(/^[a-z]{2,4}(-[a-z]{2,12}){1,2}-\d{1,2}$/, 'an AWS Region, such as us-east-1', description);

const alias = text(
  /^alias\/(?!aws\/)[A-Za-z0-9/_-]{1,250}$/,
  'alias/ and up to 250 letters, digits, /, _ or -, but not alias/aws/',
  'A name for the key.',
);

const tagValue = text(/^[^\p{Cc}]{0,256}$/u, 'a text of up to 256 characters', 'The value of a tag.');

const policy = z
  .union([
    z.string(),
    z.record(z.string(), z.unknown().meta({ description: 'As in JSON.' })).meta({
      description: 'The document as a mapping; it is kept as JSON.',
    }),
  ])
  .meta({
    description:
      'Key policy: JSON text, kept as it is, or the same as a mapping. Without it the account may do everything.',
    'x-expected': 'a policy document',
  });

const key = z
  .strictObject({
    id: text(
      /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/,
      'a UUID, or mrk- and 32 hex digits for a multi-Region key, in lower case',
      'Key id. Unique in its account.',
    ),
    account: account('AWS account of this key. Without it, that of the file.').optional(),
    region: region('Region of this key. Without it, that of the file.').optional(),
    spec: z
      .enum(SPECS)
      .meta({ description: 'Key spec, by the name that it has in AWS KMS.' })
      .default('SYMMETRIC_DEFAULT'),
    usage: z
      .enum(USAGES)
      .meta({ description: 'Key usage. It may be left out where the spec has one only.' })
      .optional(),
    aliases: z.array(alias).max(50).meta({ description: 'Aliases of the key.' }).default([]),
    description: text(/^[\s\S]{0,8192}$/, 'a text of up to 8192 characters', 'Description.').default(''),
    policy: policy.optional(),
    tags: z
      .record(
        text(
          /^(?!aws:)[^\p{Cc}]{1,128}$/iu,
          '1 to 128 characters that do not start with aws:',
          'The key of a tag.',
        ).meta({ 'x-name': 'tag key' }),
        tagValue,
      )
      .refine((tags) => Object.keys(tags).length <= 50)
      .meta({ description: 'Tags of the key, 50 at most.', 'x-expected': 'a mapping of up to 50 tags' })
      .default({}),
    enabled: z.boolean().meta({ description: 'Whether it can be used.' }).default(true),
    rotationDays: z
      .int()
      .min(90)
      .max(2_560)
      .meta({
        description: 'A symmetric key: it rotates by itself, this often. Without it, it does not.',
        'x-unit': 'days',
      })
      .optional(),
    dangerMaterial: z
      .string()
      .regex(/^[A-Za-z0-9+/\s]{1,8192}={0,2}\s*$/)
      .meta({
        description:
          'The material itself, for tests: whoever reads this file can decrypt and sign. 32 bytes for a symmetric key, as many as the MAC for an HMAC key, for all others the private key in PKCS#8 DER (ML-DSA and ML-KEM: their seed). Another engine with the same seed opens the same ciphertexts.',
        'x-expected': 'Base64',
        'x-sensitive': true,
      })
      .optional(),
  })
  .meta({ description: 'A key.' });

export const seedSchema = z
  .strictObject({
    account: account('AWS account of keys that name none.').default('123456789012'),
    region: region('Region of keys that name none.').default('us-east-1'),
    keys: z.array(key).max(10_000).meta({ description: 'The keys.' }),
  })
  .meta({
    title: 'Portcullis seed',
    description: 'Keys that the KMS engine is to have from its start.',
  });

/** As the author of a seed writes it. */
export type SeedDocument = z.input<typeof seedSchema>;
export type SeedInput = z.output<typeof seedSchema>;
