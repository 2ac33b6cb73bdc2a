/** Where the store has its records. */
import type { RecordAddress } from '../ports/record-store.ts';
import type { KeyScope } from './key-record.ts';

/** The store's name for an account in a Region. */
export function scopeOf({ account, region }: KeyScope): string {
  return `${account}/${region}`;
}

/** Of a key, and of its last use. */
export function keyAddress(key: KeyScope & { readonly keyId: string }): RecordAddress {
  return { scope: scopeOf(key), id: key.keyId };
}

export function aliasAddress(alias: KeyScope & { readonly name: string }): RecordAddress {
  return { scope: scopeOf(alias), id: alias.name };
}

/** Of how far the engine's clock has been moved. */
export function clockSettingAddress(): RecordAddress {
  return { scope: '', id: 'clock' };
}

/** Of events on their way: they belong to the engine. */
export const EVENT_SCOPE = '';
