/** What happened to keys, for whoever wants to know: rotation, expiry, deletion. */

export interface KmsEvent {
  readonly type: 'KMS CMK Rotation' | 'KMS CMK Deletion' | 'KMS Imported Key Material Expiration';
  readonly account: string;
  readonly region: string;
  readonly keyId: string;
  readonly atMs: number;
}

export interface KmsEvents {
  /** Takes note of it, durably or not at all; never throws. */
  happened(event: KmsEvent): void;
}
