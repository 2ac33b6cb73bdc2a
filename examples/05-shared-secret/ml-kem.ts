/**
 * The two sides of ML-KEM. Each prints the secret, in base64.
 *
 *     node ml-kem.ts encapsulate <public key: SPKI in DER> <file for the ciphertext>   needs no KMS
 *     node ml-kem.ts kms-encapsulate <key id> <file for the ciphertext>
 *     node ml-kem.ts kms-decapsulate <key id> <file with the ciphertext>
 *
 * In TypeScript, since the aws command line of version 1 lacks Encapsulate and Decapsulate (up to 1.46.3 at least), and
 * openssl has `pkeyutl -encap` from version 3.5 on only. Endpoint, Region and credentials come from the environment.
 */
import { createPublicKey, encapsulate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { DecapsulateCommand, EncapsulateCommand, KMSClient } from '@aws-sdk/client-kms';

type Side = (key: string, file: string) => Promise<Uint8Array | undefined>;

const SIDES: Readonly<Record<string, Side>> = {
  encapsulate: async (publicKeyFile, file) => {
    const key = createPublicKey({ key: readFileSync(publicKeyFile), format: 'der', type: 'spki' });
    const { sharedKey, ciphertext } = encapsulate(key);
    writeFileSync(file, ciphertext);
    return sharedKey;
  },
  'kms-encapsulate': async (KeyId, file) => {
    const { SharedSecret, SharedSecretCiphertextBlob } = await new KMSClient().send(
      new EncapsulateCommand({ KeyId, EncapsulationAlgorithm: 'ML_KEM' }),
    );
    writeFileSync(file, SharedSecretCiphertextBlob ?? '');
    return SharedSecret;
  },
  'kms-decapsulate': async (KeyId, file) => {
    const { SharedSecret } = await new KMSClient().send(
      new DecapsulateCommand({
        KeyId,
        EncapsulationAlgorithm: 'ML_KEM',
        SharedSecretCiphertextBlob: readFileSync(file),
      }),
    );
    return SharedSecret;
  },
};

const [side = '', key = '', file = ''] = process.argv.slice(2);
const secret = await SIDES[side]?.(key, file);
if (secret === undefined) throw new Error('usage: ml-kem.ts encapsulate|kms-encapsulate|kms-decapsulate …');
process.stdout.write(`${Buffer.from(secret).toString('base64')}\n`);
