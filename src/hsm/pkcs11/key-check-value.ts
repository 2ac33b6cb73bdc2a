/**
 * Check values of keys: three bytes by which two people see that they mean the same key. Each kind is chosen so
 * that it tells nothing that the key's scheme relies on (docs/aead.md, "Check values").
 */
import pkcs11js, { type Handle, type Mechanism, type PKCS11 } from 'pkcs11js';
import { callPkcs11, Pkcs11Failure } from './pkcs11-failure.ts';
import { evaluatePrf } from './prf.ts';

/**
 * For an AES key that may encrypt: the zero block encrypted. 6 lower-case hex digits; undefined where the token
 * does neither CKM_AES_ECB nor CKM_AES_CBC with this key. One block of CBC from a zero IV is the same as one of
 * ECB, and some tokens know only the one or the other.
 */
export function aesCheckValue(library: PKCS11, session: Handle, key: Handle): string | undefined {
  const encrypted = (mechanism: Mechanism): string => {
    callPkcs11('C_EncryptInit', () => library.C_EncryptInit(session, mechanism, key));
    return threeBytes(callPkcs11('C_Encrypt', () => library.C_Encrypt(session, zeroBlock(), zeroBlock())));
  };
  return (
    convenience(() => encrypted({ mechanism: pkcs11js.CKM_AES_ECB })) ??
    convenience(() => encrypted({ mechanism: pkcs11js.CKM_AES_CBC, parameter: zeroBlock() }))
  );
}

/** For a key that signs: the MAC of sixteen zero bytes, which is no input of any key derivation. */
export function macCheckValue(
  library: PKCS11,
  session: Handle,
  key: Handle,
  scheme: 'hmac' | 'cmac',
): string | undefined {
  return convenience(() => threeBytes(evaluatePrf(library, session, key, { scheme, input: zeroBlock() })));
}

/** A check value is a convenience: a token that refuses the work just has none to show. */
function convenience(work: () => string): string | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof Pkcs11Failure && error.blame === 'data') return undefined;
    throw error;
  }
}

function threeBytes(value: Buffer): string {
  const text = value.subarray(0, 3).toString('hex');
  value.fill(0);
  return text;
}

function zeroBlock(): Buffer {
  return Buffer.alloc(16);
}
