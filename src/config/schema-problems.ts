/**
 * What the schema refused, in words for the operator. Values are quoted only where the schema says that
 * they are no secret, and where the value is of the kind that the field wants.
 */
import type * as z from 'zod';
import type { Findings, PathInFile } from './findings.ts';
import { nearestWord } from './nearest-word.ts';
import { expectation, type SchemaNode, schemaAlong } from './schema/json-schema.ts';

/** Turns the issues of a failed validation of `content` into problems. */
export function reportSchemaIssues(
  issues: readonly z.core.$ZodIssue[],
  content: unknown,
  schema: SchemaNode,
  findings: Findings,
): void {
  for (const issue of issues) {
    const path = issue.path as PathInFile;
    // A mapping without any of its alternatives is no news when one of them is misspelt.
    if (issue.code === 'custom' && issues.some((other) => other !== issue && startsWith(other.path, path)))
      continue;
    const { nodes } = schemaAlong(schema, path);
    const node = nodes.at(-1) ?? schema;
    const sensitive = nodes.some((each) => each['x-sensitive'] === true);
    if (issue.code === 'unrecognized_keys' && !sensitive)
      reportUnknownFields(path, issue.keys, node, findings);
    else if (issue.code === 'invalid_key')
      reportName(path, schemaAlong(schema, path.slice(0, -1)).nodes, findings);
    else reportValue(path, valueAt(content, path), node, sensitive, findings);
  }
}

function startsWith(path: readonly PropertyKey[], start: PathInFile): boolean {
  return start.every((step, index) => path[index] === step);
}

function reportUnknownFields(
  path: PathInFile,
  keys: readonly string[],
  node: SchemaNode,
  findings: Findings,
): void {
  const known = fieldsOf(node);
  const expected = `one of ${known.join(', ')}`;
  for (const key of keys) {
    const near = nearestWord(key, known);
    const remedy = near === undefined ? 'remove it' : `did you mean ${near}?`;
    if (mayBeShown(key, path, near))
      findings.problem([...path, key], 'is not a known field', expected, remedy);
    else findings.problem(path, UNKNOWN_FIELD, expected, 'put a space after the colon, or remove it');
  }
}

/** `{ pin:1234 }` is a mapping with the field `pin:1234`: beside secrets, a name is shown only when it is a slip of the pen. */
function mayBeShown(name: string, path: PathInFile, near: string | undefined): boolean {
  const besideSecrets = path.some((step) => HOLDS_SECRETS.has(step));
  return besideSecrets ? near !== undefined && LETTERS.test(name) : FIELD_NAME.test(name);
}

function reportName(path: PathInFile, nodes: readonly SchemaNode[], findings: Findings): void {
  const names = nodes.at(-1)?.propertyNames;
  const expected = names === undefined ? 'another name' : expectation(names);
  const shown = names?.['x-name'] !== undefined && KEY_ID_LOOKALIKE.test(String(path.at(-1)));
  if (shown) findings.problem(path, 'has a name that is not allowed', expected, 'rename it');
  else findings.problem(path.slice(0, -1), FORBIDDEN_NAME, expected, 'rename it');
}

function reportValue(
  path: PathInFile,
  value: unknown,
  node: SchemaNode,
  sensitive: boolean,
  findings: Findings,
): void {
  const quotes = typeof value === 'number' && wantsText(node) ? 'put it in quotes' : undefined;
  findings.problem(
    path,
    describe(value, node, sensitive),
    expectation(node),
    remedyFor(value, node) ?? quotes,
  );
}

function remedyFor(value: unknown, node: SchemaNode): string | undefined {
  if (value === null) return 'fill it in or remove it';
  if (typeof value !== 'string') return undefined;
  if (node.type === 'integer' && /^[0-9]+$/.test(value)) return 'remove the quotes';
  const near = nearestWord(value, wordsOf(node));
  return near === undefined ? undefined : `did you mean ${near}?`;
}

/** The words that a field takes, alone or among other things. */
function wordsOf(node: SchemaNode): readonly string[] {
  return node.enum?.map(String) ?? node.anyOf?.flatMap(wordsOf) ?? [];
}

function describe(value: unknown, node: SchemaNode, sensitive: boolean): string {
  if (value === undefined) return 'is missing';
  if (value === null) return 'is empty';
  if (Array.isArray(value))
    return value.length === 1 ? 'is a list of 1 entry' : `is a list of ${value.length} entries`;
  if (typeof value === 'object') return 'is a mapping';
  if (typeof value === 'boolean') return sensitive ? 'is true or false' : `is ${value}`;
  if (typeof value === 'number') return sensitive || wantsText(node) ? 'is a number' : `is ${value}`;
  if (sensitive || !wantsText(node)) return 'is a text';
  return `is ${quoted(String(value))}`;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text);
}

function wantsText(node: SchemaNode): boolean {
  return node.type === 'string' || (node.anyOf?.some(wantsText) ?? false);
}

function fieldsOf(node: SchemaNode): readonly string[] {
  if (node.properties !== undefined) return Object.keys(node.properties);
  return node.anyOf?.flatMap(fieldsOf) ?? [];
}

function valueAt(content: unknown, path: PathInFile): unknown {
  let value = content;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

const LONGEST_QUOTE = 60;
const FIELD_NAME = /^[A-Za-z][A-Za-z0-9]{0,40}$/;
const LETTERS = /^[A-Za-z]+$/;
/** What people write for an external key id, and nothing that a PIN or secret with its field name in front would be. */
const KEY_ID_LOOKALIKE = /^[A-Za-z0-9._/ <*#@-]{1,40}$/;
const HOLDS_SECRETS: ReadonlySet<string | number> = new Set(['tokens', 'credentials']);
const UNKNOWN_FIELD = 'has an unknown field (name not shown: it may hold a secret)';
const FORBIDDEN_NAME = 'has a name in it that is not allowed (not shown: it may hold a secret)';
