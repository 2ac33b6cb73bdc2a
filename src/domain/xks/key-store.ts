/** An external key store as the operator configured it: one path prefix, its credentials, its key map. */
import type { AeadScheme } from '../hsm/aead-scheme.ts';
import type { TokenKey } from '../ports/hsm.ts';
import type { Secret } from '../secret.ts';
import type { AccessPolicy } from './access-policy.ts';

export type CryptoUsage = 'ENCRYPT' | 'DECRYPT';

/** How the caller's AAD enters the GCM AAD: itself (the specification), or its SHA-256 as AWS's sample proxy does. */
export type AadMode = 'spec' | 'sha256';

/** One generation of an external key and the object behind it. The key map leads to the current one. */
export interface MappedKey {
  readonly externalKeyId: string;
  readonly key: TokenKey;
  readonly scheme: AeadScheme;
  readonly status: 'ENABLED' | 'DISABLED';
  /** Usages that configuration leaves; the object's attributes may allow fewer. */
  readonly usages: ReadonlySet<CryptoUsage>;
  /** Key generation written into ciphertextMetadata, of which native GCM of generation 0 has none. */
  readonly generation: number;
  /** Of the current generation: those beside it, which only decrypt. Absent when there are none. */
  readonly otherGenerations?: readonly MappedKey[];
  /** Of any other generation: which one encrypts in its place. */
  readonly currentGeneration?: number;
  /** Pinned check value, 6 lower-case hex digits. */
  readonly kcvHex?: string;
  /** Length of the key by the operator's word, where the module shows all keys alike. */
  readonly attestedBits?: number;
  readonly allowExtractable: boolean;
  /** This object may stand behind several external key ids or prefixes. */
  readonly shared: boolean;
}

export interface StoreCredential {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  /** When it was made, according to the operator, in milliseconds since 1970. */
  readonly createdMs?: number;
  /** When the file that holds the secret was last written: it is at least that old. */
  readonly writtenMs?: number;
}

/** Token bucket. */
export interface Quota {
  readonly perSecond: number;
  readonly burst: number;
}

export interface KeyStore {
  /** `''` or `/segment[/segment…]`, without `/kms/xks/v1`. */
  readonly pathPrefix: string;
  /** Fair-share class of this prefix in the HSM layer; unique per prefix. */
  readonly tenant: number;
  readonly status: 'ENABLED' | 'DISABLED';
  readonly regions: readonly string[];
  readonly credentials: readonly StoreCredential[];
  readonly aadMode: AadMode;
  /** In `sha256` mode: a site-wide ciphertextMetadata that the earlier proxy wrote, accepted on decrypt as native GCM. */
  readonly legacyMetadata?: Uint8Array;
  readonly keys: ReadonlyMap<string, MappedKey>;
  readonly policy: AccessPolicy;
  readonly quota?: Quota;
}
