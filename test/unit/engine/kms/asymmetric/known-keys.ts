/** Keys of the engine whose private halves the tests have too: made by node:crypto, and sown. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import type { KeySpec, KeyUsageType } from '../../../../../src/domain/kms/api/enums.ts';
import { Secret } from '../../../../../src/domain/secret.ts';
import { sowSeed } from '../../../../../src/engine/kms/seed/sow-seed.ts';
import { ACCOUNT, REGION, type Rig } from '../rig.ts';

export interface KnownKey {
  readonly id: string;
  readonly arn: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** A key of this id, spec and usage with this private key, or with these bytes of PKCS#8. */
export async function sowKnownKey(
  rig: Rig,
  { id, spec, usage }: { readonly id: string; readonly spec: KeySpec; readonly usage: KeyUsageType },
  privateKey: KeyObject,
  pkcs8: Uint8Array = privateKey.export({ type: 'pkcs8', format: 'der' }),
): Promise<KnownKey> {
  const material = new Secret(Buffer.from(pkcs8).toString('base64'));
  const rest = { aliases: [], description: '', tags: [], enabled: true };
  await sowSeed(
    [{ account: ACCOUNT, region: REGION, keyId: id, spec, usage, ...rest, material }],
    rig.services,
  );
  const arn = `arn:aws:kms:${REGION}:${ACCOUNT}:key/${id}`;
  return { id, arn, privateKey, publicKey: createPublicKey(privateKey) };
}
