/**
 * What HMAC-SHA-256 is asked under key material and under the seal key, byte for byte as in docs/key-hierarchy.md.
 * Ciphertexts and key material ids outlive every release: this is for ever. No input of one kind can be one of
 * another kind: derivations begin with a zero byte, the others with a letter.
 */
import { hash } from 'node:crypto';
import { Bug } from '../../domain/bug.ts';
import type { MaterialBinding, MaterialOwner, SealPurpose } from '../../domain/ports/key-vault.ts';

/** The HMAC of this under the material is its key material id: the same bytes have another one under another key. */
export function materialIdInput({ account, keyId }: MaterialOwner): Buffer {
  return Buffer.concat([MATERIAL_ID_LABEL, accountAndKey(account, keyId)]);
}

/**
 * The key material id of an HMAC key, of the HMAC by the key's own hash of {@link materialIdInput}. The id is no MAC by
 * the key of anything, unlike a symmetric key's: an HMAC key's MACs are worth something to others.
 */
export function macMaterialId(hmac: Uint8Array): string {
  return digest(Buffer.concat([MAC_MATERIAL_ID_LABEL, hmac])).toString('hex');
}

/** The key material id of a key with a public half: of that half, as SubjectPublicKeyInfo. */
export function publicMaterialId({ account, keyId }: MaterialOwner, publicKey: Uint8Array): string {
  const bytes = Buffer.concat([PUBLIC_MATERIAL_ID_LABEL, accountAndKey(account, keyId), publicKey]);
  return digest(bytes).toString('hex');
}

/** 32 bytes: to which key, and which version of its material, a message key belongs. */
export function materialBinding({ account, keyId, materialId }: MaterialBinding): Buffer {
  return digest(Buffer.concat([accountAndKey(account, keyId), Buffer.from(materialId, 'hex')]));
}

/**
 * What is sealed: a secret of the engine, or the seed of a private key in an exported key token, which the engine can
 * have nothing sealed or unsealed as.
 */
export type SealedAs = SealPurpose | 'private-key';

/** 32 bytes: for what something is sealed. */
export function sealBinding(purpose: SealedAs): Buffer {
  return digest(Buffer.from(purpose, 'ascii'));
}

/**
 * SP 800-108 in counter mode; the one output of HMAC-SHA-256 is the AES-256 key of a message: `00000001 ‖ label ‖
 * 00 ‖ binding ‖ nonce ‖ iv ‖ 00000100`. Under one key all inputs have one length.
 */
export function derivationInput(kind: DerivationKind, parts: DerivationParts): Buffer {
  const { binding, nonce, iv } = parts;
  const sound = binding.length === BINDING_BYTES && nonce.length === NONCE_BYTES && iv.length === IV_BYTES;
  if (!sound) throw new Bug('a part of a key derivation has the wrong length');
  return Buffer.concat([COUNTER, LABELS[kind], binding, nonce, iv, BITS]);
}

/** `message` under key material, `seal` under the seal key. */
export type DerivationKind = keyof typeof LABELS;

export interface DerivationParts {
  readonly binding: Uint8Array;
  readonly nonce: Uint8Array;
  readonly iv: Uint8Array;
}

/** With its length in front of what varies in length. */
function accountAndKey(account: string, keyId: string): Buffer {
  const text = Buffer.from(account + keyId, 'ascii');
  return Buffer.concat([Uint8Array.of(text.length), text]);
}

function digest(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer');
}

const BINDING_BYTES = 32;
export const NONCE_BYTES = 16;
export const IV_BYTES = 12;

const COUNTER = Buffer.from('00000001', 'hex');
const BITS = Buffer.from('00000100', 'hex');
const LABELS = {
  message: Buffer.from('kms-message/1\0', 'ascii'),
  seal: Buffer.from('kms-seal/1\0', 'ascii'),
};
const MATERIAL_ID_LABEL = Buffer.from('kms-material-id/1\0', 'ascii');
const MAC_MATERIAL_ID_LABEL = Buffer.from('kms-mac-material-id/1\0', 'ascii');
const PUBLIC_MATERIAL_ID_LABEL = Buffer.from('kms-public-material-id/1\0', 'ascii');
