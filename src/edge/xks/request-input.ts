/** Turns the fields of an Encrypt or Decrypt body into what the engine takes. Sizes are checked later, in their turn. */
import type { SealedText } from '../../engine/xks/ciphertext-form.ts';
import type { EncryptInput } from '../../engine/xks/encrypt.ts';
import {
  type JsonObject,
  optionalBytes,
  optionalText,
  requiredBytes,
  requiredText,
  requireValue,
} from './json-fields.ts';

/** @req X-24 X-25 X-26 X-27 X-48 */
export function parseEncryptInput(body: JsonObject): EncryptInput {
  requireAlgorithm(body);
  const integrityAlgorithm = optionalText(body, INTEGRITY_FIELD);
  if (integrityAlgorithm !== undefined) requireValue(integrityAlgorithm, INTEGRITY_FIELD, 'SHA_256');
  return {
    plaintext: requiredBytes(body, 'plaintext'),
    aad: optionalBytes(body, AAD_FIELD),
    integrity: integrityAlgorithm !== undefined,
  };
}

/** @req X-25 X-37 X-48 */
export function parseDecryptInput(body: JsonObject): SealedText {
  requireAlgorithm(body);
  return {
    ciphertext: requiredBytes(body, 'ciphertext'),
    iv: requiredBytes(body, 'initializationVector'),
    tag: requiredBytes(body, 'authenticationTag'),
    metadata: optionalBytes(body, 'ciphertextMetadata') ?? NO_METADATA,
    aad: optionalBytes(body, AAD_FIELD),
  };
}

function requireAlgorithm(body: JsonObject): void {
  requireValue(requiredText(body, ALGORITHM_FIELD), ALGORITHM_FIELD, 'AES_GCM');
}

const ALGORITHM_FIELD = 'encryptionAlgorithm';
const AAD_FIELD = 'additionalAuthenticatedData';
const INTEGRITY_FIELD = 'ciphertextDataIntegrityValueAlgorithm';
const NO_METADATA = new Uint8Array(0);
