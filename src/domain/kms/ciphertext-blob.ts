/**
 * What symmetric encryption hands out, format 1: it names the key material that opens it, so that Decrypt needs no key
 * id, and no Region, so that related multi-Region keys open it alike. All that comes before the ciphertext is
 * authenticated with it.
 *
 * | offset | bytes | what |
 * |-------:|------:|------|
 * |      0 |    24 | format, `portcullis-kms-cipher-v1` |
 * |     24 |    12 | account, in digits |
 * |     36 |    36 | key id, in ASCII: both kinds have this length |
 * |     72 |    32 | key material id |
 * |    104 |     4 | CRC-32 of offset 0 to 103, big-endian |
 * |    108 |    16 | nonce from which the message's key is derived |
 * |    124 |    12 | IV |
 * |    136 |     n | ciphertext, as long as the plaintext |
 * |  136+n |    16 | tag |
 *
 * The CRC protects nothing. It tells a blob that was damaged from one whose key is not here, before any key is known.
 */
import { Bug } from '../bug.ts';
import { fromHex, toHex } from '../hex.ts';
import type { MaterialBinding, VaultCiphertext } from '../ports/key-vault.ts';
import { isKeyId } from './key-identifier.ts';
import { KmsFault } from './kms-fault.ts';

/** A blob taken apart. Nothing of it is authenticated before its ciphertext has been opened. */
export interface CiphertextBlob extends VaultCiphertext, MaterialBinding {
  /** All that comes before the ciphertext: the associated data starts with it. */
  readonly header: Uint8Array;
}

/** What all blobs of a material start with, up to the CRC. */
export function blobStart(material: MaterialBinding): Uint8Array {
  const start = new Uint8Array(NONCE_AT);
  writeAscii(start, 0, FORMAT);
  writeAscii(start, ACCOUNT_AT, material.account);
  writeAscii(start, KEY_ID_AT, material.keyId);
  start.set(fromHex(material.materialId), MATERIAL_AT);
  new DataView(start.buffer).setUint32(CRC_AT, crc32(start.subarray(0, CRC_AT)));
  return start;
}

/** All that comes before the ciphertext, for the associated data of a ciphertext that is about to be made. */
export function blobHeader(
  start: Uint8Array,
  { nonce, iv }: Pick<VaultCiphertext, 'nonce' | 'iv'>,
): Uint8Array {
  if (nonce.length !== NONCE_BYTES || iv.length !== IV_BYTES) {
    throw new Bug('the vault chose a nonce or an IV of another length than the ciphertext blob has');
  }
  const header = new Uint8Array(HEADER_BYTES);
  header.set(start);
  header.set(nonce, NONCE_AT);
  header.set(iv, IV_AT);
  return header;
}

/** Puts a blob together. */
export function joinBlob(
  header: Uint8Array,
  { ciphertext, tag }: Pick<VaultCiphertext, 'ciphertext' | 'tag'>,
): Uint8Array {
  const blob = new Uint8Array(HEADER_BYTES + ciphertext.length + TAG_BYTES);
  blob.set(header);
  blob.set(ciphertext, HEADER_BYTES);
  blob.set(tag, HEADER_BYTES + ciphertext.length);
  return blob;
}

/** Takes a blob apart; its parts are views of it. Fault: `InvalidCiphertextException` for all that is none. */
export function parseBlob(blob: Uint8Array): CiphertextBlob {
  const cipherBytes = blob.length - HEADER_BYTES - TAG_BYTES;
  if (cipherBytes < 1 || cipherBytes > MAX_PLAINTEXT_BYTES) throw invalidCiphertext();
  if (readAscii(blob, 0, ACCOUNT_AT) !== FORMAT) throw invalidCiphertext();
  const view = new DataView(blob.buffer, blob.byteOffset, blob.length);
  if (view.getUint32(CRC_AT) !== crc32(blob.subarray(0, CRC_AT))) throw invalidCiphertext();
  const account = readAscii(blob, ACCOUNT_AT, KEY_ID_AT);
  const keyId = readAscii(blob, KEY_ID_AT, MATERIAL_AT);
  if (!ACCOUNT.test(account) || !isKeyId(keyId)) throw invalidCiphertext();
  return {
    account,
    keyId,
    materialId: toHex(blob.subarray(MATERIAL_AT, CRC_AT)),
    header: blob.subarray(0, HEADER_BYTES),
    nonce: blob.subarray(NONCE_AT, IV_AT),
    iv: blob.subarray(IV_AT, HEADER_BYTES),
    ciphertext: blob.subarray(HEADER_BYTES, HEADER_BYTES + cipherBytes),
    tag: blob.subarray(HEADER_BYTES + cipherBytes),
  };
}

/** The associated data: a header, and the canonical encryption context after it. The header has one length only. */
export function associatedData(header: Uint8Array, context: Uint8Array): Uint8Array {
  const data = new Uint8Array(HEADER_BYTES + context.length);
  data.set(header);
  data.set(context, HEADER_BYTES);
  return data;
}

/** Damaged, made elsewhere, or with another encryption context: the answer does not tell. */
export function invalidCiphertext(cause?: unknown): KmsFault {
  return new KmsFault('InvalidCiphertextException', undefined, { cause });
}

function writeAscii(bytes: Uint8Array, at: number, text: string): void {
  for (let index = 0; index < text.length; index += 1) bytes[at + index] = text.charCodeAt(index);
}

function readAscii(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}

/** ISO 3309. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ byte) & 0xff] as number);
  return ~crc >>> 0;
}

const FORMAT = 'portcullis-kms-cipher-v1';
const ACCOUNT_AT = FORMAT.length;
const KEY_ID_AT = ACCOUNT_AT + 12;
const MATERIAL_AT = KEY_ID_AT + 36;
const CRC_AT = MATERIAL_AT + 32;
const NONCE_AT = CRC_AT + 4;
const NONCE_BYTES = 16;
const IV_AT = NONCE_AT + NONCE_BYTES;
const IV_BYTES = 12;
const HEADER_BYTES = IV_AT + IV_BYTES;
const TAG_BYTES = 16;
/** What a data key pair's private key needs is below this, too. */
const MAX_PLAINTEXT_BYTES = 4096;
const ACCOUNT = /^\d{12}$/;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = (value & 1) === 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});
