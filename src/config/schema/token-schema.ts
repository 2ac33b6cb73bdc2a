/** `tokens[]`: the PKCS#11 tokens that hold the keys. */
import * as z from 'zod';
import { DEVICE_NAMES } from '../../hsm/devices/profiles.ts';
import { filePath, keyIdHex, keyLabel, scheme, secretSource, text } from './field.ts';

const tokenIdentity = z
  .strictObject({
    label: text(
      /^[^\p{Cc}]{1,32}$/u,
      'a label of 1 to 32 characters, in quotes if it looks like a number',
      'Label of the token.',
    ).optional(),
    serial: text(
      /^[\x20-\x7e]{1,16}$/,
      'a serial number of 1 to 16 characters, in quotes',
      'Serial number of the token.',
    ).optional(),
  })
  .refine((token) => token.label !== undefined || token.serial !== undefined)
  .meta({
    description:
      'What identifies the token among the slots of the module: a label, a serial number, or both, which must both match.',
    'x-expected': '{ label: <text> }, { serial: <text> }, or both',
    minProperties: 1,
  });

const healthKey = z
  .union([
    keyLabel('Label of the key object.'),
    z
      .strictObject({
        label: keyLabel('CKA_LABEL of the health key.').optional(),
        id: keyIdHex('CKA_ID of the health key.').optional(),
        scheme: scheme(
          'How health checks use it, as `keyStores[].keys.<externalKeyId>.scheme`. Left out: what is usual for the device.',
        ).optional(),
      })
      .refine((key) => key.label !== undefined || key.id !== undefined)
      .meta({ minProperties: 1 }),
  ])
  .meta({
    description:
      'Key on the token that only health checks use: its label, or a mapping. It must not stand behind any external key id. Health checks prove only its own scheme.',
    'x-expected': 'a label in quotes, or { label: <text> }, { id: <hex> }, or both',
  });

const device = z
  .union([
    z.enum(DEVICE_NAMES),
    z.strictObject({
      file: filePath('YAML file with a profile of the site that extends one of those.'),
    }),
  ])
  .meta({
    description:
      'What kind of device it is, and through which module: the name of a profile (docs/devices.md), or a file.',
    'x-expected': `one of ${DEVICE_NAMES.join(', ')}, or { file: <path> }`,
  });

export const tokenSchema = z
  .strictObject({
    name: text(
      /^[A-Za-z0-9._-]{1,64}$/,
      '1 to 64 characters of A-Z a-z 0-9 . _ -',
      'Name of the token in this file, in logs, in metrics and in health replies. Unique.',
    ),
    device,
    module: text(
      /^[^\0]*\/[^\0]*$/,
      'a path with a slash in it',
      'The PKCS#11 module (shared library): an absolute path, or a relative one with a slash. The loader is never asked to search for it.',
    ),
    env: z
      .record(
        z
          .string()
          .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
          .meta({ 'x-expected': 'the name of an environment variable' }),
        z.string().meta({
          description: 'Value of the variable.',
          'x-expected': 'a text, in quotes if it looks like a number',
          'x-sensitive': true,
        }),
      )
      .meta({
        description:
          'Environment variables for the module. A relative path in `SOFTHSM2_CONF`, `YUBIHSM_PKCS11_CONF`, `OPENSC_CONF` or `P11NETHSM_CONFIG_FILE` starts at the directory of this file; every other value is passed on as it is.',
      })
      .default({}),
    libraryParameters: text(
      /^[^\0]{1,4096}$/,
      'a text',
      'Parameter text for `C_Initialize`, for the few modules that take one: those of YubiHSM 2 and NSS.',
    ).optional(),
    token: tokenIdentity,
    pin: secretSource('User PIN of the token, 1 to 255 bytes.'),
    healthKey,
    hosts: z
      .int()
      .min(1)
      .max(8)
      .meta({
        description: 'Token host processes for this token. Each loads the module and logs in.',
        'x-unit': 'processes',
      })
      .default(1),
  })
  .meta({ description: 'A PKCS#11 token.' });

export type TokenInput = z.output<typeof tokenSchema>;
