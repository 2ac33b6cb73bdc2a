/** AES-256-GCM. Vector: test case 16 of McGrew and Viega, "The Galois/Counter Mode of Operation (GCM)", 2005. */
import pkcs11js, { type Handle } from 'pkcs11js';
import type { Trial } from '../../devices/features.ts';
import { gcmDecrypt, gcmEncrypt } from '../aes-gcm.ts';
import { Pkcs11Failure } from '../pkcs11-failure.ts';
import { type ProbePlace, tryMechanism } from './trial.ts';

/** Tested when the known answer came out, it decrypts, and a wrong tag is refused. Throws trouble of the moment. */
export function tryGcm(place: ProbePlace): Trial {
  return tryMechanism(place, 'CKM_AES_GCM', (keys) => {
    const key = keys.secret(pkcs11js.CKK_AES, KEY, [
      { type: pkcs11js.CKA_ENCRYPT, value: true },
      { type: pkcs11js.CKA_DECRYPT, value: true },
    ]);
    const { library, sessions } = place;
    // On a session of its own, so that whatever a broken mechanism leaves behind goes with it.
    return sessions.withOwnSession((session) => {
      const answer = gcmEncrypt(library, session, key, { ...VECTOR, input: PLAINTEXT });
      if (!answer.equals(SEALED)) return 'it encrypts to something else than the known answer';
      if (!gcmDecrypt(library, session, key, { ...VECTOR, input: SEALED }).equals(PLAINTEXT)) {
        return 'it decrypts to something else than the known answer';
      }
      return refusesWrongTag(place, session, key) ? '' : 'it lets a wrong tag through';
    });
  });
}

/** Only what speaks of the data counts as a refusal; some tokens say it with an ambiguous value. */
function refusesWrongTag({ library }: ProbePlace, session: Handle, key: Handle): boolean {
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
