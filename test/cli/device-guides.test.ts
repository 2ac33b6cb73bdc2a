/** The guides of docs/devices lead where they say: every command and every file in them, up to the first Encrypt. */

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { boxesOf, GUIDES, readGuide, sectionsOf } from '../support/device-guide.ts';
import { GuideRun } from '../support/guide-run.ts';
import { decryptBody, encryptBody, post } from '../support/running-proxy.ts';
import { NSS } from '../support/tokens/nss-kind.ts';
import { OPENCRYPTOKI } from '../support/tokens/opencryptoki-kind.ts';
import { SOFTHSM2 } from '../support/tokens/softhsm2-kind.ts';
import type { TokenKind } from '../support/tokens/token-kind.ts';
import { atWorkbench } from '../support/tokens/workbench.ts';
import type { KeyOrder } from '../support/tokens/workbench-orders.ts';

interface Place {
  readonly guide: string;
  /** What stands in the place of the device; absent where the guide makes its own token. */
  readonly standIn?: TokenKind;
  /** Keys that the vendor's own tools make, as they make them. */
  readonly keys?: Pick<KeyOrder, 'type' | 'usages'>;
  /** Why this machine cannot do it. */
  readonly absent?: string | undefined;
  /** Of `ciphertextMetadata`: none for native GCM. */
  readonly metadataBytes: 0 | 20;
}

const PLACES: readonly Place[] = [
  { guide: 'softhsm2', metadataBytes: 0 },
  { guide: 'generic', metadataBytes: 20 },
  { guide: 'nss', absent: NSS.absent, metadataBytes: 0 },
  { guide: 'opencryptoki', standIn: OPENCRYPTOKI, absent: OPENCRYPTOKI.absent, metadataBytes: 20 },
  {
    guide: 'yubihsm2',
    standIn: SOFTHSM2,
    keys: { type: 'GENERIC_SECRET', usages: ['sign'] },
    metadataBytes: 20,
  },
  { guide: 'nitrokey-hsm2', standIn: SOFTHSM2, keys: { type: 'AES', usages: ['sign'] }, metadataBytes: 20 },
  { guide: 'nethsm', standIn: SOFTHSM2, keys: { type: 'AES', usages: ['encrypt'] }, metadataBytes: 20 },
];

it('every guide has its place here', () => {
  expect(PLACES.map(({ guide }) => guide).toSorted()).toEqual([...GUIDES].toSorted());
});

describe.for(PLACES)('the guide to $guide', ({ guide, standIn, keys, absent, metadataBytes }) => {
  it('leads to the first Encrypt', async ({ skip }) => {
    skip(absent !== undefined, absent);
    await using token = await standIn?.provision();
    await using run = await GuideRun.of(guide, token);
    if (token !== undefined && keys !== undefined) {
      const labels = ['health', 'orders'];
      const orders = labels.map((label, index) => ({ ...keys, label, idHex: `0a0${index}` }));
      expect(await atWorkbench(token, { do: 'make keys', keys: orders })).toEqual(['', '']);
    }
    const { output, authority, credential } = await run.carryOut();

    expect(output).toContain('probe of /example: encrypts and decrypts with orders');
    expect(output).toContain('no problem');
    const plaintext = Buffer.from('first');
    const ask = (operation: string, body: unknown) =>
      post(authority, `/example/kms/xks/v1/keys/orders/${operation}`, body, {
        region: 'eu-west-1',
        credential,
      });
    const encrypted = await ask('encrypt', encryptBody(plaintext));
    expect(encrypted.status).toBe(200);
    const metadata = Buffer.from(String(encrypted.body['ciphertextMetadata'] ?? ''), 'base64');
    expect(metadata).toHaveLength(metadataBytes);
    const decrypted = await ask('decrypt', decryptBody(encrypted.body));
    expect(decrypted.body['plaintext']).toBe(plaintext.toString('base64'));
  });

  it('has the sections that every guide has', () => {
    expect(sectionsOf(readGuide(guide))).toEqual(
      expect.arrayContaining([
        'What we have run',
        'Module and settings',
        'Configuration',
        'The first Encrypt',
        'Sizing for 1 800/s',
        'Backup',
        'Unplugging',
        'Known limits',
      ]),
    );
  });

  it('has boxes for tests, files by their names, and marks what only a reader can do', () => {
    const boxes = boxesOf(readGuide(guide));
    const of = (kind: string) => boxes.filter((box) => box.kind === kind);
    expect(of('command').length).toBeGreaterThanOrEqual(3);
    expect(of('background')).toHaveLength(1);
    expect(of('file').map(({ name }) => name)).toContain('portcullis.yaml');
    expect(of('file').filter(({ name }) => name === '')).toEqual([]);
    const unmarked = of('reader').filter(
      ({ text, before }) =>
        !text.startsWith('sudo apt-get install') && !before.includes('**On the device.**'),
    );
    expect(unmarked.map(({ text }) => text)).toEqual([]);
  });

  it('shows YAML that parses', () => {
    const files = boxesOf(readGuide(guide)).filter(({ name }) => /\.yaml$|p11nethsm\.conf$/.test(name));
    expect(files.map(({ text }) => typeof parse(text))).toEqual(files.map(() => 'object'));
  });
});
