/**
 * Verification of RSA signatures on digests (RFC 8017, 8.1.2 and 8.2.2). The encoding is looked at here, since
 * node:crypto verifies messages alone, and only what a key of ours could have made passes: the salt of PSS is as long as
 * the digest, and PKCS #1 has one encoding for each digest. All of it is public.
 */
import { constants, createHash, type KeyObject, publicDecrypt } from 'node:crypto';
import type { HashName, RsaSignatureRow } from '../../../domain/key/algorithms.ts';
import { present } from '../present.ts';

export function isRsaSignature(
  signature: Uint8Array,
  row: RsaSignatureRow,
  digest: Uint8Array,
  key: KeyObject,
): boolean {
  const encoded = encodedMessage(row, signature, key);
  if (encoded === undefined) return false;
  return row.kind === 'rsa-pkcs1'
    ? encoded.equals(pkcs1Encoding(row, digest))
    : isPssEncoding(row, digest, encoded);
}

/** RSAVP1; undefined for what is no number below the modulus, or has another length. */
function encodedMessage(
  { modulusBytes }: RsaSignatureRow,
  signature: Uint8Array,
  key: KeyObject,
): Buffer | undefined {
  if (signature.length !== modulusBytes || !isBelowModulus(signature, key)) return undefined;
  return publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, signature);
}

function isBelowModulus(signature: Uint8Array, key: KeyObject): boolean {
  const { n } = key.export({ format: 'jwk' });
  return Buffer.compare(signature, Buffer.from(present(n, 'the modulus'), 'base64url')) < 0;
}

/** RFC 8017, 9.2: EMSA-PKCS1-v1_5. */
function pkcs1Encoding({ hash, modulusBytes }: RsaSignatureRow, digest: Uint8Array): Buffer {
  const info = DIGEST_INFO[hash];
  const encoding = Buffer.alloc(modulusBytes, 0xff);
  encoding.set([0, 1]);
  const at = modulusBytes - digest.length - info.length;
  encoding[at - 1] = 0;
  encoding.set(info, at);
  encoding.set(digest, at + info.length);
  return encoding;
}

/** RFC 8017, 9.1.2: EMSA-PSS-VERIFY, for moduli of whole bytes. */
function isPssEncoding({ hash, digestBytes }: RsaSignatureRow, digest: Uint8Array, encoded: Buffer): boolean {
  const dataBytes = encoded.length - digestBytes - 1;
  const masked = encoded.subarray(0, dataBytes);
  const seed = encoded.subarray(dataBytes, -1);
  if (encoded.at(-1) !== 0xbc || masked.readUInt8(0) > 0x7f) return false;
  const data = xor(masked, generateMask(hash, seed, dataBytes));
  data.writeUInt8(data.readUInt8(0) & 0x7f, 0);
  const saltAt = dataBytes - digestBytes;
  const padding = Buffer.alloc(saltAt);
  padding[saltAt - 1] = 1;
  if (!data.subarray(0, saltAt).equals(padding)) return false;
  const salt = data.subarray(saltAt);
  return createHash(hash).update(ZEROS).update(digest).update(salt).digest().equals(seed);
}

/** RFC 8017, B.2.1: MGF1. */
function generateMask(hash: HashName, seed: Uint8Array, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let bytes = 0; bytes < length; bytes += seed.length) {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(blocks.length);
    blocks.push(createHash(hash).update(seed).update(counter).digest());
  }
  return Buffer.concat(blocks, length);
}

function xor(left: Uint8Array, right: Buffer): Buffer {
  return Buffer.from(left.map((byte, at) => byte ^ right.readUInt8(at)));
}

const ZEROS = Buffer.alloc(8);

/** RFC 8017, 9.2, note 1: the DER of DigestInfo before the digest; `hash` of a row is one of SHA-2. */
const DIGEST_INFO: Readonly<Record<HashName, Buffer>> = {
  sha1: Buffer.from('3021300906052b0e03021a05000414', 'hex'),
  sha224: Buffer.from('302d300d06096086480165030402040500041c', 'hex'),
  sha256: Buffer.from('3031300d060960864801650304020105000420', 'hex'),
  sha384: Buffer.from('3041300d060960864801650304020205000430', 'hex'),
  sha512: Buffer.from('3051300d060960864801650304020305000440', 'hex'),
};
