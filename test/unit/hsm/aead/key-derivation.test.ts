import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { Bug } from '../../../../src/domain/bug.ts';
import { prfInputs, roleBinding } from '../../../../src/hsm/aead/key-derivation.ts';
import { deriveInModel, MODEL_SCHEMES } from '../../../support/aead-model.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const scheme = fc.constantFrom(...MODEL_SCHEMES);
const generation = fc.integer({ min: 0, max: 65_535 });
const keyName = fc.stringMatching(/^[A-Za-z0-9._-]{1,128}$/);
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

describe('what the token is asked to derive a key from', () => {
  it('is what the documented derivation says, for every role, nonce and IV', () => {
    fc.assert(
      fc.property(
        scheme,
        keyName,
        generation,
        bytes(16),
        bytes(12),
        (...[which, name, number, nonce, iv]) => {
          const role = { scheme: which, keyName: name, generation: number };
          const binding = roleBinding(role);
          const key = new Uint8Array(32);
          const model = deriveInModel({
            scheme: which,
            key,
            externalKeyId: name,
            generation: number,
            nonce,
            iv,
          });
          expect(hex(binding)).toBe(hex(model.binding));
          const inputs = prfInputs({ scheme: which, binding, nonce, iv });
          expect(inputs.map(hex)).toEqual(model.prfInputs.map(hex));
        },
      ),
    );
  });

  it('differs between any two roles', () => {
    const role = fc.record({ scheme, keyName, generation });
    fc.assert(
      fc.property(role, role, (one, other) => {
        const same =
          one.scheme === other.scheme && one.keyName === other.keyName && one.generation === other.generation;
        expect(hex(roleBinding(one)) === hex(roleBinding(other))).toBe(same);
      }),
    );
  });

  it('keeps what follows the name apart from it: a name that ends like a generation and a scheme', () => {
    const one = roleBinding({ keyName: 'foo', generation: 0x2e2e, scheme: 'hmac' });
    const other = roleBinding({ keyName: 'foo..\u0003', generation: 0x2e2e, scheme: 'hmac' });
    expect(hex(one)).not.toBe(hex(other));
  });

  test.for([
    { scheme: 'hmac' as const, lengths: [79] },
    { scheme: 'cmac' as const, lengths: [79, 79] },
    { scheme: 'cbc-mac' as const, lengths: [48, 48] },
  ])('has for $scheme always $lengths bytes, and no input twice', ({ scheme: which, lengths }) => {
    const inputs = prfInputs({
      scheme: which,
      binding: new Uint8Array(32),
      nonce: new Uint8Array(16),
      iv: new Uint8Array(12),
    });
    expect(inputs.map(({ length }) => length)).toEqual(lengths);
    expect(new Set(inputs.map(hex)).size).toBe(inputs.length);
  });

  test.for([
    { what: 'binding', lengths: [31, 16, 12] },
    { what: 'nonce', lengths: [32, 15, 12] },
    { what: 'IV', lengths: [32, 16, 16] },
    { what: 'nonce that is too short for an IV that is too long', lengths: [32, 12, 16] },
  ])('is not made from a $what of the wrong length', ({ lengths: [binding, nonce, iv] }) => {
    const parts = {
      binding: new Uint8Array(binding ?? 0),
      nonce: new Uint8Array(nonce ?? 0),
      iv: new Uint8Array(iv ?? 0),
    };
    expect(() => prfInputs({ scheme: 'hmac', ...parts })).toThrow(Bug);
  });
});
