/**
 * What the seal key makes, as it is stored: `01 ‖ generation u16 ‖ nonce (16) ‖ IV (12) ‖ ciphertext ‖ tag (16)`, with
 * everything in front of the ciphertext, and the purpose, authenticated.
 */
import { HsmFault } from '../../domain/hsm-fault.ts';
import { IV_BYTES, NONCE_BYTES, type SealedAs } from './prf-inputs.ts';

export interface SealedText {
  /** Of the domain's keys: whose seal key it was. Not authenticated until it has opened. */
  readonly generation: number;
  readonly nonce: Uint8Array;
  readonly iv: Uint8Array;
  /** Ciphertext ‖ tag. */
  readonly sealed: Uint8Array;
}

export function encodeSealedText(text: SealedText): Uint8Array {
  return Buffer.concat([header(text), text.sealed]);
}

/** Fault `corrupt` for what has not this form. */
export function parseSealedText(bytes: Uint8Array): SealedText {
  const [version, high = 0, low = 0] = bytes;
  if (version !== VERSION || bytes.length < SEALED_AT + TAG_BYTES) {
    throw new HsmFault('corrupt', 'a sealed text has not the form of one');
  }
  return {
    generation: high * 256 + low,
    nonce: bytes.subarray(NONCE_AT, IV_AT),
    iv: bytes.subarray(IV_AT, SEALED_AT),
    sealed: bytes.subarray(SEALED_AT),
  };
}

/** The associated data of a sealed text. */
export function sealAad(purpose: SealedAs, text: Omit<SealedText, 'sealed'>): Uint8Array {
  return Buffer.concat([LABEL, header(text), Buffer.from(purpose, 'ascii')]);
}

function header({ generation, nonce, iv }: Omit<SealedText, 'sealed'>): Buffer {
  return Buffer.concat([Uint8Array.of(VERSION, generation >>> 8, generation & 0xff), nonce, iv]);
}

/** Largest text that is sealed. */
export const MAX_SEALED_BYTES = 32 * 1024;
const VERSION = 1;
const NONCE_AT = 3;
const IV_AT = NONCE_AT + NONCE_BYTES;
const SEALED_AT = IV_AT + IV_BYTES;
const TAG_BYTES = 16;
const LABEL = Buffer.from('kms-seal/1\0', 'ascii');
