/**
 * The one schema of the configuration file. Validation, the JSON Schema for editors and the reference in
 * docs/configuration.md all come from it. It knows single fields; what depends on several is in `../build`.
 */
import * as z from 'zod';
import { filePath } from './field.ts';
import { keyStoreSchema } from './key-store-schema.ts';
import { kmsSchema } from './kms-schema.ts';
import { controlSchema, invocationsSchema, logSchema, metricsSchema, proxySchema } from './proxy-schema.ts';
import { tokenSchema } from './token-schema.ts';

export const configSchema = z
  .strictObject({
    proxy: proxySchema.prefault({}),
    metrics: metricsSchema.optional(),
    control: controlSchema.optional(),
    stateDir: filePath(
      'Directory for what must survive a restart, such as PIN latches. Created with mode 0700.',
    ),
    log: logSchema.prefault({}),
    invocations: invocationsSchema.prefault({}),
    tokens: z
      .array(tokenSchema)
      .max(64)
      .meta({ description: 'The PKCS#11 tokens that hold the keys.' })
      .default([]),
    keyStores: z
      .array(keyStoreSchema)
      .max(1_000)
      .meta({
        description:
          'The external key stores, one for each path prefix. Without any there is no proxy listener.',
      })
      .default([]),
    kms: kmsSchema.optional(),
  })
  .meta({
    title: 'Portcullis configuration',
    description: 'Configuration of Portcullis. Relative paths start at the directory of this file.',
  });
