/** Published ciphertexts of OAEP, opened through the API with the private keys that were published with them. */
import { createPrivateKey } from 'node:crypto';
import { expect, it } from 'vitest';
import vectors from '../../../../fixtures/vectors/rsa-oaep.json' with { type: 'json' };
import { Rig } from '../rig.ts';
import { sowKnownKey } from './known-keys.ts';

const ID = '00000000-0000-4000-8000-000000000001';

it.for(vectors.cases)('$algorithm', async ({ algorithm, key, messages }) => {
  const rig = new Rig();
  const parts = Object.entries(key).map(([name, hex]) => [
    name,
    Buffer.from(hex, 'hex').toString('base64url'),
  ]);
  const privateKey = createPrivateKey({ key: { kty: 'RSA', ...Object.fromEntries(parts) }, format: 'jwk' });
  await sowKnownKey(rig, { id: ID, spec: 'RSA_2048', usage: 'ENCRYPT_DECRYPT' }, privateKey);
  expect(messages).toHaveLength(6);
  for (const { message, ciphertext } of messages) {
    const { plaintext } = await rig.run('Decrypt', {
      keyId: ID,
      ciphertextBlob: Buffer.from(ciphertext, 'hex'),
      encryptionAlgorithm: algorithm as 'RSAES_OAEP_SHA_1',
    });
    expect(Buffer.from(plaintext as Uint8Array).toString('hex')).toBe(message);
  }
});
