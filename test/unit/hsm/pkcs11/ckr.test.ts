import { describe, expect, it } from 'vitest';
import { ckrRow, isStaleHandle, pinUnjudged } from '../../../../src/hsm/pkcs11/ckr.ts';

// Values from PKCS#11 v2.40 (pkcs11t.h), typed by hand.
describe('the table of PKCS#11 return values', () => {
  it.for([
    { value: 0x05, name: 'CKR_GENERAL_ERROR', code: 'internal', blame: 'ambiguous' },
    { value: 0x30, name: 'CKR_DEVICE_ERROR', code: 'unavailable', blame: 'ambiguous' },
    { value: 0x32, name: 'CKR_DEVICE_REMOVED', code: 'unavailable', blame: 'host' },
    { value: 0x40, name: 'CKR_ENCRYPTED_DATA_INVALID', code: 'corrupt', blame: 'data' },
    { value: 0x68, name: 'CKR_KEY_FUNCTION_NOT_PERMITTED', code: 'usage', blame: 'data' },
    { value: 0x82, name: 'CKR_OBJECT_HANDLE_INVALID', code: 'not-found', blame: 'key' },
    { value: 0xa0, name: 'CKR_PIN_INCORRECT', code: 'pin-locked', blame: 'host' },
    { value: 0xb3, name: 'CKR_SESSION_HANDLE_INVALID', code: 'unavailable', blame: 'session' },
    { value: 0xe0, name: 'CKR_TOKEN_NOT_PRESENT', code: 'unavailable', blame: 'host' },
    { value: 0x190, name: 'CKR_CRYPTOKI_NOT_INITIALIZED', code: 'unavailable', blame: 'host' },
  ])('mistake 4: $name is $code, and the $blame is to blame', ({ value, ...row }) => {
    expect(ckrRow(value)).toEqual(row);
  });

  it('takes a vendor value for a failure that only a canary can judge', () => {
    expect(ckrRow(0x80000001)).toEqual({ name: 'CKR 0x80000001', code: 'internal', blame: 'ambiguous' });
  });

  it('knows which two values mean a stale handle', () => {
    expect([0x82, 0x60, 0xb3].map(isStaleHandle)).toEqual([true, true, false]);
  });

  it('takes a PIN for untried only where the token cannot have looked at it', () => {
    const judged = [0xa0, 0xa2, 0xa4, 0x05, 0x06, 0x30];
    const unjudged = [0xe0, 0x32, 0x190, 0xb3];
    expect(judged.map(pinUnjudged)).toEqual(judged.map(() => false));
    expect(unjudged.map(pinUnjudged)).toEqual(unjudged.map(() => true));
  });
});
