/** How much of an emulated device's room is taken. */
import pkcs11js, { type Handle, type PKCS11 } from 'pkcs11js';
import type { ObjectLimit } from './personality.ts';

/** In objects of the device, for which a key pair is one. */
export function roomTaken(library: PKCS11, session: Handle, limit: ObjectLimit): number {
  const found = tokenObjects(library, session);
  return found.reduce((room, object) => room + roomOf(library, session, object, limit), 0);
}

function tokenObjects(library: PKCS11, session: Handle): Handle[] {
  library.C_FindObjectsInit(session, [{ type: pkcs11js.CKA_TOKEN, value: true }]);
  try {
    return library.C_FindObjects(session, MOST);
  } finally {
    library.C_FindObjectsFinal(session);
  }
}

function roomOf(library: PKCS11, session: Handle, object: Handle, limit: ObjectLimit): number {
  const [kind, id, label] = [pkcs11js.CKA_CLASS, pkcs11js.CKA_ID, pkcs11js.CKA_LABEL].map(
    (type) => library.C_GetAttributeValue(session, object, [{ type }])[0]?.value as Buffer,
  ) as [Buffer, Buffer, Buffer];
  if (kind.readUInt32LE(0) === pkcs11js.CKO_PUBLIC_KEY) return 0;
  return id.length > limit.idBytes || label.length > limit.labelBytes ? 2 : 1;
}

/** More objects than any device with a limit holds, public keys included. */
const MOST = 2_000;
