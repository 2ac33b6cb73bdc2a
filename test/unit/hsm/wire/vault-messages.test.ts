import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameFault } from '../../../../src/hsm/wire/frame.ts';
import { decodeKeyWork, encodeKeyWork } from '../../../../src/hsm/wire/key-work-messages.ts';
import {
  decodeDomainKeys,
  decodeNewMaterial,
  decodeRewrap,
  encodeDomainKeys,
  encodeNewMaterial,
  encodeRewrap,
} from '../../../../src/hsm/wire/material-messages.ts';
import { decodeVaultMessage, encodeVaultMessage } from '../../../../src/hsm/wire/vault-messages.ts';

const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
const name = fc.string({ maxLength: 60 });
const generation = fc.integer({ min: 0, max: 0xffff });

describe('messages of a key vault', () => {
  it('come back as they were sent', () => {
    const message = fc.record({
      label: name,
      of: bytes(400),
      nonce: bytes(16),
      iv: bytes(12),
      aad: bytes(9_000),
      input: bytes(4_200),
    });
    fc.assert(
      fc.property(message, (sent) => {
        expect(plain(decodeVaultMessage(encodeVaultMessage(sent)))).toEqual(plain(sent));
      }),
    );
  });

  it('of new material come back as they were sent', () => {
    const message = fc.record({
      label: name,
      generation,
      account: name,
      keyId: name,
      spec: fc.constantFrom('RSA_4096', 'HMAC_224'),
      usage: fc.constantFrom('SIGN_VERIFY', 'KEY_AGREEMENT'),
      material: bytes(2_400),
    });
    fc.assert(
      fc.property(message, (sent) => {
        expect(plain(decodeNewMaterial(encodeNewMaterial(sent)))).toEqual(plain(sent));
      }),
    );
  });

  it('of work with a key come back as they were sent', () => {
    const message = fc.record({
      label: name,
      of: bytes(3_200),
      algorithm: fc.constantFrom('', 'RSASSA_PSS_SHA_512', 'ML_KEM'),
      form: fc.constantFrom('message', 'digest', 'mu'),
      input: bytes(4_096),
    });
    fc.assert(
      fc.property(message, (sent) => {
        expect(plain(decodeKeyWork(encodeKeyWork(sent)))).toEqual(plain(sent));
      }),
    );
  });

  it.for(['0161' + '0000' + '00' + '0103', '0161' + '0000' + '00' + '00', '0161' + '0000' + '00' + '020000'])(
    'of work with a key are refused as frames with a form that is none: %s',
    (body) => {
      expect(() => decodeKeyWork(Buffer.from(body, 'hex'))).toThrow(/no form of input has the number/);
    },
  );

  it('of another wrapping come back as they were sent', () => {
    const message = fc.record({ from: name, to: name, generation, token: bytes(400) });
    fc.assert(
      fc.property(message, (sent) => {
        expect(plain(decodeRewrap(encodeRewrap(sent)))).toEqual(plain(sent));
      }),
    );
  });

  it("of a domain's keys come back as they were sent", () => {
    fc.assert(
      fc.property(fc.record({ label: name, values: bytes(96) }), (sent) => {
        expect(plain(decodeDomainKeys(encodeDomainKeys(sent)))).toEqual(plain(sent));
      }),
    );
  });

  it.for([
    { decode: decodeVaultMessage },
    { decode: decodeNewMaterial },
    { decode: decodeKeyWork },
    { decode: decodeRewrap },
    { decode: decodeDomainKeys },
  ])('are refused as frames when they are cut off: $decode.name', ({ decode }) => {
    for (const body of [Buffer.alloc(0), Buffer.of(9, 1)]) expect(() => decode(body)).toThrow(FrameFault);
  });

  it('have a generation of two bytes', () => {
    const body = Buffer.from('0161' + '03000001' + '0000', 'hex');
    expect(() => decodeNewMaterial(body)).toThrow(/a number of two bytes has 3/);
  });
});

/** Bytes as hex, whatever kind of array they are in. */
function plain(message: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(message).map(([key, value]) => [
      key,
      value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
    ]),
  );
}
