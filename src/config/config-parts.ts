/**
 * The sections of a file that fit the schema, even when others do not: a broken token must not hide a
 * broken key store from the report.
 */
import type * as z from 'zod';
import { configSchema } from './schema/config-schema.ts';
import type { KeyStoreInput } from './schema/key-store-schema.ts';
import type { KmsInput } from './schema/kms-schema.ts';
import type { ProxyInput } from './schema/proxy-schema.ts';
import type { TokenInput } from './schema/token-schema.ts';

export type ConfigInput = z.output<typeof configSchema>;

/** Sections by their place in the file; undefined where the schema refused one. */
export interface ConfigParts {
  readonly proxy: ProxyInput | undefined;
  readonly metrics: ConfigInput['metrics'];
  readonly control: ConfigInput['control'];
  readonly stateDir: string | undefined;
  readonly log: ConfigInput['log'] | undefined;
  readonly invocations: ConfigInput['invocations'] | undefined;
  readonly tokens: readonly (TokenInput | undefined)[];
  readonly keyStores: readonly (KeyStoreInput | undefined)[];
  readonly kms: KmsInput | undefined;
  /** Nothing was refused, so what is absent here is absent in the file. */
  readonly complete: boolean;
}

/** Validates the whole, and on failure each section alone. */
export function partsOf(content: unknown): {
  readonly parts: ConfigParts;
  readonly issues: readonly z.core.$ZodIssue[];
} {
  const whole = configSchema.safeParse(content);
  if (whole.success) {
    const { proxy, metrics, control, stateDir, log, invocations, tokens, keyStores, kms } = whole.data;
    return {
      parts: { proxy, metrics, control, stateDir, log, invocations, tokens, keyStores, kms, complete: true },
      issues: [],
    };
  }
  const raw = typeof content === 'object' && content !== null ? (content as Record<string, unknown>) : {};
  const { shape } = configSchema;
  const parts: ConfigParts = {
    proxy: shape.proxy.safeParse(raw['proxy']).data,
    metrics: shape.metrics.safeParse(raw['metrics']).data,
    control: shape.control.safeParse(raw['control']).data,
    stateDir: shape.stateDir.safeParse(raw['stateDir']).data,
    log: shape.log.safeParse(raw['log']).data,
    invocations: shape.invocations.safeParse(raw['invocations']).data,
    tokens: listOf(raw['tokens']).map((token) => shape.tokens.unwrap().element.safeParse(token).data),
    keyStores: listOf(raw['keyStores']).map(soundStore),
    kms: shape.kms.safeParse(raw['kms']).data,
    complete: false,
  };
  return { parts, issues: whole.error.issues };
}

/** A key store without the keys that the schema refuses; undefined when nothing else is left, or more is wrong. */
function soundStore(store: unknown): KeyStoreInput | undefined {
  const { element } = configSchema.shape.keyStores.unwrap();
  const first = element.safeParse(store);
  if (first.success) return first.data;
  const refused = new Set(first.error.issues.map(({ path }) => (path[0] === 'keys' ? path[1] : undefined)));
  const { keys } = store as { readonly keys?: unknown };
  if (refused.has(undefined) || typeof keys !== 'object' || keys === null) return undefined;
  const left = Object.entries(keys).filter(([externalKeyId]) => !refused.has(externalKeyId));
  if (left.length === 0) return undefined;
  return element.safeParse({ ...(store as object), keys: Object.fromEntries(left) }).data;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
