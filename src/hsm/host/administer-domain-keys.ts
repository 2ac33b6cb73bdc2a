/** Making, taking in and destroying a domain's keys, as a token host is asked to. */
import type { Handle, PKCS11 } from 'pkcs11js';
import { destroyDomainKeys, importDomainKeys, makeDomainKeys } from '../pkcs11/domain-key-objects.ts';
import { decodeDomainKeys } from '../wire/material-messages.ts';
import { decodeJson, encodeJson } from '../wire/messages.ts';
import type { OperationName } from '../wire/operations.ts';

export type DomainKeyOperation = Extract<OperationName, `${string}DomainKeys`>;

export function administerDomainKeys(
  library: PKCS11,
  slot: Handle,
  { operation, body }: { readonly operation: DomainKeyOperation; readonly body: Uint8Array },
): Uint8Array {
  if (operation === 'importDomainKeys') return takeIn(library, slot, body);
  const { label } = decodeJson<{ label: string }>(body);
  if (operation === 'destroyDomainKeys') {
    return encodeJson({ destroyed: destroyDomainKeys(library, slot, label) });
  }
  makeDomainKeys(library, slot, label);
  return encodeJson({});
}

function takeIn(library: PKCS11, slot: Handle, body: Uint8Array): Uint8Array {
  const { label, values } = decodeDomainKeys(body);
  const copy = Buffer.from(values);
  try {
    importDomainKeys(library, slot, label, copy);
    return encodeJson({});
  } finally {
    copy.fill(0);
    body.fill(0);
  }
}
