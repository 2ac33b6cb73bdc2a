/**
 * The pseudo-random functions that tokens offer: HMAC-SHA-256 and AES-CMAC through C_Sign, CBC-MAC through
 * C_Encrypt. What they return is secret: the caller has a copy of its own to wipe, and everything else that the
 * module wrote to is wiped here.
 */
import type { Handle, PKCS11 } from 'pkcs11js';
import type { DerivedScheme } from '../../domain/hsm/aead-scheme.ts';
import { SCHEME_MECHANISMS } from '../devices/scheme-mechanisms.ts';
import { WrongLength } from './aes-gcm.ts';
import { callPkcs11 } from './pkcs11-failure.ts';

/** Bytes that one call gives. */
const PRF_BYTES: Readonly<Record<DerivedScheme, number>> = { hmac: 32, cmac: 16, 'cbc-mac': 16 };

/** The function's value at `input`, of {@link PRF_BYTES}. For `cbc-mac`, `input` is whole blocks of 16 bytes. */
export function evaluatePrf(
  library: PKCS11,
  session: Handle,
  key: Handle,
  { scheme, input }: { readonly scheme: DerivedScheme; readonly input: Buffer },
): Buffer {
  const expected = scheme === 'cbc-mac' ? input.length : PRF_BYTES[scheme];
  // A module that claims success and has done nothing leaves the length at that of the buffer: never the right one.
  const output = Buffer.alloc(expected + 1);
  try {
    const answer =
      scheme === 'cbc-mac'
        ? encryptCbc(library, session, key, { input, output })
        : sign(library, session, key, { scheme, input, output });
    if (answer.length !== expected) {
      const functionName = scheme === 'cbc-mac' ? 'C_Encrypt' : 'C_Sign';
      throw new WrongLength(
        functionName,
        `${functionName} of the token gave ${answer.length} bytes, not ${expected}`,
      );
    }
    // Every block of CBC but the last is wiped with the rest, since each is a value of the cipher.
    const value = Buffer.alloc(PRF_BYTES[scheme]);
    answer.copy(value, 0, expected - value.length);
    return value;
  } finally {
    output.fill(0);
  }
}

interface Buffers {
  readonly input: Buffer;
  readonly output: Buffer;
}

function sign(
  library: PKCS11,
  session: Handle,
  key: Handle,
  { scheme, input, output }: Buffers & { readonly scheme: DerivedScheme },
): Buffer {
  const mechanism = { mechanism: SCHEME_MECHANISMS[scheme].type };
  callPkcs11('C_SignInit', () => library.C_SignInit(session, mechanism, key));
  return callPkcs11('C_Sign', () => library.C_Sign(session, input, output));
}

/** From a zero IV. */
function encryptCbc(library: PKCS11, session: Handle, key: Handle, { input, output }: Buffers): Buffer {
  const mechanism = {
    mechanism: SCHEME_MECHANISMS['cbc-mac'].type,
    parameter: Buffer.alloc(AES_BLOCK_BYTES),
  };
  callPkcs11('C_EncryptInit', () => library.C_EncryptInit(session, mechanism, key));
  return callPkcs11('C_Encrypt', () => library.C_Encrypt(session, input, output));
}

const AES_BLOCK_BYTES = 16;
