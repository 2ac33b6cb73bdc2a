/** Where the store of the KMS engine is, and whose keys its records need. */
import { dirname, resolve } from 'node:path';
import { Option } from 'commander';
import { HsmFault } from '../domain/hsm-fault.ts';
import { parseExportedKey } from '../hsm/material/exported-key-token.ts';
import type { BackupManifest, GenerationOf } from '../store/sqlite/backup-manifest.ts';
import { CliFault } from './cli-fault.ts';
import { configField } from './config-field.ts';

export interface StoreOptions {
  readonly config?: string;
  readonly store?: string;
}

/** `--config` and `--store`, of which one is needed. */
export function storeOptions(): Option[] {
  return [
    new Option('-c, --config <file>', 'configuration of the engine: names its store'),
    new Option('-s, --store <file>', 'the store itself').conflicts('config'),
  ];
}

/** Throws a CliFault when neither option leads to a file, a ConfigFault when the configuration is no YAML. */
export function storeFile({ config, store }: StoreOptions): string {
  if (store !== undefined) return resolve(store);
  if (config === undefined) throw new CliFault('usage', 'name the store: --config <file> or --store <file>');
  const named = configField(config, ['kms', 'store', 'sqlite']);
  if (typeof named === 'string') return resolve(dirname(resolve(config)), named);
  if (configField(config, ['kms', 'store', 'postgres', 'database']) !== undefined) {
    const way = 'use pg_dump and pg_restore with the engines stopped (docs/store.md)';
    throw new CliFault('refused', `${config} keeps its records in PostgreSQL: ${way}`);
  }
  throw new CliFault('refused', `${config} has no kms.store.sqlite, so there is no file to work with`);
}

/** What a token says of itself: its HMAC is looked at when the key is used. */
export const generationOfToken: GenerationOf = (token) => {
  try {
    return parseExportedKey(token).generation;
  } catch (error) {
    if (error instanceof HsmFault && error.code === 'corrupt') return undefined;
    throw error;
  }
};

/** The part of a report that backup and restore share. */
export function contentText({ domainId, generations, damagedMaterials, records }: BackupManifest): string {
  const counts = Object.entries(records).map(([kind, count]) => `${count} ${kind}`);
  const damaged =
    damagedMaterials === 0
      ? ''
      : `DAMAGED      ${damagedMaterials} versions of key material cannot be read, and will not decrypt\n`;
  return `records      ${counts.join(', ') || 'none'}
domain       ${domainId ?? 'none'}
generations  ${generations.join(', ') || 'none'}${generations.length > 0 ? ' of its keys: a token must hold them for the keys to work' : ''}
${damaged}`;
}
