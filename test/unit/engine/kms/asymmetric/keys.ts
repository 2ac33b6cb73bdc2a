/** Keys of any kind in an engine: made by it, or with material from outside. */
import { keyAddress } from '../../../../../src/domain/key/record-address.ts';
import type { KeySpec, KeyUsageType } from '../../../../../src/domain/kms/api/enums.ts';
import { ACCOUNT, type Rig, START_MS } from '../rig.ts';

export interface MadeKey {
  readonly id: string;
  readonly arn: string;
}

export async function newKeyOf(rig: Rig, keySpec: KeySpec, keyUsage: KeyUsageType): Promise<MadeKey> {
  const { keyMetadata } = await rig.run('CreateKey', { keySpec, keyUsage });
  return { id: keyMetadata?.keyId as string, arn: keyMetadata?.arn as string };
}

/** A key whose material the test knows: as many bytes as a MAC, else PKCS#8. */
export async function keyWithMaterial(
  rig: Rig,
  kind: { readonly spec: KeySpec; readonly usage: KeyUsageType },
  material: Uint8Array,
): Promise<MadeKey> {
  const made = await rig.newKey();
  const owner = { account: ACCOUNT, keyId: made.id };
  const { materialId, token } = await rig.vault.import(owner, kind, Uint8Array.from(material));
  const { body, revision } = await rig.record(made.id);
  const imported = { materialId, token: Buffer.from(token).toString('base64'), createdMs: START_MS };
  const changed = { ...body, ...kind, materials: [imported], currentMaterialId: materialId };
  const put = { do: 'put', kind: 'key', address: keyAddress(body), body: changed } as const;
  await rig.store.commit([{ ...put, expect: revision }]);
  return made;
}
