/** The configuration schema as JSON Schema 2020-12: for editors, for the documentation, and for error messages. */
import * as z from 'zod';
import type { PathInFile } from '../findings.ts';
import { configSchema } from './config-schema.ts';
import { deviceSchema } from './device-schema.ts';
import { seedSchema } from './seed-schema.ts';

/** The part of JSON Schema that our schema uses, with our own `x-` annotations. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly propertyNames?: SchemaNode;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly anyOf?: readonly SchemaNode[];
  readonly 'x-expected'?: string;
  readonly 'x-name'?: string;
  readonly 'x-unit'?: string;
  readonly 'x-sensitive'?: boolean;
}

/** What an author may write, so fields with a default are optional. */
export function configJsonSchema(): SchemaNode {
  return z.toJSONSchema(configSchema, { io: 'input' }) as SchemaNode;
}

/** The same for a profile of the site. */
export function deviceJsonSchema(): SchemaNode {
  return z.toJSONSchema(deviceSchema, { io: 'input' }) as SchemaNode;
}

/** The same for a seed. */
export function seedJsonSchema(): SchemaNode {
  return z.toJSONSchema(seedSchema, { io: 'input' }) as SchemaNode;
}

/** The nodes from the root to `path`, as far as the schema knows it; the last is the field itself when complete. */
export function schemaAlong(
  root: SchemaNode,
  path: PathInFile,
): { readonly nodes: readonly SchemaNode[]; readonly complete: boolean } {
  const nodes = [root];
  let node = root;
  for (const step of path) {
    const next = child(node, step);
    if (next === undefined) return { nodes, complete: false };
    nodes.push(next);
    node = next;
  }
  return { nodes, complete: true };
}

/** The rest of the sentence "expected …" for a field. */
export function expectation(node: SchemaNode): string {
  if (node['x-expected'] !== undefined) return node['x-expected'];
  if (node.enum !== undefined) return `one of ${node.enum.join(', ')}`;
  if (node.type === 'integer') return `a whole number from ${node.minimum} to ${node.maximum}`;
  if (node.type === 'boolean') return 'true or false';
  if (node.type === 'array')
    return `a list of ${node.minItems ?? 0}${node.maxItems === undefined ? ' or more' : ` to ${node.maxItems}`} entries`;
  if (node.properties !== undefined)
    return `a mapping with the fields ${Object.keys(node.properties).join(', ')}`;
  return 'a mapping';
}

function child(node: SchemaNode, step: string | number): SchemaNode | undefined {
  if (typeof step === 'number') return node.items;
  const known =
    node.properties !== undefined && Object.hasOwn(node.properties, step) ? node.properties[step] : undefined;
  if (known !== undefined) return known;
  if (typeof node.additionalProperties === 'object') return node.additionalProperties;
  for (const choice of node.anyOf ?? []) {
    const found = child(choice, step);
    if (found !== undefined) return found;
  }
  return undefined;
}
