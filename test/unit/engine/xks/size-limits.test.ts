import { describe, expect, it, test } from 'vitest';
import { enforceSizeLimits } from '../../../../src/engine/xks/size-limits.ts';
import { faultOf } from './rig.ts';

describe('size limits', () => {
  it('X-24 X-37: 4300 bytes of text and 8192 bytes of AAD are taken', () => {
    expect(() => enforceSizeLimits('plaintext', new Uint8Array(4300), new Uint8Array(8192))).not.toThrow();
    expect(() => enforceSizeLimits('ciphertext', new Uint8Array(4300), new Uint8Array(8192))).not.toThrow();
    expect(() => enforceSizeLimits('plaintext', new Uint8Array(0), undefined)).not.toThrow();
  });

  test.for([
    {
      field: 'plaintext' as const,
      textBytes: 4301,
      aadBytes: 0,
      detail: 'plaintext has 4301 bytes; this proxy takes at most 4300.',
    },
    {
      field: 'ciphertext' as const,
      textBytes: 4301,
      aadBytes: 0,
      detail: 'ciphertext has 4301 bytes; this proxy takes at most 4300.',
    },
    {
      field: 'ciphertext' as const,
      textBytes: 16,
      aadBytes: 8193,
      detail: 'additionalAuthenticatedData has 8193 bytes; this proxy takes at most 8192.',
    },
  ])('mistake 1: X-57: one byte over: $detail', async ({ field, textBytes, aadBytes, detail }) => {
    const fault = await faultOf(() =>
      enforceSizeLimits(field, new Uint8Array(textBytes), new Uint8Array(aadBytes)),
    );
    expect(fault).toMatchObject({ code: 'UnsupportedOperationException', detail });
  });
});
