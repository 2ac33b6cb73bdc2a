/**
 * The side of ML-KEM that needs no KMS: makes a secret for the owner of a public key. Prints it in base64, and writes
 * the ciphertext from which the owner alone gets it back. `openssl pkeyutl -encap` does the same from version 3.5 on.
 *
 *     node encapsulate.ts <public key, SPKI in DER> <file for the ciphertext>
 */
import { createPublicKey, encapsulate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const [publicKeyFile = '', ciphertextFile = ''] = process.argv.slice(2);
const key = createPublicKey({ key: readFileSync(publicKeyFile), format: 'der', type: 'spki' });
const { sharedKey, ciphertext } = encapsulate(key);
writeFileSync(ciphertextFile, ciphertext);
process.stdout.write(`${sharedKey.toString('base64')}\n`);
