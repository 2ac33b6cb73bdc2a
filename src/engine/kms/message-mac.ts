/** The MAC of a message under a key, for GenerateMac and VerifyMac. */
import type { MacAlgorithmSpec } from '../../domain/kms/api/enums.ts';
import type { CallContext } from '../../domain/ports/hsm.ts';
import type { KeyVault } from '../../domain/ports/key-vault.ts';
import { requireAlgorithm } from './key-algorithm.ts';
import { currentMaterial, usable } from './key-material.ts';
import type { FoundKey } from './operation.ts';

export async function macOf(
  vault: KeyVault,
  key: FoundKey,
  { message, macAlgorithm }: { readonly message: Uint8Array; readonly macAlgorithm: MacAlgorithmSpec },
  context: CallContext,
): Promise<Uint8Array> {
  const record = key.stored.body;
  const row = requireAlgorithm(key, 'GENERATE_VERIFY_MAC', macAlgorithm);
  return vault.mac(usable(record, currentMaterial(record)).key, row, message, context);
}
