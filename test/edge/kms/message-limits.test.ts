/** Sign, Verify, GenerateMac and VerifyMac at, below and above the bounds of their members: kms-behaviour.md §2, §11. */
import { describe, expect, it, test } from 'vitest';
import { KmsRig } from './rig.ts';

const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab';
const SIGNING = { KeyId: KEY_ID, SigningAlgorithm: 'ECDSA_SHA_256' };
const HASHING = { KeyId: KEY_ID, MacAlgorithm: 'HMAC_SHA_256' };

const OPERATIONS = [
  { operation: 'Sign', body: SIGNING },
  { operation: 'Verify', body: { ...SIGNING, Signature: bytes(70) } },
  { operation: 'GenerateMac', body: HASHING },
  { operation: 'VerifyMac', body: { ...HASHING, Mac: bytes(32) } },
];

describe.for(OPERATIONS)('$operation', ({ operation, body }) => {
  test.for([1, 4095, 4096])('takes a message of %d bytes', async (length) => {
    const rig = new KmsRig();
    expect(await rig.told({ operation, body: { ...body, Message: bytes(length) } })).toBe('200');
    expect(rig.input).toMatchObject({ message: Buffer.alloc(length, 0x61) });
  });

  test.for([
    { length: 0, limit: 'greater than or equal to 1' },
    { length: 4097, limit: 'less than or equal to 4096' },
  ])('takes no message of $length bytes', async ({ length, limit }) => {
    const told = await new KmsRig().told({ operation, body: { ...body, Message: bytes(length) } });
    expect(told).toBe(
      `400 ValidationException: 1 validation error detected: Value at 'message' failed to satisfy constraint: Member must have length ${limit}`,
    );
  });

  it('needs a message and an algorithm', async () => {
    const told = await new KmsRig().told({ operation, body: { KeyId: KEY_ID } });
    expect(told).toMatch(/^400 ValidationException: [23] validation errors detected: /);
    expect(told).toContain("Value at 'message' failed to satisfy constraint: Member must not be null");
    expect(told).toMatch(/Value null at '(signing|mac)Algorithm'/);
  });
});

describe.for([
  { operation: 'Verify', body: { ...SIGNING, Message: bytes(1) }, member: 'Signature', at: 'signature' },
  { operation: 'VerifyMac', body: { ...HASHING, Message: bytes(1) }, member: 'Mac', at: 'mac' },
])('$member of $operation', ({ operation, body, member, at }) => {
  test.for([1, 6144])('has %d bytes', async (length) => {
    expect(await new KmsRig().told({ operation, body: { ...body, [member]: bytes(length) } })).toBe('200');
  });

  test.for([
    { length: 0, limit: 'greater than or equal to 1' },
    { length: 6145, limit: 'less than or equal to 6144' },
  ])('has not $length bytes', async ({ length, limit }) => {
    const told = await new KmsRig().told({ operation, body: { ...body, [member]: bytes(length) } });
    expect(told).toBe(
      `400 ValidationException: 1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=${length} cap=${length}]' at '${at}' failed to satisfy constraint: Member must have length ${limit}`,
    );
  });
});

it('GetPublicKey knows no dry run', async () => {
  const rig = new KmsRig();
  expect(await rig.told({ operation: 'GetPublicKey', body: { KeyId: KEY_ID, DryRun: true } })).toBe('200');
  expect(rig.input).toEqual({ keyId: KEY_ID });
});

function bytes(length: number): string {
  return Buffer.alloc(length, 0x61).toString('base64');
}
