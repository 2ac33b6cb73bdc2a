/**
 * Finds out by trying what an AES key may do, for modules that show all of them alike. One block each way from a
 * zero IV: what comes out is the check value, or is wiped unread.
 */
import pkcs11js, { type Handle, type PKCS11 } from 'pkcs11js';
import { aesCheckValue } from './key-check-value.ts';
import { callPkcs11, Pkcs11Failure } from './pkcs11-failure.ts';

export interface AesKeyTrial {
  readonly canEncrypt: boolean;
  readonly canDecrypt: boolean;
  /** Of a key that encrypts. */
  readonly kcvHex: string | undefined;
}

/** Throws what is trouble of the moment: only a refusal of this use of the key counts as one. */
export function tryAesKey(library: PKCS11, session: Handle, key: Handle): AesKeyTrial {
  const kcvHex = aesCheckValue(library, session, key);
  return { canEncrypt: kcvHex !== undefined, canDecrypt: decrypts(library, session, key), kcvHex };
}

function decrypts(library: PKCS11, session: Handle, key: Handle): boolean {
  const mechanism = { mechanism: pkcs11js.CKM_AES_CBC, parameter: Buffer.alloc(BLOCK_BYTES) };
  const output = Buffer.alloc(BLOCK_BYTES);
  try {
    callPkcs11('C_DecryptInit', () => library.C_DecryptInit(session, mechanism, key));
    callPkcs11('C_Decrypt', () => library.C_Decrypt(session, Buffer.alloc(BLOCK_BYTES), output));
    return true;
  } catch (error) {
    if (error instanceof Pkcs11Failure && REFUSALS.has(error.value)) return false;
    throw error;
  } finally {
    output.fill(0);
  }
}

const BLOCK_BYTES = 16;
/** CKR_KEY_TYPE_INCONSISTENT, CKR_KEY_FUNCTION_NOT_PERMITTED, CKR_MECHANISM_INVALID. */
const REFUSALS: ReadonlySet<number> = new Set([0x63, 0x68, 0x70]);
