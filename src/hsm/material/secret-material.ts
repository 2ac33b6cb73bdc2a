/** Material that is nothing but random bytes: how many, and by which hash it shows its key material id. */
import { algorithmsOf, type HashName } from '../../domain/key/algorithms.ts';
import type { MaterialKind } from '../../domain/ports/key-vault.ts';

export interface SecretForm {
  readonly bytes: number;
  readonly hash: HashName;
}

/** Undefined for a kind of key that has a public half. */
export function secretFormOf(kind: MaterialKind): SecretForm | undefined {
  const [row] = algorithmsOf(kind);
  if (row?.kind === 'symmetric') return { bytes: SYMMETRIC_BYTES, hash: 'sha256' };
  return row?.kind === 'hmac' ? { bytes: row.macBytes, hash: row.hash } : undefined;
}

const SYMMETRIC_BYTES = 32;
