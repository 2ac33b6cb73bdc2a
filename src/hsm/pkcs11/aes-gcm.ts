/**
 * CKM_AES_GCM in two calls a message (PKCS#11 v2.40, section 2.12.3): output sizes are known, so none is
 * asked for. Tag 128 bits, appended to the ciphertext.
 */
import pkcs11js, { type AesGCM, type Handle, type Mechanism, type PKCS11 } from 'pkcs11js';
import { callPkcs11 } from './pkcs11-failure.ts';

export const GCM_TAG_BYTES = 16;

/** Returns ciphertext ‖ tag. */
export function gcmEncrypt(library: PKCS11, session: Handle, key: Handle, message: GcmInput): Buffer {
  const output = Buffer.alloc(message.input.length + GCM_TAG_BYTES);
  callPkcs11('C_EncryptInit', () => library.C_EncryptInit(session, mechanism(message), key));
  return callPkcs11('C_Encrypt', () => library.C_Encrypt(session, nonNull(message.input), output));
}

/** `input` is ciphertext ‖ tag, at least 16 bytes. Returns the plaintext. */
export function gcmDecrypt(library: PKCS11, session: Handle, key: Handle, message: GcmInput): Buffer {
  // Room for the tag too: SoftHSM2 calls a buffer of the plaintext's size too small.
  const output = Buffer.alloc(message.input.length);
  callPkcs11('C_DecryptInit', () => library.C_DecryptInit(session, mechanism(message), key));
  return callPkcs11('C_Decrypt', () => library.C_Decrypt(session, asBuffer(message.input), output));
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
