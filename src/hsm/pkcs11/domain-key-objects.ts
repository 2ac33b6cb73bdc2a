/** Makes, takes in and destroys the three keys of a domain's generation: token objects, on a session of its own. */
import pkcs11js, { type Handle, type PKCS11, type Template } from 'pkcs11js';
import { HsmFault } from '../../domain/hsm-fault.ts';
import { domainKeySelector } from '../material/domain-key-names.ts';
import { DOMAIN_KEY_ROLES, DOMAIN_SECRET_BYTES, type DomainKeyRole } from '../material/domain-secret.ts';
import { callPkcs11 } from './pkcs11-failure.ts';
import { domainKeyTemplate } from './vault-templates.ts';

/** Generates the three keys. Fault `ambiguous` when the token has keys of this label already. */
export function makeDomainKeys(library: PKCS11, slot: Handle, label: string): void {
  makeAll(library, slot, label, (session, role, template) => {
    const aes = role === 'domain';
    const mechanism = aes ? pkcs11js.CKM_AES_KEY_GEN : pkcs11js.CKM_GENERIC_SECRET_KEY_GEN;
    const withLength = [...template, { type: pkcs11js.CKA_VALUE_LEN, value: DOMAIN_SECRET_BYTES }];
    return callPkcs11('C_GenerateKey', () => library.C_GenerateKey(session, { mechanism }, withLength));
  });
}

/** `values`: the three keys, 32 bytes each, in the order of their roles; the caller wipes them. Fault `ambiguous` as above. */
export function importDomainKeys(library: PKCS11, slot: Handle, label: string, values: Buffer): void {
  if (values.length !== DOMAIN_KEY_ROLES.length * DOMAIN_SECRET_BYTES) {
    throw new HsmFault('internal', `the keys of a domain have ${values.length} bytes`);
  }
  makeAll(library, slot, label, (session, role, template) => {
    const at = DOMAIN_KEY_ROLES.indexOf(role) * DOMAIN_SECRET_BYTES;
    const value = values.subarray(at, at + DOMAIN_SECRET_BYTES);
    const withValue = [...template, { type: pkcs11js.CKA_VALUE, value }];
    return callPkcs11('C_CreateObject', () => library.C_CreateObject(session, withValue));
  });
}

/** Destroys whatever of the three there is, and says how many: what they wrapped is lost for good. */
export function destroyDomainKeys(library: PKCS11, slot: Handle, label: string): number {
  return withSession(library, slot, (session) => {
    const handles = DOMAIN_KEY_ROLES.flatMap((role) => find(library, session, label, role));
    for (const handle of handles)
      callPkcs11('C_DestroyObject', () => library.C_DestroyObject(session, handle));
    return handles.length;
  });
}

type MakeOne = (session: Handle, role: DomainKeyRole, template: Template) => Handle;

/** All three or none: what was made before a failure is destroyed again. */
function makeAll(library: PKCS11, slot: Handle, label: string, makeOne: MakeOne): void {
  withSession(library, slot, (session) => {
    for (const role of DOMAIN_KEY_ROLES) {
      if (find(library, session, label, role).length === 0) continue;
      throw new HsmFault('ambiguous', `the token has a ${role} key labelled ${label} already`);
    }
    const made: Handle[] = [];
    try {
      for (const role of DOMAIN_KEY_ROLES)
        made.push(makeOne(session, role, [...domainKeyTemplate(role), ...nameAttributes(label, role)]));
    } catch (error) {
      for (const handle of made) tryDestroy(library, session, handle);
      throw error;
    }
  });
}

/** What stays behind bears a label that no record has: an orphan, which is found by it. */
function tryDestroy(library: PKCS11, session: Handle, handle: Handle): void {
  try {
    library.C_DestroyObject(session, handle);
  } catch {
    // See above.
  }
}

function find(library: PKCS11, session: Handle, label: string, role: DomainKeyRole): Handle[] {
  const template: Template = [
    { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_SECRET_KEY },
    { type: pkcs11js.CKA_TOKEN, value: true },
    ...nameAttributes(label, role),
  ];
  callPkcs11('C_FindObjectsInit', () => library.C_FindObjectsInit(session, template));
  const handles = callPkcs11('C_FindObjects', () => library.C_FindObjects(session, MOST_OF_ONE_NAME));
  callPkcs11('C_FindObjectsFinal', () => library.C_FindObjectsFinal(session));
  return handles;
}

function nameAttributes(label: string, role: DomainKeyRole): Template {
  return [
    { type: pkcs11js.CKA_LABEL, value: Buffer.from(label, 'utf8') },
    { type: pkcs11js.CKA_ID, value: Buffer.from(domainKeySelector(label, role).idHex, 'hex') },
  ];
}

function withSession<T>(library: PKCS11, slot: Handle, use: (session: Handle) => T): T {
  const flags = pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION;
  const session = callPkcs11('C_OpenSession', () => library.C_OpenSession(slot, flags));
  try {
    return use(session);
  } finally {
    try {
      library.C_CloseSession(session);
    } catch {
      // What was done, or failed, does not change because the session will not close; its process ends soon.
    }
  }
}

const MOST_OF_ONE_NAME = 16;
