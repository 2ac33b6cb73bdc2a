/** Session objects of key material: made, taken in, wrapped, unwrapped and destroyed, each in one PKCS#11 call. */
import pkcs11js, { type Handle, type PKCS11, type Template } from 'pkcs11js';
import { WrongLength } from './aes-gcm.ts';
import { callPkcs11 } from './pkcs11-failure.ts';
import { EXPORTABLE_MATERIAL } from './vault-templates.ts';

/** So many random bytes, which can be wrapped once: destroy the object when they are. */
export function generateSecret(library: PKCS11, owner: Handle, bytes: number): Handle {
  const mechanism = { mechanism: pkcs11js.CKM_GENERIC_SECRET_KEY_GEN };
  const template = [...EXPORTABLE_MATERIAL, { type: pkcs11js.CKA_VALUE_LEN, value: bytes }];
  return callPkcs11('C_GenerateKey', () => library.C_GenerateKey(owner, mechanism, template));
}

/** The same of bytes that came from outside, which the caller wipes. */
export function importSecret(library: PKCS11, owner: Handle, value: Buffer): Handle {
  const template = [...EXPORTABLE_MATERIAL, { type: pkcs11js.CKA_VALUE, value }];
  return callPkcs11('C_CreateObject', () => library.C_CreateObject(owner, template));
}

/** CKM_AES_KEY_WRAP, RFC 3394. The other one, RFC 5649, has another number on each device. */
export const AES_KEY_WRAP = pkcs11js.CKM_AES_KEY_WRAP;

/** `bytes`: of the secret; absent for a private key, whose PKCS#8 has whatever length. */
export function wrapMaterial(
  library: PKCS11,
  session: Handle,
  wrapping: Handle,
  { material, mechanism, bytes }: MaterialToWrap,
): Buffer {
  const expected = bytes === undefined ? undefined : 8 * Math.ceil(bytes / 8) + WRAP_BYTES;
  const output = Buffer.alloc(expected === undefined ? MOST_BYTES : expected + WRAP_BYTES);
  const wrapped = callPkcs11('C_WrapKey', () =>
    library.C_WrapKey(session, { mechanism }, wrapping, material, output),
  );
  const { length } = wrapped;
  const sound =
    expected === undefined
      ? length % 8 === 0 && length > 2 * WRAP_BYTES && length < MOST_BYTES
      : length === expected;
  if (sound) return Buffer.from(wrapped);
  throw new WrongLength(
    'C_WrapKey',
    `C_WrapKey of the token gave ${length} bytes, not ${expected ?? 'those of a wrapped key'}`,
  );
}

export interface MaterialToWrap {
  readonly material: Handle;
  /** CKM number. */
  readonly mechanism: number;
  readonly bytes?: number | undefined;
}

/** The caller has authenticated `wrapped`: the token checks neither whose it is nor what for. */
export function unwrapMaterial(
  library: PKCS11,
  owner: Handle,
  unwrapping: Handle,
  { wrapped, mechanism, template }: MaterialToUnwrap,
): Handle {
  return callPkcs11('C_UnwrapKey', () =>
    library.C_UnwrapKey(owner, { mechanism }, unwrapping, wrapped, template),
  );
}

export interface MaterialToUnwrap {
  readonly wrapped: Buffer;
  /** CKM number. */
  readonly mechanism: number;
  readonly template: Template;
}

/** What cannot be destroyed goes with its session. */
export function destroyMaterial(library: PKCS11, session: Handle, material: Handle): void {
  try {
    library.C_DestroyObject(session, material);
  } catch {
    // See above.
  }
}

/** What wrapping adds to a multiple of eight. */
const WRAP_BYTES = 8;
/** More than the PKCS#8 of RSA with 4096 bits. */
const MOST_BYTES = 4_096;
