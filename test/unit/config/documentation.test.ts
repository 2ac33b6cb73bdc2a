/** The schema describes itself completely, and what is generated from it is up to date. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';
import {
  configJsonSchema,
  deviceJsonSchema,
  type SchemaNode,
} from '../../../src/config/schema/json-schema.ts';
import { ConfigDirectory, OTHER_SECRET, SURROUNDINGS } from './config-directory.ts';

const ROOT = join(import.meta.dirname, '../../..');

describe('the schema', () => {
  it('describes every field', () => {
    const fields = fieldsBelow(configJsonSchema(), '');
    expect(fields.length).toBeGreaterThan(70);
    expect(fields.filter(([, node]) => (node.description ?? '') === '').map(([path]) => path)).toEqual([]);
  });

  it('describes every field of a device profile, and gives every number of one a unit', () => {
    const fields = fieldsBelow(deviceJsonSchema(), '');
    expect(fields.length).toBeGreaterThan(20);
    expect(fields.filter(([, node]) => (node.description ?? '') === '').map(([path]) => path)).toEqual([]);
    const numbers = fields.filter(([path, node]) => node.type === 'integer' && !path.endsWith('[]'));
    expect(numbers.filter(([, node]) => node['x-unit'] === undefined)).toEqual([]);
  });

  it('gives a unit to every number that has one', () => {
    const numbers = fieldsBelow(configJsonSchema(), '').filter(([, node]) => node.type === 'integer');
    expect(numbers.filter(([, node]) => node['x-unit'] === undefined).map(([path]) => path)).toEqual([
      '.proxy.port',
      '.metrics.port',
      '.keyStores[].keys.*.generation',
      '.keyStores[].keys.*.generations[].generation',
      '.keyStores[].keys.*.current',
      '.kms.port',
      '.kms.store.postgres.port',
    ]);
  });

  it('says which fields no message may quote', () => {
    const sensitive = fieldsBelow(configJsonSchema(), '').filter(([, node]) => node['x-sensitive'] === true);
    expect(sensitive.map(([path]) => path)).toEqual([
      '.tokens[].env.*',
      '.tokens[].pin',
      '.tokens[].pin.file',
      '.tokens[].pin.env',
      '.keyStores[].credentials[].accessKeyId',
      '.keyStores[].credentials[].secretAccessKey',
      '.keyStores[].credentials[].secretAccessKey.file',
      '.keyStores[].credentials[].secretAccessKey.env',
      '.keyStores[].credentials[].createdAt',
      '.keyStores[].keys.*.uri',
      '.keyStores[].keys.*.generations[].uri',
      '.kms.store.postgres.password',
      '.kms.store.postgres.password.file',
      '.kms.store.postgres.password.env',
      '.kms.access.credentials[].accessKeyId',
      '.kms.access.credentials[].secretAccessKey',
      '.kms.access.credentials[].secretAccessKey.file',
      '.kms.access.credentials[].secretAccessKey.env',
      '.kms.events[].http.url',
      '.kms.events[].http.authorization',
      '.kms.events[].http.authorization.file',
      '.kms.events[].http.authorization.env',
    ]);
  });
});

describe('what is generated from the schema', () => {
  it('is up to date: docs/configuration.md and config/portcullis.schema.json', () => {
    const { status, stderr } = spawnSync(process.execPath, ['tools/configuration-docs.ts', '--check'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('the JSON Schema is read by its name in the example', () => {
    const example = readFileSync(join(ROOT, 'config/portcullis.example.yaml'), 'utf8');
    expect(example).toContain('$schema=portcullis.schema.json');
    const schema: unknown = JSON.parse(readFileSync(join(ROOT, 'config/portcullis.schema.json'), 'utf8'));
    expect(schema).toMatchObject({
      title: 'Portcullis configuration',
      type: 'object',
      additionalProperties: false,
    });
  });
});

describe('the example configuration', () => {
  it('is valid next to the files that it names', () => {
    using directory = new ConfigDirectory();
    const example = readFileSync(join(ROOT, 'config/portcullis.example.yaml'), 'utf8');
    mkdirSync(join(directory.path, 'var'));
    directory.write('var/softhsm2.conf', '');
    directory.write('var/pin', '1234\n');
    directory.write('var/next-secret', `${OTHER_SECRET}\n`);
    const file = directory.write('c.yaml', example.replace('/usr/lib/softhsm/libsofthsm2.so', './module.so'));
    const config = loadConfig(file, SURROUNDINGS);
    expect(config.warnings).toEqual([]);
    expect([...(config.keyStores[0]?.keys.keys() ?? [])]).toEqual([
      'payroll',
      'archive',
      'orders',
      'retired',
    ]);
  });
});

function fieldsBelow(node: SchemaNode, path: string): [path: string, node: SchemaNode][] {
  const children: [string, SchemaNode][] = Object.entries(node.properties ?? {}).map(([name, child]) => [
    `${path}.${name}`,
    child,
  ]);
  if (typeof node.additionalProperties === 'object') children.push([`${path}.*`, node.additionalProperties]);
  if (node.items !== undefined) children.push([`${path}[]`, node.items]);
  const below = children.flatMap(([name, child]) => [
    [name, child] as [string, SchemaNode],
    ...fieldsBelow(child, name),
  ]);
  return [...below, ...(node.anyOf ?? []).flatMap((choice) => fieldsBelow(choice, path))];
}
