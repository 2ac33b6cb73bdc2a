import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  associatedData,
  blobHeader,
  blobStart,
  joinBlob,
  parseBlob,
} from '../../../../src/domain/kms/ciphertext-blob.ts';
import { KmsFault } from '../../../../src/domain/kms/kms-fault.ts';

const MATERIAL = {
  account: '111122223333',
  keyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
  materialId: '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff',
};
const PARTS = { nonce: Buffer.alloc(16, 0xaa), iv: Buffer.alloc(12, 0xbb) };
const TEXT = { ciphertext: Buffer.from('c1c2c3', 'hex'), tag: Buffer.alloc(16, 0xdd) };

/** Format, account and key id in ASCII, material id, CRC-32 (of another implementation), nonce, IV. */
const HEADER_HEX = [
  '706f727463756c6c69732d6b6d732d6369706865722d7631',
  '313131313232323233333333',
  '31323334616263642d313261622d333463642d353665662d313233343536373839306162',
  '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff',
  '8d7de9cb',
  'aa'.repeat(16),
  'bb'.repeat(12),
].join('');
const BLOB_HEX = `${HEADER_HEX}c1c2c3${'dd'.repeat(16)}`;

const sample = () => Buffer.from(BLOB_HEX, 'hex');

describe('a ciphertext blob', () => {
  it('is laid out as written here', () => {
    const header = blobHeader(blobStart(MATERIAL), PARTS);
    expect(Buffer.from(header).toString('hex')).toBe(HEADER_HEX);
    expect(Buffer.from(joinBlob(header, TEXT)).toString('hex')).toBe(BLOB_HEX);
  });

  it('comes apart into what it was made of', () => {
    const header = Buffer.from(HEADER_HEX, 'hex');
    expect(parseBlob(sample())).toStrictEqual({ ...MATERIAL, header, ...PARTS, ...TEXT });
  });

  it('may be a view into something larger', () => {
    const around = Buffer.concat([Buffer.alloc(5, 1), sample(), Buffer.alloc(5, 1)]);
    expect(parseBlob(around.subarray(5, -5)).keyId).toBe(MATERIAL.keyId);
  });

  it('can name a multi-Region key', () => {
    const keyId = `mrk-${'0123456789abcdef'.repeat(2)}`;
    const blob = joinBlob(blobHeader(blobStart({ ...MATERIAL, keyId }), PARTS), TEXT);
    expect(parseBlob(blob).keyId).toBe(keyId);
  });

  it('holds from 1 to 4 096 bytes of ciphertext', () => {
    const of = (length: number) =>
      joinBlob(blobHeader(blobStart(MATERIAL), PARTS), { ...TEXT, ciphertext: Buffer.alloc(length) });
    expect(parseBlob(of(1)).ciphertext).toHaveLength(1);
    expect(parseBlob(of(4096)).ciphertext).toHaveLength(4096);
    expect(() => parseBlob(of(0))).toThrow(KmsFault);
    expect(() => parseBlob(of(4097))).toThrow(KmsFault);
  });

  test.for([
    { what: 'another format', blob: () => sample().fill('2', 23, 24) },
    { what: 'nothing', blob: () => Buffer.alloc(0) },
    { what: 'a header alone', blob: () => Buffer.from(HEADER_HEX, 'hex') },
    {
      what: 'a good checksum over an account that is none',
      blob: () => joinBlob(blobHeader(blobStart({ ...MATERIAL, account: '11112222333x' }), PARTS), TEXT),
    },
    {
      what: 'a good checksum over a key id that is none',
      blob: () => joinBlob(blobHeader(blobStart({ ...MATERIAL, keyId: 'x'.repeat(36) }), PARTS), TEXT),
    },
  ])('is not $what', ({ blob }) => {
    expect(() => parseBlob(blob())).toThrow(
      expect.objectContaining({ code: 'InvalidCiphertextException', detail: undefined }),
    );
  });

  it('with any bit flipped before the nonce names no key', () => {
    for (let bit = 0; bit < 108 * 8; bit += 1) {
      const blob = sample();
      blob[bit >> 3] = (blob[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(() => parseBlob(blob), `bit ${bit}`).toThrow(KmsFault);
    }
  });

  it('is nothing that any bytes could be, and none of them cause another error', () => {
    const almost = fc
      .tuple(fc.nat(1000), fc.uint8Array({ maxLength: 40 }))
      .map(([at, bytes]) => Buffer.concat([sample().subarray(0, at), bytes]));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), almost), (bytes) => {
        const outcome = parsedOrFault(bytes);
        expect(outcome).toSatisfy((it: object) => it instanceof KmsFault || 'header' in it);
      }),
      { numRuns: 2000 },
    );
  });

  test.for([
    { what: 'nonce', parts: { ...PARTS, nonce: Buffer.alloc(15) } },
    { what: 'IV', parts: { ...PARTS, iv: Buffer.alloc(16) } },
  ])('is not made with a wrong $what', ({ parts }) => {
    expect(() => blobHeader(blobStart(MATERIAL), parts)).toThrow('of another length');
  });

  it('has its header and the context as associated data', () => {
    const header = blobHeader(blobStart(MATERIAL), PARTS);
    const data = Buffer.from(associatedData(header, Buffer.from('c0ffee', 'hex')));
    expect(data.toString('hex')).toBe(`${HEADER_HEX}c0ffee`);
  });
});

function parsedOrFault(bytes: Uint8Array): object {
  try {
    return parseBlob(bytes);
  } catch (error) {
    return error as object;
  }
}
