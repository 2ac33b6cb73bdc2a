import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FieldReader, joinFields } from '../../../../src/hsm/wire/byte-codec.ts';
import { FrameFault } from '../../../../src/hsm/wire/frame.ts';
import {
  decodeDerived,
  decodeGcm,
  decodeJson,
  encodeDerived,
  encodeGcm,
  encodeJson,
  faultOf,
  statusOf,
} from '../../../../src/hsm/wire/messages.ts';
import { OPERATIONS, operationOf } from '../../../../src/hsm/wire/operations.ts';

const bytes = (maxLength: number) => fc.uint8Array({ maxLength });

describe('GCM messages', () => {
  it('come back as they were sent', () => {
    const selector = fc.oneof(
      fc.record({ label: fc.string({ minLength: 1, maxLength: 40 }) }),
      fc.record({
        idHex: fc.uint8Array({ minLength: 1, maxLength: 20 }).map((id) => Buffer.from(id).toString('hex')),
      }),
    );
    fc.assert(
      fc.property(
        selector,
        bytes(8),
        bytes(16),
        bytes(9000),
        bytes(4400),
        (which, fingerprint, iv, aad, input) => {
          const decoded = decodeGcm(encodeGcm({ selector: which, fingerprint, iv, aad, input }));
          expect(decoded.selector).toEqual(which);
          expect(Buffer.from(decoded.fingerprint)).toEqual(Buffer.from(fingerprint));
          expect(Buffer.from(decoded.iv)).toEqual(Buffer.from(iv));
          expect(Buffer.from(decoded.aad)).toEqual(Buffer.from(aad));
          expect(Buffer.from(decoded.input)).toEqual(Buffer.from(input));
        },
      ),
    );
  });

  it('that are cut off give a FrameFault and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (body) => {
        try {
          decodeGcm(body);
        } catch (error) {
          expect(error).toBeInstanceOf(FrameFault);
        }
      }),
    );
  });

  it('refuse a field longer than its length field can say', () => {
    expect(() => joinFields([{ width: 1, bytes: new Uint8Array(256) }])).toThrow(FrameFault);
    expect(() => joinFields([{ width: 2, bytes: new Uint8Array(65_536) }])).toThrow(FrameFault);
  });

  it('refuse a length field that is itself cut off', () => {
    expect(() => new FieldReader(Uint8Array.of(0)).field(2)).toThrow(/cut off/);
  });
});

describe('messages about derived keys', () => {
  it('come back as they were sent', () => {
    const scheme = fc.constantFrom('hmac' as const, 'cmac' as const, 'cbc-mac' as const);
    fc.assert(
      fc.property(
        scheme,
        bytes(32),
        bytes(16),
        bytes(9000),
        bytes(4400),
        (which, binding, nonce, aad, input) => {
          const message = {
            ...{ scheme: which, binding, nonce, aad, input },
            selector: { label: 'foo', idHex: '0a' },
            fingerprint: Uint8Array.of(1, 2),
            iv: new Uint8Array(12),
          };
          const decoded = decodeDerived(encodeDerived(message));
          expect([decoded.scheme, decoded.selector]).toEqual([which, message.selector]);
          for (const field of ['binding', 'nonce', 'aad', 'input', 'fingerprint', 'iv'] as const) {
            expect(Buffer.from(decoded[field])).toEqual(Buffer.from(message[field]));
          }
        },
      ),
    );
  });

  it('that are garbage give a FrameFault and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (body) => {
        try {
          decodeDerived(body);
        } catch (error) {
          expect(error).toBeInstanceOf(FrameFault);
        }
      }),
    );
  });

  it.for([{ number: [1] }, { number: [5] }, { number: [] }, { number: [3, 3] }])(
    'about scheme number $number are garbage: only schemes that derive have such messages',
    ({ number }) => {
      const body = joinFields([{ width: 1, bytes: Uint8Array.from(number) }], new Uint8Array(40));
      expect(() => decodeDerived(body)).toThrow(FrameFault);
    },
  );
});

describe('fault messages', () => {
  it('carry code, detail and consequences', () => {
    const fault = faultOf(
      statusOf('corrupt'),
      encodeJson({ detail: 'bad tag', origin: 'C_Decrypt: X', fatal: true }),
    );
    expect(fault.code).toBe('corrupt');
    expect(fault.detail).toBe('bad tag');
    expect(fault.report.fatal).toBe(true);
    expect(fault.cause).toEqual(new Error('C_Decrypt: X'));
  });

  it('with an unknown status are garbage', () => {
    expect(() => faultOf(200, encodeJson({}))).toThrow(FrameFault);
  });

  it('that are not JSON are garbage', () => {
    expect(() => decodeJson(Uint8Array.of(0x7b))).toThrow(FrameFault);
  });
});

describe('operations', () => {
  it('have codes of their own', () => {
    const codes = Object.values(OPERATIONS).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(operationOf(OPERATIONS.gcmEncrypt.code)).toBe('gcmEncrypt');
    expect(operationOf(250)).toBeUndefined();
  });
});
