/**
 * The kinds of field that several sections share. Each carries what the documentation, the JSON Schema
 * and the error messages say of it: `description`, `x-expected` (completes "expected …"), `x-unit`,
 * `x-name` (what the names of a mapping are), and `x-sensitive` for values that no message may quote.
 */
import * as z from 'zod';
import { HOST_NAME } from '../../domain/host-name.ts';
import { AEAD_SCHEMES } from '../../domain/hsm/aead-scheme.ts';

/** A text that must match a pattern. */
export function text(pattern: RegExp, expected: string, description: string) {
  return z.string().regex(pattern).meta({ description, 'x-expected': expected });
}

/** A path; relative ones start at the directory of the configuration file. */
export function filePath(description: string) {
  return z
    .string()
    .regex(/^[^\0]+$/)
    .meta({ description, 'x-expected': 'the path of a file' });
}

/** A secret where the operator wants it: in a file, in the environment, or here. Its own form is checked once it is read. */
export function secretSource(description: string) {
  const file = z.string().min(1).meta({
    description:
      'File that holds the secret and nothing else; a final line break is not part of it. Others must not be able to read it.',
    'x-expected': 'the path of a file',
    'x-sensitive': true,
  });
  const env = z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
    .meta({
      description: 'Environment variable that holds the secret.',
      'x-expected': 'the name of an environment variable',
      'x-sensitive': true,
    });
  return z.union([z.string(), z.strictObject({ file }), z.strictObject({ env })]).meta({
    description: `${description} Written here only when nobody but the owner or the own group can read this file.`,
    'x-expected': '{ file: <path> }, { env: <variable name> }, or a text in quotes',
    'x-sensitive': true,
  });
}

export type SecretSource = z.output<ReturnType<typeof secretSource>>;

/** A TCP port on which to listen. */
export function port(description: string) {
  return z
    .int()
    .min(0)
    .max(65_535)
    .meta({ description: `${description} 0 takes any free port.` });
}

/** Whether the port is shared. */
export function reusePort(whose: string) {
  return z
    .boolean()
    .meta({
      description: `Lets other processes of this user listen on the port, too: the kernel gives each connection to one of them (SO_REUSEPORT). ${whose} Each process needs a \`stateDir\` of its own (docs/processes.md).`,
    })
    .default(false);
}

/** An address on which to listen. */
export function host(description: string) {
  return text(
    new RegExp(`${HOST_NAME.source}|^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$`),
    'an IP address or a host name',
    description,
  );
}

/** CKA_LABEL of a key object. */
export function keyLabel(description: string) {
  return text(
    /^[^\p{Cc}]{1,255}$/u,
    'a label of 1 to 255 characters, in quotes if it looks like a number',
    description,
  );
}

/** How a key makes ciphertexts. */
export function scheme(description: string) {
  return z.enum(AEAD_SCHEMES).meta({ description });
}

/** CKA_ID of a key object. */
export function keyIdHex(description: string) {
  return text(
    /^([0-9A-Fa-f]{2}){1,255}$/,
    'an even number of hex digits for 1 to 255 bytes, in quotes if it looks like a number',
    description,
  );
}
