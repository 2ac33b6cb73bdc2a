import { constants, generateKeyPairSync, privateDecrypt, publicEncrypt, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { mgf1 } from '../../../../src/hsm/asymmetric/mgf1.ts';
import { oaepUnpad } from '../../../../src/hsm/host/oaep.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const HASHES = [
  { hash: 'sha1', hashBytes: 20, most: 214 },
  { hash: 'sha256', hashBytes: 32, most: 190 },
] as const;

/** What a token would hand out for what OpenSSL encrypted. */
function padded(message: Uint8Array, oaepHash: 'sha1' | 'sha256', oaepLabel?: Uint8Array): Buffer {
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const sealed = publicEncrypt(
    { key: publicKey, padding, oaepHash, ...(oaepLabel && { oaepLabel }) },
    message,
  );
  return privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, sealed);
}

/** An encoded message with this data block behind its label hash (RFC 8017, 7.1.1). */
function encoded(block: Uint8Array, hash: 'sha1' | 'sha256', first = 0): Buffer {
  const seed = randomBytes(HASHES.find((each) => each.hash === hash)?.hashBytes ?? 0);
  const masked = xor(block, mgf1(hash, seed, block.length));
  return Buffer.concat([Buffer.of(first), xor(seed, mgf1(hash, masked, seed.length)), masked]);
}

function xor(left: Uint8Array, right: Uint8Array): Buffer {
  return Buffer.from(left.map((byte, index) => byte ^ (right[index] ?? 0)));
}

/** SHA-1 and SHA-256 of nothing. */
const LABELS = {
  sha1: Buffer.from('da39a3ee5e6b4b0d3255bfef95601890afd80709', 'hex'),
  sha256: Buffer.from('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'hex'),
};

describe('OAEP padding', () => {
  it.for(HASHES)('of OpenSSL comes off, whatever the length: $hash', ({ hash, most }) => {
    for (let length = 0; length <= most; length += 1) {
      const message = randomBytes(length);
      expect(oaepUnpad(padded(message, hash), hash).equals(message)).toBe(true);
    }
  });

  it.for(HASHES)('comes off a message that looks like padding: $hash', ({ hash }) => {
    for (const message of [Buffer.alloc(40), Buffer.of(1), Buffer.of(0, 1, 0, 1), Buffer.alloc(9, 1)])
      expect(oaepUnpad(padded(message, hash), hash).equals(message)).toBe(true);
  });

  it('is that of the hash, and of no label', () => {
    const message = Buffer.from('message');
    expect(() => oaepUnpad(padded(message, 'sha1'), 'sha256')).toThrow('corrupt');
    expect(() => oaepUnpad(padded(message, 'sha256'), 'sha1')).toThrow('corrupt');
    expect(() => oaepUnpad(padded(message, 'sha256', Buffer.from('label')), 'sha256')).toThrow('corrupt');
  });

  it.for(HASHES)('that is wrong anywhere says the same: $hash', ({ hash, hashBytes }) => {
    const blockBytes = 255 - hashBytes;
    const rest = (filling: Buffer) => Buffer.concat([LABELS[hash], filling]);
    const zeros = Buffer.alloc(blockBytes - hashBytes);
    const good = Buffer.from(zeros).fill(1, 7, 8);
    expect(oaepUnpad(encoded(rest(good), hash), hash)).toHaveLength(zeros.length - 8);
    const bad = [
      encoded(rest(good), hash, 1),
      encoded(rest(good), hash, 0x80),
      encoded(rest(zeros), hash),
      encoded(rest(Buffer.from(good).fill(2, 0, 1)), hash),
      encoded(rest(Buffer.from(good).fill(2, 6, 7)), hash),
      encoded(rest(Buffer.from(good).fill(3, 7, 8)), hash),
      encoded(rest(Buffer.from(good).fill(0x81, 7, 8)), hash),
      ...Array.from({ length: hashBytes }, (_, at) => {
        const block = rest(good);
        block.writeUInt8(block.readUInt8(at) ^ 0x10, at);
        return encoded(block, hash);
      }),
      Buffer.alloc(256),
      randomBytes(256),
    ];
    const told = bad.map((each) => faultOf(() => oaepUnpad(each, hash)));
    expect(new Set(told)).toEqual(new Set(['corrupt: the ciphertext does not decrypt']));
  });

  it('leaves what the token decrypted to its caller, and returns a copy', () => {
    const given = padded(Buffer.from('message'), 'sha256');
    const before = Buffer.from(given);
    oaepUnpad(given, 'sha256').fill(0);
    expect(given.equals(before)).toBe(true);
  });
});

function faultOf(act: () => unknown): string {
  try {
    return String(act());
  } catch (error) {
    return (error as Error).message;
  }
}
