/** Session objects of key material: made, taken in, wrapped, unwrapped and destroyed, each in one PKCS#11 call. */
import pkcs11js, { type Handle, type PKCS11, type Template } from 'pkcs11js';
import { WrongLength } from './aes-gcm.ts';
import { callPkcs11 } from './pkcs11-failure.ts';
import { EXPORTABLE_MATERIAL } from './vault-templates.ts';

/** 32 random bytes that can be wrapped once: destroy the object when they are. */
export function generateMaterial(library: PKCS11, owner: Handle): Handle {
  const mechanism = { mechanism: pkcs11js.CKM_GENERIC_SECRET_KEY_GEN };
  const template = [...EXPORTABLE_MATERIAL, { type: pkcs11js.CKA_VALUE_LEN, value: MATERIAL_BYTES }];
  return callPkcs11('C_GenerateKey', () => library.C_GenerateKey(owner, mechanism, template));
}

/** The same of bytes that came from outside, which the caller wipes. */
export function importMaterial(library: PKCS11, owner: Handle, value: Buffer): Handle {
  const template = [...EXPORTABLE_MATERIAL, { type: pkcs11js.CKA_VALUE, value }];
  return callPkcs11('C_CreateObject', () => library.C_CreateObject(owner, template));
}

/** RFC 3394: 40 bytes. */
export function wrapMaterial(library: PKCS11, session: Handle, wrapping: Handle, material: Handle): Buffer {
  const output = Buffer.alloc(WRAPPED_BYTES + SLACK_BYTES);
  const wrapped = callPkcs11('C_WrapKey', () =>
    library.C_WrapKey(session, AES_KEY_WRAP, wrapping, material, output),
  );
  if (wrapped.length === WRAPPED_BYTES) return Buffer.from(wrapped);
  throw new WrongLength(
    'C_WrapKey',
    `C_WrapKey of the token gave ${wrapped.length} bytes, not ${WRAPPED_BYTES}`,
  );
}

/** The caller has authenticated `wrapped`: the token checks neither whose it is nor what for. */
export function unwrapMaterial(
  library: PKCS11,
  owner: Handle,
  unwrapping: Handle,
  { wrapped, template }: { readonly wrapped: Buffer; readonly template: Template },
): Handle {
  return callPkcs11('C_UnwrapKey', () =>
    library.C_UnwrapKey(owner, AES_KEY_WRAP, unwrapping, wrapped, template),
  );
}

/** What cannot be destroyed goes with its session. */
export function destroyMaterial(library: PKCS11, session: Handle, material: Handle): void {
  try {
    library.C_DestroyObject(session, material);
  } catch {
    // See above.
  }
}

const AES_KEY_WRAP = { mechanism: pkcs11js.CKM_AES_KEY_WRAP };
const MATERIAL_BYTES = 32;
const WRAPPED_BYTES = 40;
const SLACK_BYTES = 8;
