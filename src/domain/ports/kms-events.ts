/**
 * What happened to keys, for whoever wants to know. An event is committed together with what it tells of, so that it is
 * known as surely as that, and delivered later, at least once.
 */
import type { OriginType } from '../kms/api/enums.ts';
import type { RecordChange } from './record-store.ts';

export type KmsEvent = KeyDeleted | KeyRotated | MaterialExpired;

interface AboutKey {
  readonly account: string;
  readonly region: string;
  readonly keyId: string;
  readonly atMs: number;
}

export interface KeyDeleted extends AboutKey {
  readonly type: 'KMS CMK Deletion';
}

export interface KeyRotated extends AboutKey {
  readonly type: 'KMS CMK Rotation';
  readonly origin: OriginType;
  readonly rotation: 'AUTOMATIC' | 'ON_DEMAND';
  readonly previousMaterialId: string;
  readonly currentMaterialId: string;
}

/** Comes with imported key material. */
export interface MaterialExpired extends AboutKey {
  readonly type: 'KMS Imported Key Material Expiration';
}

export interface KmsEvents {
  /** What is to be committed with the change that the event tells of; nothing where nobody wants events. */
  recordsOf(event: KmsEvent): readonly RecordChange[];
  /** The commit has succeeded. Never throws. */
  happened(event: KmsEvent): void;
}
