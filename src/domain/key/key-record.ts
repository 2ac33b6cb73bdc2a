/** A KMS key as the store keeps it: everything but its material in the clear. */
import type { KeySpec, KeyState, KeyUsageType, OriginType } from '../kms/api/enums.ts';

/** Where keys and aliases live: one account in one Region. */
export interface KeyScope {
  readonly account: string;
  readonly region: string;
}

export interface KeyRecord extends KeyScope {
  /** UUID, or `mrk-` and 32 hex digits for a multi-Region key. */
  readonly keyId: string;
  readonly spec: KeySpec;
  readonly usage: KeyUsageType;
  readonly origin: OriginType;
  readonly multiRegion: boolean;
  /** `Unavailable`, `Creating` and `Updating` come with custom key stores and multi-Region keys. */
  readonly state: KeyState;
  readonly createdMs: number;
  readonly description: string;
  /** JSON text, returned as it was given. */
  readonly policy: string;
  readonly tags: readonly KeyTag[];
  /** Oldest first; never empty except for a key that waits for its first import. */
  readonly materials: readonly KeyMaterial[];
  /** The one that encrypts; absent for a key that waits for its first import. */
  readonly currentMaterialId?: string;
  readonly rotation: KeyRotation;
  /** In `PendingDeletion`: when the key is destroyed, and the window that was asked for. */
  readonly deletion?: { readonly atMs: number; readonly windowDays: number };
}

export interface KeyTag {
  readonly key: string;
  readonly value: string;
}

/** One version of the key's material. */
export interface KeyMaterial {
  /** 64 lower-case hex digits: a PRF over the material, bound to account and key id. */
  readonly materialId: string;
  /** The exported key token, base64: what the vault unwraps. Means nothing outside of the vault. */
  readonly token: string;
  readonly createdMs: number;
  /** Absent for the first material. */
  readonly rotated?: { readonly atMs: number; readonly type: 'AUTOMATIC' | 'ON_DEMAND' };
}

export interface KeyRotation {
  /** As the customer set it; a key in `PendingDeletion` reports false, and gets this back when that is cancelled. */
  readonly enabled: boolean;
  readonly periodDays: number;
  /** When the next automatic rotation is due; absent while disabled. */
  readonly nextMs?: number;
  /** On-demand rotations so far: there is a limit for a key's life. */
  readonly onDemandCount: number;
}

export interface AliasRecord extends KeyScope {
  /** `alias/…` */
  readonly name: string;
  readonly targetKeyId: string;
  readonly createdMs: number;
  readonly updatedMs: number;
}
