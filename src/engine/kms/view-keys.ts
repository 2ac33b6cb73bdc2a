/** Keys as an operator sees them, by the process's own control socket: no caller of the API gets here. */
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { KeyMaterial } from '../../domain/key/key-record.ts';
import { type KeyView, keyView } from '../../domain/key/key-view.ts';
import { scopeOf } from '../../domain/key/record-address.ts';
import { parseKeyIdentifier } from '../../domain/kms/key-identifier.ts';
import type { KeyVault } from '../../domain/ports/key-vault.ts';
import type { RecordStore } from '../../domain/ports/record-store.ts';

/** The key of an ARN, or all with this id in any account and Region; none for what names no key. */
export async function viewKeys(
  name: string,
  { store, vault }: { readonly store: RecordStore; readonly vault: KeyVault },
): Promise<KeyView[]> {
  const identifier = parseKeyIdentifier(name);
  if (identifier.kind !== 'key') return [];
  const { arn, name: id } = identifier;
  const scopes = arn === undefined ? await store.scopes('key') : [scopeOf(arn)];
  const found = await Promise.all(scopes.toSorted().map((scope) => store.get('key', { scope, id })));
  return found
    .filter((stored) => stored !== undefined)
    .map(({ body }) => keyView(body, vault, (material) => generationOf(material, vault)));
}

function generationOf({ token }: KeyMaterial, vault: KeyVault): number | undefined {
  try {
    return vault.generationOf(Buffer.from(token, 'base64'));
  } catch (error) {
    if (error instanceof HsmFault && error.code === 'corrupt') return undefined;
    throw error;
  }
}
