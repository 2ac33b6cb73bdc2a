import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../../src/domain/hex.ts';
import { newKeyId } from '../../../../src/domain/kms/new-key-id.ts';

const entropyOf = (byte: number) => ({ randomBytes: (length: number) => new Uint8Array(length).fill(byte) });

describe('the id of a new key', () => {
  it('is a random UUID', () => {
    expect(newKeyId(entropyOf(0xff), { multiRegion: false })).toBe('ffffffff-ffff-4fff-bfff-ffffffffffff');
    expect(newKeyId(entropyOf(0x00), { multiRegion: false })).toBe('00000000-0000-4000-8000-000000000000');
  });

  it('of a multi-Region key says so', () => {
    expect(newKeyId(entropyOf(0x1a), { multiRegion: true })).toBe(`mrk-${'1a'.repeat(16)}`);
  });
});

describe('hex', () => {
  it('is lower case, two digits a byte, and the way back', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    expect(toHex(bytes)).toBe(Buffer.from(bytes).toString('hex'));
    expect(fromHex(toHex(bytes))).toStrictEqual(bytes);
    expect(fromHex('AbCd')).toStrictEqual(new Uint8Array([0xab, 0xcd]));
  });
});
