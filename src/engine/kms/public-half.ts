/** The public half of a key pair, for what needs no private one: such work never goes to the vault. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import type { KeyMaterial, KeyRecord } from '../../domain/key/key-record.ts';
import type { CallContext } from '../../domain/ports/hsm.ts';
import type { KeyVault } from '../../domain/ports/key-vault.ts';
import { currentMaterial, usable } from './key-material.ts';

export interface PublicHalf {
  /** SubjectPublicKeyInfo, DER, as the vault has authenticated it. */
  readonly spki: Uint8Array;
  readonly key: KeyObject;
}

/** Asks the vault once for each version of a record that the store hands out. Faults: those of the vault. */
export async function publicHalf(
  vault: KeyVault,
  record: KeyRecord,
  context: CallContext,
): Promise<PublicHalf> {
  const material = currentMaterial(record);
  const known = KNOWN.get(material);
  if (known !== undefined) return known;
  const spki = await vault.publicKey(usable(record, material).key, record, context);
  const half = { spki, key: createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }) };
  KNOWN.set(material, half);
  return half;
}

/** Bodies of records are never changed, and are freed when the store forgets them. */
const KNOWN = new WeakMap<KeyMaterial, PublicHalf>();
