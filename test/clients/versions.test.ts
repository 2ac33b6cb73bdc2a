/** The versions that docs/kms.md names are those that the locks have. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

function textOf(file: string): string {
  return readFileSync(join(import.meta.dirname, '../..', file), 'utf8');
}

it.for([
  { client: 'aws command line', lock: 'test/clients/requirements.txt', pin: /^awscli==([\d.]+)/m },
  { client: 'boto3', lock: 'test/clients/requirements.txt', pin: /^boto3==([\d.]+)/m },
  {
    client: 'AWS Encryption SDK for Python',
    lock: 'test/clients/requirements.txt',
    pin: /^aws-encryption-sdk==([\d.]+)/m,
  },
  {
    client: 'AWS Encryption SDK for JavaScript',
    lock: 'package.json',
    pin: /"@aws-crypto\/client-node": "([\d.]+)"/,
  },
  { client: 'AWS SDK for JavaScript', lock: 'package.json', pin: /"@aws-sdk\/client-kms": "([\d.]+)"/ },
  {
    client: 'AWS SDK for Go v2, `service/kms`',
    lock: 'test/clients/go/go.mod',
    pin: /service\/kms v([\d.]+)/,
  },
  {
    client: 'AWS SDK for Java 2.x',
    lock: 'test/clients/java/pom.xml',
    pin: /<artifactId>kms<\/artifactId>\s*<version>([\d.]+)/,
  },
])('the documentation has the version of the $client', ({ client, lock, pin }) => {
  const [, version] = pin.exec(textOf(lock)) ?? [];
  const [, documented] = textOf('docs/kms.md').split(`\n| ${client} | `);

  expect(documented?.split(' | ')[0]).toBe(version);
});

it('the documentation has the version of the material providers', () => {
  const [, version] =
    /^aws-cryptographic-material-providers==([\d.]+)/m.exec(textOf('test/clients/requirements.txt')) ?? [];

  expect(textOf('docs/kms.md')).toContain(`material providers ${version} |`);
});
