/** A key that an engine is to have from its start, with a fixed id: docs/seeds.md. */
import type { KeySpec, KeyUsageType } from '../kms/api/enums.ts';
import type { Secret } from '../secret.ts';
import type { KeyScope, KeyTag } from './key-record.ts';

export interface SeedKey extends KeyScope {
  /** As {@link KeyRecord.keyId}, in lower case; a multi-Region key when it starts with `mrk-`. */
  readonly keyId: string;
  /** With {@link usage}, a kind of key that there is. */
  readonly spec: KeySpec;
  readonly usage: KeyUsageType;
  /** `alias/…`, each once in its account and Region. */
  readonly aliases: readonly string[];
  readonly description: string;
  /** JSON text; absent: the policy of keys that are made without one. */
  readonly policy?: string;
  readonly tags: readonly KeyTag[];
  readonly enabled: boolean;
  /** Days between rotations, of a symmetric key; absent: it does not rotate by itself. */
  readonly rotationDays?: number;
  /**
   * Base64 of its material: 32 bytes for a symmetric key, as many as the MAC for an HMAC key, else PKCS#8 DER. Absent:
   * random, and made in the vault.
   */
  readonly material?: Secret;
}
