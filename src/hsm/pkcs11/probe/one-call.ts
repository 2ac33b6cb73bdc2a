/** One operation on a session of its own: whatever a broken mechanism leaves behind goes with the session. */
import type { Handle, Mechanism } from 'pkcs11js';
import { callPkcs11 } from '../pkcs11-failure.ts';
import type { ProbePlace } from './trial.ts';

export interface OneCall {
  readonly mechanism: Mechanism;
  readonly key: Handle;
  readonly input: Buffer;
  /** Room for the answer. */
  readonly outputBytes: number;
}

export function signOnce({ library, sessions }: ProbePlace, call: OneCall): Buffer {
  return sessions.withOwnSession((session) => {
    callPkcs11('C_SignInit', () => library.C_SignInit(session, call.mechanism, call.key));
    return callPkcs11('C_Sign', () => library.C_Sign(session, call.input, Buffer.alloc(call.outputBytes)));
  });
}

export function decryptOnce({ library, sessions }: ProbePlace, call: OneCall): Buffer {
  return sessions.withOwnSession((session) => {
    callPkcs11('C_DecryptInit', () => library.C_DecryptInit(session, call.mechanism, call.key));
    return callPkcs11('C_Decrypt', () =>
      library.C_Decrypt(session, call.input, Buffer.alloc(call.outputBytes)),
    );
  });
}

export function encryptOnce({ library, sessions }: ProbePlace, call: OneCall): Buffer {
  return sessions.withOwnSession((session) => {
    callPkcs11('C_EncryptInit', () => library.C_EncryptInit(session, call.mechanism, call.key));
    return callPkcs11('C_Encrypt', () =>
      library.C_Encrypt(session, call.input, Buffer.alloc(call.outputBytes)),
    );
  });
}
