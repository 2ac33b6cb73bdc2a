/**
 * Whether a token really does AES-256-GCM: mechanism lists lie, so a known answer is asked for, under a
 * session key that lives for the test alone. Vector: test case 16 of McGrew and Viega, "The Galois/Counter
 * Mode of Operation (GCM)", 2005.
 */
import pkcs11js, { type Handle, type PKCS11 } from 'pkcs11js';
import { gcmDecrypt, gcmEncrypt, WrongLength } from './aes-gcm.ts';
import { callPkcs11, Pkcs11Failure } from './pkcs11-failure.ts';
import type { SessionPool } from './session-pool.ts';

/**
 * - `tested`: the known answer came out, and a wrong tag was refused
 * - `listed`: the mechanism is in the list; the token takes no session key to test it with
 * - `missing`: not in the list
 * - `refused`: listed, but the token would not do it; it may at another time
 * - `wrong`: listed, but the answer was another one, or a wrong tag was let through
 */
export type GcmCapability = 'tested' | 'listed' | 'missing' | 'refused' | 'wrong';

export function probeGcm(
  library: PKCS11,
  sessions: SessionPool,
  mechanisms: readonly number[],
): GcmCapability {
  if (!mechanisms.includes(pkcs11js.CKM_AES_GCM)) return 'missing';
  let imported = false;
  try {
    // On a session of its own, so that the key and whatever a broken mechanism leaves behind go with it.
    return sessions.withOwnSession((session) => {
      const key = importKnownKey(library, session);
      imported = true;
      const answer = gcmEncrypt(library, session, key, { ...VECTOR, input: PLAINTEXT });
      if (!answer.equals(SEALED)) return 'wrong';
      return gcmDecrypt(library, session, key, { ...VECTOR, input: SEALED }).equals(PLAINTEXT) &&
        refusesWrongTag(library, session, key)
        ? 'tested'
        : 'wrong';
    });
  } catch (error) {
    // Without a key to test with, the list is all there is; with one, a mechanism that is refused is none.
    if (!imported) return 'listed';
    const refused =
      error instanceof WrongLength || (error instanceof Pkcs11Failure && error.blame === 'data');
    if (refused) return 'refused';
    // Trouble of the moment must not become a property of the token: whoever prepares it tries again.
    throw error;
  }
}

function importKnownKey(library: PKCS11, session: Handle): Handle {
  return callPkcs11('C_CreateObject', () =>
    library.C_CreateObject(session, [
      { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_SECRET_KEY },
      { type: pkcs11js.CKA_KEY_TYPE, value: pkcs11js.CKK_AES },
      { type: pkcs11js.CKA_TOKEN, value: false },
      { type: pkcs11js.CKA_PRIVATE, value: true },
      { type: pkcs11js.CKA_SENSITIVE, value: true },
      { type: pkcs11js.CKA_EXTRACTABLE, value: false },
      { type: pkcs11js.CKA_ENCRYPT, value: true },
      { type: pkcs11js.CKA_DECRYPT, value: true },
      { type: pkcs11js.CKA_VALUE, value: KEY },
    ]),
  );
}

/** Only what speaks of the data counts as a refusal; some tokens say it with an ambiguous value. */
function refusesWrongTag(library: PKCS11, session: Handle, key: Handle): boolean {
  const altered = Buffer.from(SEALED);
  altered.writeUInt8(altered.readUInt8(altered.length - 1) ^ 1, altered.length - 1);
  try {
    gcmDecrypt(library, session, key, { ...VECTOR, input: altered });
    return false;
  } catch (error) {
    if (!(error instanceof Pkcs11Failure) || error.functionName !== 'C_Decrypt') throw error;
    return true;
  }
}

const KEY = Buffer.from('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308', 'hex');
const VECTOR = {
  iv: Buffer.from('cafebabefacedbaddecaf888', 'hex'),
  aad: Buffer.from('feedfacedeadbeeffeedfacedeadbeefabaddad2', 'hex'),
};
const PLAINTEXT = Buffer.from(
  'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
  'hex',
);
/** Ciphertext ‖ tag. */
const SEALED = Buffer.from(
  '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b',
  'hex',
);
