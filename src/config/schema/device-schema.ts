/**
 * A profile of the site: a profile that comes with Portcullis, and what is different at this site. It has a file
 * of its own, named by `tokens[].device.file`. What is left out stays as in the profile that it extends.
 */
import * as z from 'zod';
import { AEAD_SCHEMES } from '../../domain/hsm/aead-scheme.ts';
import { FAREWELL_CALLS } from '../../hsm/devices/profile.ts';
import { DEVICE_NAMES } from '../../hsm/devices/profiles.ts';
import { text } from './field.ts';

/** CK_ULONG as far as its values mean anything. */
const MAX_CK_ULONG = 0xffff_ffff;

const count = (min: number, max: number, unit: string, description: string) =>
  z.int().min(min).max(max).meta({ description, 'x-unit': unit }).optional();

const milliseconds = (min: number, max: number, description: string) => count(min, max, 'ms', description);

const returnValues = (description: string) =>
  z
    .array(
      z
        .int()
        .min(1)
        .max(MAX_CK_ULONG)
        .meta({ description: 'A CK_RV value.', 'x-expected': 'a number such as 0x05' }),
    )
    .max(32)
    .meta({ description })
    .optional();

const pin = z
  .strictObject({
    pattern: z.string().min(1).max(500).refine(isPattern).meta({
      description: 'Regular expression for the whole PIN; each byte of its UTF-8 is a character.',
      'x-expected': 'a regular expression',
    }),
    expected: text(
      /^[^\p{Cc}]{1,200}$/u,
      'words that describe the PIN',
      'The same in words, for messages: "a PIN of 6 digits".',
    ),
  })
  .meta({ description: 'What a PIN must look like. Any other is never sent to the device.' })
  .optional();

const hangMs = z
  .strictObject({
    crypto: milliseconds(100, 600_000, 'For encryption, decryption and the like.'),
    metadata: milliseconds(100, 600_000, 'For finding and describing a key.'),
    login: milliseconds(100, 600_000, 'For finding the token, login, and listing keys.'),
    keyGeneration: milliseconds(100, 3_600_000, 'For making keys, and for the tests of the doctor.'),
  })
  .meta({ description: 'How long a call may take before its token host counts as hung and is replaced.' })
  .optional();

export const deviceSchema = z
  .strictObject({
    extends: z.enum(DEVICE_NAMES).meta({ description: 'The profile that this one starts from.' }),
    pin,
    defaultScheme: z
      .enum(AEAD_SCHEMES)
      .meta({
        description:
          'Encryption scheme of keys and health keys that name none. Changing it makes what they encrypted unreadable.',
      })
      .optional(),
    maxSessions: count(4, 1_024, 'sessions', 'PKCS#11 sessions that a token host may hold open.'),
    fastWindow: count(
      1,
      1_024,
      'calls',
      'Calls that may wait in a token host; the others wait before it, in turn by path prefix.',
    ),
    maxHosts: count(1, 8, 'processes', 'Largest `tokens[].hosts`.'),
    hangMs,
    longestRestartMs: milliseconds(200, 600_000, 'Longest pause between two attempts to start a token host.'),
    farewell: z
      .array(z.enum(FAREWELL_CALLS).meta({ description: 'A function.' }))
      .max(FAREWELL_CALLS.length)
      .meta({ description: 'PKCS#11 functions that a token host calls before it ends, in this order.' })
      .optional(),
    tagFailureCodes: returnValues(
      'Return values by which C_Decrypt may mean that a ciphertext does not authenticate, beside those that mean nothing else.',
    ),
    hostEndingCodes: returnValues(
      'Return values after which a token host is replaced, beside those of every module.',
    ),
    canaryDistanceMs: milliseconds(
      1,
      60_000,
      'Least time between two test decryptions that settle an ambiguous return value.',
    ),
    maxLabelBytes: count(1, 1_020, 'bytes', 'Longest CKA_LABEL.'),
    maxIdBytes: count(1, 255, 'bytes', 'Longest CKA_ID.'),
    newIdBytes: count(1, 255, 'bytes', 'Length of the CKA_ID that `keys create` makes up.'),
    sessionKeys: z
      .boolean()
      .meta({
        description:
          'The device makes keys that live in a session and go with it (CKA_TOKEN false). Only then are its mechanisms tried with throw-away keys. Where a device takes no notice of CKA_TOKEN, they would stay.',
      })
      .optional(),
    maxDataBytes: count(16, 65_536, 'bytes', 'Most input of one call, associated data included.'),
    unlistedMechanisms: z
      .array(
        z
          .int()
          .min(0)
          .max(MAX_CK_ULONG)
          .meta({ description: 'A CKM number.', 'x-expected': 'a number such as 0x1087' }),
      )
      .max(64)
      .meta({ description: 'Mechanisms that the module does although it does not list them.' })
      .optional(),
  })
  .meta({
    title: 'Portcullis device profile',
    description: 'A profile of the site: what is different from the profile that it extends.',
  });

export type DeviceInput = z.output<typeof deviceSchema>;

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 's') instanceof RegExp;
  } catch {
    return false;
  }
}
