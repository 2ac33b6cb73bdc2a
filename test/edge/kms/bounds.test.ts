/** What the model lets pass at each bound, and what it refuses a step beyond: kms-behaviour.md §0 and §2. */
import { describe, expect, test } from 'vitest';
import { KmsRig } from './rig.ts';

const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab';
const KEY = { KeyId: KEY_ID };
const CONTENT = { CiphertextBlob: 'AA==' };

describe.for([
  { operation: 'EnableKeyRotation', body: KEY, member: 'RotationPeriodInDays', least: 90, most: 2560 },
  { operation: 'GenerateDataKey', body: KEY, member: 'NumberOfBytes', least: 1, most: 1024 },
  { operation: 'GenerateDataKeyWithoutPlaintext', body: KEY, member: 'NumberOfBytes', least: 1, most: 1024 },
  { operation: 'GenerateRandom', body: {}, member: 'NumberOfBytes', least: 1, most: 1024 },
  { operation: 'ListKeyRotations', body: KEY, member: 'Limit', least: 1, most: 1000 },
  { operation: 'ScheduleKeyDeletion', body: KEY, member: 'PendingWindowInDays', least: 1, most: 365 },
])('$member of $operation', ({ operation, body, member, least, most }) => {
  const at = `${member.charAt(0).toLowerCase()}${member.slice(1)}`;
  const tell = (value: number): Promise<string> =>
    new KmsRig().told({ operation, body: { ...body, [member]: value } });

  test.for([least, most])('can be %d', async (value) => {
    expect(await tell(value)).toBe('200');
  });

  test.for([
    { value: least - 1, limit: `greater than or equal to ${least}` },
    { value: most + 1, limit: `less than or equal to ${most}` },
  ])('cannot be $value', async ({ value, limit }) => {
    expect(await tell(value)).toBe(
      `400 ValidationException: 1 validation error detected: Value '${value}' at '${at}' failed to satisfy constraint: Member must have value ${limit}`,
    );
  });
});

describe.for([
  { operation: 'Encrypt', body: KEY, member: 'Plaintext', most: 4096, shown: hidden },
  { operation: 'Decrypt', body: KEY, member: 'CiphertextBlob', most: 6144, shown: asJava },
  {
    operation: 'ReEncrypt',
    body: { DestinationKeyId: KEY_ID },
    member: 'CiphertextBlob',
    most: 6144,
    shown: asJava,
  },
  {
    operation: 'Decapsulate',
    body: { ...KEY, EncapsulationAlgorithm: 'ML_KEM' },
    member: 'SharedSecretCiphertextBlob',
    most: 6144,
    shown: asJava,
  },
  {
    operation: 'DeriveSharedSecret',
    body: { ...KEY, KeyAgreementAlgorithm: 'ECDH' },
    member: 'PublicKey',
    most: 8192,
    shown: asJava,
  },
])('$member of $operation', ({ operation, body, member, most, shown }) => {
  const at = `${member.charAt(0).toLowerCase()}${member.slice(1)}`;
  const tell = (length: number): Promise<string> =>
    new KmsRig().told({ operation, body: { ...body, [member]: Buffer.alloc(length).toString('base64') } });

  test.for([1, most])('can have %d bytes', async (length) => {
    expect(await tell(length)).toBe('200');
  });

  test.for([
    { length: 0, limit: 'greater than or equal to 1' },
    { length: most + 1, limit: `less than or equal to ${most}` },
  ])('cannot have $length bytes', async ({ length, limit }) => {
    expect(await tell(length)).toBe(
      `400 ValidationException: 1 validation error detected: Value${shown(length)} at '${at}' failed to satisfy constraint: Member must have length ${limit}`,
    );
  });
});

describe.for([
  { operation: 'Sign', body: { ...KEY, Message: 'AA==', SigningAlgorithm: 'ML_DSA_SHAKE_256' } },
  { operation: 'Encapsulate', body: { ...KEY, EncapsulationAlgorithm: 'ML_KEM' } },
  { operation: 'GetPublicKey', body: KEY },
  { operation: 'Decrypt', body: CONTENT },
])('GrantTokens of $operation', ({ operation, body }) => {
  test.for([
    {
      title: 'ten, as long as they can be',
      tokens: Array.from({ length: 10 }, () => 'x'.repeat(8192)),
      told: /^200$/,
    },
    {
      title: 'eleven',
      tokens: Array.from({ length: 11 }, () => 'x'),
      told: /at 'grantTokens' .* length less than or equal to 10$/,
    },
    { title: 'an empty one', tokens: [''], told: /length greater than or equal to 1$/ },
    { title: 'a longer one', tokens: ['x'.repeat(8193)], told: /length less than or equal to 8192$/ },
  ])('$title: $told', async ({ tokens, told }) => {
    expect(await new KmsRig().told({ operation, body: { ...body, GrantTokens: tokens } })).toMatch(told);
  });
});

/** A member that is sensitive. */
function hidden(): string {
  return '';
}

function asJava(length: number): string {
  return ` 'java.nio.HeapByteBuffer[pos=0 lim=${length} cap=${length}]'`;
}
