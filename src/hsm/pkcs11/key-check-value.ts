/** The check value of an AES key whose token offers no CKA_CHECK_VALUE: the zero block in ECB, first three bytes. */
import pkcs11js, { type Handle, type PKCS11 } from 'pkcs11js';
import { callPkcs11, Pkcs11Failure } from './pkcs11-failure.ts';

/** 6 lower-case hex digits; undefined where the token does no CKM_AES_ECB with this key. */
export function aesCheckValue(library: PKCS11, session: Handle, key: Handle): string | undefined {
  try {
    callPkcs11('C_EncryptInit', () =>
      library.C_EncryptInit(session, { mechanism: pkcs11js.CKM_AES_ECB }, key),
    );
  } catch (error) {
    // A check value is a convenience: a token that refuses the mechanism just has none to show.
    if (error instanceof Pkcs11Failure && error.blame === 'data') return undefined;
    throw error;
  }
  const block = callPkcs11('C_Encrypt', () => library.C_Encrypt(session, Buffer.alloc(16), Buffer.alloc(16)));
  return block.subarray(0, 3).toString('hex');
}
