/** The check value of an AES key whose token offers no CKA_CHECK_VALUE: the zero block in ECB, first three bytes. */
import pkcs11js, { type Handle, type PKCS11 } from 'pkcs11js';

/** 6 lower-case hex digits; undefined where the token has no CKM_AES_ECB for this key. */
export function aesCheckValue(library: PKCS11, session: Handle, key: Handle): string | undefined {
  try {
    library.C_EncryptInit(session, { mechanism: pkcs11js.CKM_AES_ECB }, key);
    return library.C_Encrypt(session, Buffer.alloc(16), Buffer.alloc(16)).subarray(0, 3).toString('hex');
  } catch {
    // A check value is a convenience: without one, only a pinned `kcv` cannot be confirmed.
    return undefined;
  }
}
