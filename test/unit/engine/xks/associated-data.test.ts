import { describe, expect, it, test } from 'vitest';
import { associatedData } from '../../../../src/engine/xks/associated-data.ts';

const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));
const EMPTY_DIGEST = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const ABC_DIGEST = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

describe('the associated data of a call', () => {
  test.for([
    { mode: 'spec' as const, what: 'absent', aad: undefined, metadata: '', expected: '000000' },
    { mode: 'spec' as const, what: 'empty', aad: '', metadata: '', expected: '000000' },
    { mode: 'spec' as const, what: 'abc', aad: '616263', metadata: '', expected: '000361626300' },
    {
      mode: 'spec' as const,
      what: 'abc with metadata',
      aad: '616263',
      metadata: '01010001',
      expected: '00036162630401010001',
    },
    { mode: 'sha256' as const, what: 'absent', aad: undefined, metadata: '', expected: '000000' },
    { mode: 'sha256' as const, what: 'empty', aad: '', metadata: '', expected: `0000${EMPTY_DIGEST}00` },
    { mode: 'sha256' as const, what: 'abc', aad: '616263', metadata: '', expected: `0003${ABC_DIGEST}00` },
    {
      mode: 'sha256' as const,
      what: 'abc with metadata',
      aad: '616263',
      metadata: 'ff',
      expected: `0003${ABC_DIGEST}01ff`,
    },
  ])('mistake 6: X-26 X-31 X-32: mode $mode, AAD $what', ({ mode, aad, metadata, expected }) => {
    const build = associatedData(mode, aad === undefined ? undefined : hex(aad));
    expect(Buffer.from(build(hex(metadata))).toString('hex')).toBe(expected);
  });

  it('X-32: an AAD of 8192 bytes keeps its own length beside the digest', () => {
    const aad = associatedData('sha256', new Uint8Array(8192))(new Uint8Array(0));
    expect(aad.length).toBe(2 + 32 + 1);
    expect(Buffer.from(aad.subarray(0, 2)).toString('hex')).toBe('2000');
  });
});
