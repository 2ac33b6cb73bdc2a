/** Encrypt, Decrypt and ReEncrypt for every kind of key that encrypts: what a request may ask of it, and the work. */
import type { RowOf } from '../../domain/key/algorithms.ts';
import type { EncryptionAlgorithmSpec } from '../../domain/kms/api/enums.ts';
import { type CiphertextBlob, invalidCiphertext, parseBlob } from '../../domain/kms/ciphertext-blob.ts';
import type { EncryptionContext } from '../../domain/kms/encryption-context.ts';
import { KmsFault } from '../../domain/kms/kms-fault.ts';
import type { CallContext } from '../../domain/ports/hsm.ts';
import type { KeyVault } from '../../domain/ports/key-vault.ts';
import { requireEncryption } from './key-algorithm.ts';
import type { FoundKey } from './operation.ts';
import { decryptRsa, encryptRsa } from './rsa-ciphertext.ts';
import { decryptUnder, encryptUnder } from './symmetric-ciphertext.ts';

/** How one side of a request wants its text encrypted. */
export interface EncryptionChoice {
  readonly algorithm: EncryptionAlgorithmSpec | undefined;
  readonly encryptionContext: EncryptionContext | undefined;
}

export interface Encrypted {
  readonly ciphertext: Uint8Array;
  /** Of a symmetric key alone. */
  readonly materialId?: string;
}

export interface Decrypted {
  /** The caller's to wipe or to hand out. */
  readonly plaintext: Uint8Array;
  /** Of a symmetric key alone. */
  readonly materialId?: string;
}

type EncryptionRow = RowOf<'ENCRYPT_DECRYPT'>;

/** Faults: `InvalidKeyUsageException`, `ValidationException`. */
export function requireEncryptable(
  key: FoundKey,
  choice: EncryptionChoice,
  plaintext?: Uint8Array,
): EncryptionRow {
  const row = requireEncryption(key, choice.algorithm);
  if (row.kind !== 'symmetric' && Object.keys(choice.encryptionContext ?? {}).length > 0) {
    throw new KmsFault('ValidationException', CONTEXT_WITHOUT_USE);
  }
  if (plaintext !== undefined) requireLength(row, plaintext);
  return row;
}

/** The same for a ciphertext of this length. Fault, too: `InvalidCiphertextException`. */
export function requireDecryptable(
  key: FoundKey,
  choice: EncryptionChoice,
  ciphertext: Uint8Array | undefined,
): EncryptionRow {
  const row = requireEncryptable(key, choice);
  if (row.kind === 'rsa-oaep' && ciphertext !== undefined && ciphertext.length !== row.modulusBytes) {
    throw invalidCiphertext();
  }
  return row;
}

/** Faults, too: `ValidationException` for a plaintext that is too long for the key, or empty. */
export function encryptFor(
  key: FoundKey,
  request: EncryptionChoice & { readonly plaintext: Uint8Array },
  vault: KeyVault,
  context: CallContext,
): Promise<Encrypted> {
  const { plaintext } = request;
  const row = requireEncryptable(key, request, plaintext);
  const { body } = key.stored;
  return row.kind === 'rsa-oaep'
    ? encryptRsa(vault, body, { row, plaintext }, context)
    : encryptUnder(vault, body, request, context);
}

/** Fault, too: `InvalidCiphertextException`. */
export async function decryptBy(
  key: FoundKey,
  request: EncryptionChoice & { readonly ciphertext: Uint8Array },
  vault: KeyVault,
  context: CallContext,
): Promise<Decrypted> {
  const { ciphertext } = request;
  const row = requireDecryptable(key, request, ciphertext);
  const { body } = key.stored;
  if (row.kind === 'rsa-oaep') {
    return { plaintext: await decryptRsa(vault, body, { row, ciphertext }, context) };
  }
  const blob: CiphertextBlob = parseBlob(ciphertext);
  const message = { blob, encryptionContext: request.encryptionContext };
  return { plaintext: await decryptUnder(vault, body, message, context), materialId: blob.materialId };
}

function requireLength({ algorithm, spec, maxPlaintextBytes }: EncryptionRow, plaintext: Uint8Array): void {
  if (plaintext.length === 0) throw new KmsFault('ValidationException', EMPTY);
  if (plaintext.length <= maxPlaintextBytes) return;
  throw new KmsFault(
    'ValidationException',
    `Algorithm ${algorithm} and key spec ${spec} cannot encrypt data larger than ${maxPlaintextBytes} bytes.`,
  );
}

const CONTEXT_WITHOUT_USE =
  'EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs.';
/** The model keeps it from Encrypt; an RSA ciphertext that was made elsewhere can hold it. */
const EMPTY =
  "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length greater than or equal to 1";
