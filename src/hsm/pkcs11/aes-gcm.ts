/**
 * CKM_AES_GCM in two calls a message (PKCS#11 v2.40, section 2.12.3): output sizes are known, so none is
 * asked for. Tag 128 bits, appended to the ciphertext.
 */
import pkcs11js, { type AesGCM, type Handle, type Mechanism, type PKCS11 } from 'pkcs11js';
import { callPkcs11, Pkcs11Failure } from './pkcs11-failure.ts';

export const GCM_TAG_BYTES = 16;

/** Returns ciphertext ‖ tag. */
export function gcmEncrypt(library: PKCS11, session: Handle, key: Handle, message: GcmInput): Buffer {
  const expected = message.input.length + GCM_TAG_BYTES;
  const output = Buffer.alloc(expected + SLACK_BYTES);
  callPkcs11('C_EncryptInit', () => library.C_EncryptInit(session, mechanism(message), key));
  const sealed = callPkcs11('C_Encrypt', () => library.C_Encrypt(session, nonNull(message.input), output));
  return ofLength(expected, sealed, 'C_Encrypt');
}

/** `input` is ciphertext ‖ tag, at least 16 bytes. Returns the plaintext. */
export function gcmDecrypt(library: PKCS11, session: Handle, key: Handle, message: GcmInput): Buffer {
  // Room for the tag too: SoftHSM2 calls a buffer of the plaintext's size too small.
  const output = Buffer.alloc(message.input.length);
  callPkcs11('C_DecryptInit', () => library.C_DecryptInit(session, mechanism(message), key));
  const opened = callPkcs11('C_Decrypt', () => library.C_Decrypt(session, asBuffer(message.input), output));
  return ofLength(message.input.length - GCM_TAG_BYTES, opened, 'C_Decrypt');
}

/** The module says that it succeeded, with an output of a length that AES-GCM cannot have. */
export class WrongLength extends Pkcs11Failure {
  constructor(functionName: string, detail: string) {
    const at = { functionName, value: 0, blame: 'ambiguous' as const };
    super('unavailable', detail, at, new Error('an output of the wrong length'));
  }
}

/**
 * A module that claims success and has done nothing leaves the length at that of the buffer, which is therefore
 * never the right one: what is in it would pass for a ciphertext, and the plaintext would be lost.
 */
function ofLength(expected: number, output: Buffer, functionName: string): Buffer {
  if (output.length === expected) return output;
  const { length } = output;
  output.fill(0);
  throw new WrongLength(functionName, `${functionName} of the token gave ${length} bytes, not ${expected}`);
}

export interface GcmInput {
  readonly iv: Uint8Array;
  readonly aad: Uint8Array;
  readonly input: Uint8Array;
}

function mechanism(message: GcmInput): Mechanism {
  const parameter: AesGCM = {
    // The v2.40 layout: the older one leaves ulIvBits unset, which some tokens refuse.
    type: pkcs11js.CK_PARAMS_AES_GCM_v240,
    iv: asBuffer(message.iv),
    ivBits: message.iv.length * 8,
    aad: asBuffer(message.aad),
    tagBits: GCM_TAG_BYTES * 8,
  };
  return { mechanism: pkcs11js.CKM_AES_GCM, parameter };
}

/** A zero-length Buffer of its own reaches the module as NULL, which it takes for a question about sizes. */
function nonNull(bytes: Uint8Array): Buffer {
  return bytes.length === 0 ? ONE_BYTE.subarray(0, 0) : asBuffer(bytes);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

const ONE_BYTE = Buffer.alloc(1);
const SLACK_BYTES = 1;
