import { describe, expect, it } from 'vitest';
import { integrityValue } from '../../../../src/engine/xks/integrity-value.ts';

const base64 = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));

/** The example of the XKS Proxy API specification: 33, 13, 12, 12 and 16 bytes. */
const EXAMPLE = {
  aad: base64('cHJvamVjdD1uaWxlLGRlcGFydG1lbnQ9bWFya2V0aW5n'),
  metadata: base64('a2V5X3ZlcnNpb249MQ=='),
  iv: base64('HMrlRw85cAJUd5Ax'),
  ciphertext: base64('ghxkK1txeDNn3q8Y'),
  tag: base64('vBxN2ncH1oEkR8WVXpmyYQ=='),
};

describe('the ciphertext data integrity value', () => {
  it('X-34: the example of the specification', () => {
    expect(Buffer.from(integrityValue(EXAMPLE.aad, EXAMPLE)).toString('base64')).toBe(
      'qHA/ImC9h5HsLRXqCyPmWgYx7tzyoTplzILbP0fPXsc=',
    );
  });

  it('X-34: CDIV is SHA-256 over the concatenation without lengths', () => {
    const joined = {
      metadata: base64('YQ=='),
      iv: base64('Yg=='),
      ciphertext: base64('Yw=='),
      tag: base64(''),
    };
    expect(Buffer.from(integrityValue(undefined, joined)).toString('hex')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  it('X-34: absent AAD and metadata count as nothing', () => {
    const none = new Uint8Array(0);
    const bare = { metadata: none, iv: none, ciphertext: none, tag: none };
    expect(Buffer.from(integrityValue(undefined, bare)).toString('hex')).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
  });
});
