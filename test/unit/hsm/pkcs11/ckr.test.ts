import { describe, expect, it } from 'vitest';
import { ckrRow, isLostSession, isStaleHandle, pinUnjudged } from '../../../../src/hsm/pkcs11/ckr.ts';

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
    { value: 0x110, name: 'CKR_WRAPPED_KEY_INVALID', code: 'internal', blame: 'ambiguous' },
    { value: 0x190, name: 'CKR_CRYPTOKI_NOT_INITIALIZED', code: 'unavailable', blame: 'host' },
  ])('mistake 4: $name is $code, and the $blame is to blame', ({ value, ...row }) => {
    expect(ckrRow(value, value === 0xa0 ? 'C_Login' : 'C_Decrypt')).toEqual(row);
  });

  it('takes a vendor value for a failure that only a canary can judge', () => {
    expect(ckrRow(0x80000001, 'C_Decrypt')).toEqual({
      name: 'CKR 0x80000001',
      code: 'internal',
      blame: 'ambiguous',
    });
  });

  it.for([
    // Nothing but C_Decrypt is given a ciphertext.
    { from: 'C_DecryptInit', value: 0x40, code: 'internal', blame: 'ambiguous' },
    { from: 'C_Encrypt', value: 0x41, code: 'internal', blame: 'ambiguous' },
    // Nothing but a login is given a PIN.
    { from: 'C_EncryptInit', value: 0xa0, code: 'unavailable', blame: 'host' },
    { from: 'C_OpenSession', value: 0xa4, code: 'unavailable', blame: 'host' },
    { from: 'C_Initialize', value: 0x102, code: 'unavailable', blame: 'host' },
    // These are given no key and no data.
    { from: 'C_OpenSession', value: 0x21, code: 'internal', blame: 'ambiguous' },
    { from: 'C_OpenSession', value: 0x82, code: 'internal', blame: 'ambiguous' },
    { from: 'C_FindObjects', value: 0x68, code: 'internal', blame: 'ambiguous' },
    { from: 'C_FindObjectsFinal', value: 0x70, code: 'internal', blame: 'ambiguous' },
    // Nothing but wrapping and unwrapping has a wrapping key, and nothing else looks at parameters of a curve than what makes keys.
    { from: 'C_WrapKey', value: 0x6a, code: 'usage', blame: 'data' },
    { from: 'C_WrapKey', value: 0x115, code: 'unsupported', blame: 'data' },
    { from: 'C_UnwrapKey', value: 0xf0, code: 'not-found', blame: 'key' },
    { from: 'C_UnwrapKey', value: 0x6a, code: 'internal', blame: 'ambiguous' },
    { from: 'C_EncryptInit', value: 0x69, code: 'internal', blame: 'ambiguous' },
    { from: 'C_Sign', value: 0x114, code: 'internal', blame: 'ambiguous' },
    { from: 'C_GetAttributeValue', value: 0xf2, code: 'internal', blame: 'ambiguous' },
    { from: 'C_Decrypt', value: 0x113, code: 'internal', blame: 'ambiguous' },
    { from: 'C_SignInit', value: 0x130, code: 'internal', blame: 'ambiguous' },
    { from: 'C_GenerateKeyPair', value: 0x140, code: 'unsupported', blame: 'data' },
    // A search has a template.
    { from: 'C_FindObjectsInit', value: 0x13, code: 'unsupported', blame: 'data' },
  ])(
    'mistake 7: believes $from no more than it can know: $value is $code',
    ({ from, value, code, blame }) => {
      expect(ckrRow(value, from)).toMatchObject({ code, blame });
    },
  );

  it('knows which values cost a session alone', () => {
    const lost = [0x50, 0x90, 0x91, 0xb0, 0xb3];
    expect(lost.map(isLostSession)).toEqual(lost.map(() => true));
    expect([0xb1, 0x31, 0x07, 0x101].map(isLostSession)).toEqual([false, false, false, false]);
  });

  it('knows which values mean a stale handle', () => {
    expect([0x82, 0x60, 0xf0, 0x113, 0xb3].map(isStaleHandle)).toEqual([true, true, true, true, false]);
  });

  it('takes a PIN for untried only where the token cannot have looked at it', () => {
    const judged = [0xa0, 0xa2, 0xa4, 0x02, 0x05, 0x06, 0x30, 0x32, 0xb0, 0x100];
    const unjudged = [0xe0, 0x190, 0xb1, 0xb3];
    expect(judged.map(pinUnjudged)).toEqual(judged.map(() => false));
    expect(unjudged.map(pinUnjudged)).toEqual(unjudged.map(() => true));
  });
});
