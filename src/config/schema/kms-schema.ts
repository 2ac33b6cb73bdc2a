/** `kms`: the engine that speaks the AWS KMS API, its listener, callers, keys and store. */
import * as z from 'zod';
import { HOST_NAME } from '../../domain/host-name.ts';
import { filePath, host, port, reusePort, secretSource, text } from './field.ts';

const tls = z
  .strictObject({
    certFile: filePath('PEM file with the server certificate, followed by its intermediate certificates.'),
    keyFile: filePath(
      'PEM file with the private key of the certificate. Others must not be able to read it.',
    ),
  })
  .meta({ description: 'TLS on this listener.' });

const credential = z
  .strictObject({
    accessKeyId: z
      .string()
      .regex(/^\w{4,128}$/)
      .meta({
        description: 'Access key id that a client signs with. Unique.',
        'x-expected': '4 to 128 letters, digits or _',
        'x-sensitive': true,
      }),
    secretAccessKey: secretSource('Secret access key, 1 to 128 printable characters.'),
    account: text(/^\d{12}$/, '12 digits, in quotes', 'The AWS account that the caller belongs to.'),
    principal: text(
      /^(root|(user|role)\/[\w+=,.@/-]{1,512})$/,
      'root, user/<name> or role/<name>',
      'Who the caller is in that account.',
    ).default('root'),
  })
  .meta({ description: 'A caller, known by an access key.' });

const access = z
  .strictObject({
    mode: z
      .enum(['verify', 'open'])
      .meta({
        description:
          '`verify`: only the credentials below, each signature checked. `open`: an access key id that is not below is taken without a look at its signature, as root of the account that it names when it is twelve digits, else of 123456789012.',
      })
      .default('verify'),
    dangerOpenToNetwork: z
      .boolean()
      .meta({
        description:
          'Allows `open` on an address outside loopback: everybody who reaches the port may then use and delete every key.',
      })
      .default(false),
    credentials: z
      .array(credential)
      .max(10_000)
      .meta({ description: 'The callers that are known.' })
      .default([]),
  })
  .meta({ description: 'Who may call.' });

const postgres = z
  .strictObject({
    host: text(
      new RegExp(`${HOST_NAME.source}|^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$|^/[^\\0]*$`),
      'an IP address, a host name, or the absolute path of a folder with a Unix socket',
      'Where the server is. With `tls`, its certificate must be good for this name.',
    ),
    port: z.int().min(1).max(65_535).meta({ description: 'Port of the server.' }).default(5432),
    database: text(/^[^\0]{1,63}$/, 'the name of a database', 'Database, of this store alone.'),
    user: text(/^[^\0]{1,63}$/, 'the name of a role', 'Role that may make tables in the database.'),
    password: secretSource('Password of the role. Absent where the server wants none.').optional(),
    tls: z
      .strictObject({
        caFile: filePath('PEM file with the authorities that the server is trusted by.').optional(),
        certFile: filePath('PEM file with the certificate of this client.').optional(),
        keyFile: filePath('PEM file with the private key of `certFile`.').optional(),
      })
      .meta({
        description:
          'TLS to the server, whose certificate is always checked: by `caFile`, or by the authorities that Node.js knows.',
      })
      .optional(),
    dangerPlaintext: z
      .boolean()
      .meta({
        description:
          'Allows a server on another machine without `tls`: whoever is on the way reads and changes policies and records.',
      })
      .default(false),
  })
  .meta({ description: 'A PostgreSQL database, which several engines may share (docs/store.md).' });

const store = z
  .union([
    z.strictObject({
      sqlite: filePath('SQLite file, made with mode 0600 when it does not exist. For one engine at a time.'),
    }),
    z.strictObject({ postgres }),
    z.strictObject({
      dangerMemory: z
        .literal(true)
        .meta({ description: 'Keep records in memory: every key is lost when the process ends.' }),
    }),
  ])
  .meta({
    description: 'Where keys, aliases, policies and wrapped key material are kept.',
    'x-expected': '{ sqlite: <path> }, { postgres: … } or { dangerMemory: true }',
  });

const limits = z
  .strictObject({
    keys: z
      .int()
      .min(1)
      .max(10_000_000)
      .meta({ description: 'Keys in one account and Region.', 'x-unit': 'keys' })
      .default(100_000),
    aliasesPerKey: z
      .int()
      .min(1)
      .max(100_000)
      .meta({ description: 'Aliases of one key.', 'x-unit': 'aliases' })
      .default(50),
    onDemandRotations: z
      .int()
      .min(0)
      .max(10_000)
      .meta({ description: 'On-demand rotations in the life of a key.', 'x-unit': 'rotations' })
      .default(25),
  })
  .meta({ description: 'Quotas, as AWS has them unless told otherwise.' });

const httpSink = z
  .strictObject({
    url: text(
      /^https?:\/\/[^\s@]+$/,
      'an http:// or https:// URL without user and password',
      'Where each event is sent with POST; it is taken when the answer has a 2xx status.',
    ).meta({ 'x-sensitive': true }),
    authorization: secretSource('What the header `Authorization` has.').optional(),
    timeoutMs: z
      .int()
      .min(100)
      .max(30_000)
      .meta({ description: 'How long the server may take for its answer.', 'x-unit': 'ms' })
      .default(5_000),
    dangerPlaintext: z
      .boolean()
      .meta({
        description:
          'Allows http:// to another machine: whoever is on the way reads and changes events and `authorization`.',
      })
      .default(false),
  })
  .meta({ description: 'An HTTP server that events are sent to.' });

const eventSink = z
  .strictObject({
    name: text(
      /^[a-z0-9][a-z0-9-]{0,31}$/,
      '1 to 32 lower-case letters, digits or -',
      'Unique. Events wait under this name, so keep it when you change the rest; metrics and logs show it. Without it: `file`, `http` or `stdout`, and `file-2` for the second of a kind.',
    ).optional(),
    file: filePath(
      'File to which a line of JSON is added for each event, made with mode 0600 when it does not exist.',
    ).optional(),
    http: httpSink.optional(),
    stdout: z
      .literal(true)
      .meta({ description: 'Lines of JSON on standard output, between those of the log.' })
      .optional(),
  })
  .meta({ description: 'A receiver of events: exactly one of `file`, `http` and `stdout`.' });

const events = z.array(eventSink).max(16).meta({
  description:
    'Who is told of rotations and deletions, in the form of Amazon EventBridge, at least once (docs/events.md).',
});

export const kmsSchema = z
  .strictObject({
    host: host('Address of the KMS listener.').default('127.0.0.1'),
    port: port('Port of the KMS listener.').default(4599),
    reusePort: reusePort('They must have one PostgreSQL store.'),
    tls: tls.optional(),
    token: text(
      /^[A-Za-z0-9._-]{1,64}$/,
      'the name of a token of this file',
      'Token that holds the keys of the domain (docs/key-hierarchy.md). Instead of `dangerSoftwareKeys`.',
    ).optional(),
    dangerSoftwareKeys: z
      .boolean()
      .meta({
        description:
          'Keep key material in the memory of this process instead of a token: for tests, and where PKCS#11 is not to be had. Their root is lost when the process ends, so the store must be `dangerMemory`.',
      })
      .default(false),
    store,
    access: access.prefault({}),
    dangerAllowClockControl: z
      .boolean()
      .meta({
        description:
          'Lets `portcullis clock advance` move the clock of the engine: keys that wait for deletion are then destroyed early.',
      })
      .default(false),
    seed: filePath(
      'YAML file with keys, aliases and tags to make when they do not exist (docs/seeds.md).',
    ).optional(),
    events: events.default([]),
    limits: limits.prefault({}),
  })
  .meta({
    description: 'The engine that speaks the AWS KMS API. Without this section there is none.',
  });

export type KmsInput = z.output<typeof kmsSchema>;
