/** Keys of known value that fit the schemes, for tests to import. */
import { randomBytes } from 'node:crypto';
import type { AeadScheme } from '../../src/domain/hsm/aead-scheme.ts';
import type { KeyOrder } from './tokens/workbench-orders.ts';

export interface KnownKeyOrder extends KeyOrder {
  readonly valueHex: string;
}

/** A key labelled like its scheme, with a random value, unless told otherwise. */
export function schemeKey(scheme: AeadScheme, changes: Partial<KnownKeyOrder> = {}): KnownKeyOrder {
  const { valueHex = randomBytes(32).toString('hex') } = changes;
  const type = scheme === 'hmac' ? 'GENERIC_SECRET' : 'AES';
  return {
    label: scheme,
    idHex: IDS[scheme],
    type,
    usages: USAGES[scheme],
    bits: valueHex.length * 4,
    ...changes,
    valueHex,
  };
}

/** What the token holds. */
export function keyBytes({ valueHex }: KnownKeyOrder): Buffer {
  return Buffer.from(valueHex, 'hex');
}

const IDS = { 'native-gcm': 'd001', hmac: 'd002', cmac: 'd003', 'cbc-mac': 'd004' } as const;
const USAGES = {
  'native-gcm': ['encrypt', 'decrypt'],
  hmac: ['sign'],
  cmac: ['sign'],
  'cbc-mac': ['encrypt'],
} as const;
