/** Who may call the engine, and how their requests are known. */
import type { KmsCaller } from '../../domain/kms/caller.ts';
import type { Secret } from '../../domain/secret.ts';

export interface KmsCredential {
  readonly secret: Secret;
  readonly caller: KmsCaller;
  /** Of temporary credentials; requests must carry it in `X-Amz-Security-Token`. */
  readonly sessionToken?: Secret;
  /** Milliseconds since 1970; from then on a session has expired. */
  readonly sessionExpiresMs?: number;
}

/** By access key id. */
export type KmsCredentials = ReadonlyMap<string, KmsCredential>;
