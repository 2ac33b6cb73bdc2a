/** `keyStores[]`: one path prefix, its credentials, and the map from external key ids to key objects. */
import * as z from 'zod';
import { keyIdHex, keyLabel, scheme, secretSource, text } from './field.ts';
import { policySchema } from './policy-schema.ts';

const status = (description: string) =>
  z.enum(['ENABLED', 'DISABLED']).meta({ description }).default('ENABLED');

/** @req X-65 */
const credential = z
  .strictObject({
    accessKeyId: z
      .string()
      .regex(/^[A-Z2-7]{20,30}$/)
      .meta({
        description: 'Access key id that AWS KMS signs with.',
        'x-expected': '20 to 30 characters of A-Z and 2-7',
        'x-sensitive': true,
      }),
    secretAccessKey: secretSource(
      'Secret access key, 43 to 64 characters of `A-Z a-z 0-9 + / =` from at least 32 random bytes.',
    ),
    createdAt: z
      .string()
      .regex(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/)
      .meta({
        description:
          'Day on which the credential was made (UTC), for the metric of its age. Left out: it is at least as old as its secret file, or as long as this process has known it.',
        'x-expected': 'a day such as 2026-01-31',
        'x-sensitive': true,
      })
      .optional(),
  })
  .meta({ description: 'A credential set. One access key id has one secret, wherever it appears.' });

/** What leads to one key object and says how it serves. */
const objectFields = {
  label: keyLabel(
    'CKA_LABEL of the key object. The object must be the only secret key that matches.',
  ).optional(),
  id: keyIdHex('CKA_ID of the key object in hex; with `label`, both must match.').optional(),
  uri: z
    .string()
    .max(4_096)
    .meta({
      description:
        'Instead of `label` and `id`: a PKCS #11 URI (RFC 7512) with `object` or `id`, and perhaps `token`, `serial` and `type=secret-key`, which must agree with the token.',
      'x-expected': 'a PKCS #11 URI',
      'x-sensitive': true,
    })
    .optional(),
  scheme: scheme(
    'How the key makes ciphertexts (docs/aead.md): by AES-GCM in the token, or with a key for each message that the token derives by HMAC, CMAC or CBC-MAC. Left out: what is usual for the device of the token. A key has one scheme for ever; changing it makes older ciphertexts unreadable.',
  ).optional(),
  kcv: text(
    /^[0-9A-Fa-f]{6}$/,
    '6 hex digits, in quotes if they look like a number',
    'Pins the check value of the key, as `keys show` has it: a key with another one is refused. Of `native-gcm` and `cbc-mac`, the first 3 bytes of the zero block encrypted; of `cmac` and `hmac`, those of the MAC of 16 zero bytes.',
  ).optional(),
  attested: z
    .strictObject({
      bits: z
        .int()
        .min(256)
        .max(256)
        .meta({ description: 'Length of the key as the device shows it elsewhere.', 'x-unit': 'bits' }),
    })
    .meta({
      description:
        'Your word for what the PKCS#11 module does not tell, for devices whose profile says so (NetHSM); with `kcv`, for the word is about one key. If it is wrong, messages are only as safe as the shorter key.',
    })
    .optional(),
  allowExtractable: z
    .boolean()
    .meta({ description: 'Accepts a key that the token would let out (CKA_EXTRACTABLE). Left out: false.' })
    .optional(),
  shared: z
    .boolean()
    .meta({
      description:
        'This object may stand behind several external key ids or generations. All of them must say so. Left out: false.',
    })
    .optional(),
};

const tokenName = (description: string) =>
  text(/^[A-Za-z0-9._-]{1,64}$/, 'the name of an entry of tokens', description);

const generationNumber = (description: string) => z.int().min(0).max(65_535).meta({ description });

const generation = z
  .strictObject({
    generation: generationNumber('Number of this generation, unique within the key and never used again.'),
    token: tokenName('Name of the token that holds the key of this generation.'),
    ...objectFields,
  })
  .meta({ description: 'A generation: its number, its token, and `label`, `id`, both, or `uri`.' });

/** @req X-22 */
const key = z
  .strictObject({
    token: tokenName(
      'Name of the token that holds the key. Needed unless there are `generations`.',
    ).optional(),
    ...objectFields,
    status: status('A `DISABLED` key still answers GetKeyMetadata and refuses to encrypt and decrypt.'),
    usage: z
      .array(z.enum(['ENCRYPT', 'DECRYPT']).meta({ description: 'A usage.' }))
      .min(1)
      .max(2)
      .meta({
        description:
          'Usages that remain. The attributes of the object decide what it can do; this can only take away.',
      })
      .default(['ENCRYPT', 'DECRYPT']),
    generation: generationNumber(
      'Generation of the key, bound into every ciphertext when it is not 0. Changing it makes older ciphertexts unreadable. Left out: 0.',
    ).optional(),
    generations: z
      .array(generation)
      .min(1)
      .max(64)
      .meta({
        description:
          'Instead of one key object: several, of which `current` encrypts and every one decrypts what it encrypted (docs/generations.md). Only `current`, `status` and `usage` stand beside it.',
      })
      .optional(),
    current: generationNumber('Number of the generation that encrypts; with `generations` only.').optional(),
  })
  .meta({ description: 'A key: the token, and `label`, `id`, both, or `uri`; or `generations` of these.' });

/** @req X-09 */
const externalKeyId = z
  .string()
  .regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,128}$/)
  .meta({
    'x-name': 'externalKeyId',
    'x-expected': 'an external key id of 1 to 128 characters of A-Z a-z 0-9 . _ - other than . and ..',
  });

const region = text(
  /^[a-z]{2,8}(-[a-z]{1,16}){1,3}-[0-9]{1,2}$/,
  'a Region code such as eu-west-1',
  'Region code.',
);

export const keyStoreSchema = z
  .strictObject({
    pathPrefix: text(
      /^(\/[A-Za-z0-9_-]+)*$/,
      "'' or a path such as /example/one, of A-Z a-z 0-9 _ - and single slashes, without one at the end",
      "Path before `/kms/xks/v1`, or `''`. With that, at most 128 characters. Unique.",
    ).max(4_096),
    status: status('A `DISABLED` key store refuses every request.'),
    regions: z.array(region).min(1).meta({ description: 'Regions from which AWS KMS may sign requests.' }),
    credentials: z.array(credential).min(1).meta({
      description:
        'Credential sets that are accepted, all at the same time. To rotate, add one, tell AWS KMS, remove the other.',
    }),
    aadMode: z
      .enum(['spec', 'sha256'])
      .meta({
        description:
          "How additional authenticated data enters AES-GCM: as the specification says, or hashed with SHA-256 as AWS's sample proxy does. Changing it makes older ciphertexts unreadable.",
      })
      .default('spec'),
    legacyMetadata: text(
      /^(?=.{4,28}$)([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
      '1 to 20 bytes in Base64',
      'The ciphertextMetadata that an earlier proxy put on everything, in Base64; accepted when decrypting. Only with `aadMode: sha256`.',
    ).optional(),
    policy: policySchema.optional(),
    quota: z
      .strictObject({
        perSecond: z
          .int()
          .min(1)
          .max(1_000_000)
          .meta({ description: 'Requests per second.', 'x-unit': 'requests/s' }),
        burst: z
          .int()
          .min(1)
          .max(1_000_000)
          .meta({
            description: 'Requests that may come at once after a pause. Left out: as many as `perSecond`.',
            'x-unit': 'requests',
          })
          .optional(),
      })
      .meta({ description: 'Request quota of this prefix. Left out: none.' })
      .optional(),
    keys: z.record(externalKeyId, key).meta({ description: 'The keys by external key id.' }),
  })
  .meta({ description: 'An external key store: one path prefix.' });

export type KeyStoreInput = z.output<typeof keyStoreSchema>;
export type KeyInput = z.output<typeof key>;
/** What leads to one key object, of a key or of one of its generations. */
export type GenerationInput = z.output<typeof generation>;
