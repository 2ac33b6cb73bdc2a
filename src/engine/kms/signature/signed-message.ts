/**
 * What Sign and Verify are about: a message, or what the caller has made of it. Which of them an algorithm takes is the
 * table at the end (developer guide, "Key spec reference"; API reference, Sign).
 */
import { createHash } from 'node:crypto';
import type { EcdsaRow, RsaSignatureRow, SignatureRow } from '../../../domain/key/algorithms.ts';
import type { MessageType } from '../../../domain/kms/api/enums.ts';
import { KmsFault } from '../../../domain/kms/kms-fault.ts';
import type { SigningRequest } from '../../../domain/ports/key-vault.ts';

export interface SignedMessage {
  readonly message: Uint8Array;
  readonly messageType?: MessageType;
}

/** Fault: `ValidationException` for a type that the algorithm does not take, and for a digest of another length. */
export function requireMessage(row: SignatureRow, { message, messageType = 'RAW' }: SignedMessage): void {
  formOf(row, messageType);
  if (messageType !== 'RAW' && message.length !== row.digestBytes) {
    throw new KmsFault('ValidationException', `Digest is invalid length for algorithm ${row.algorithm}.`);
  }
}

/** What the private half works on. */
export function signingRequest(row: SignatureRow, signed: SignedMessage): SigningRequest {
  if ('hash' in row) return { row, form: 'digest', input: digestOf(row, signed) };
  const { message, messageType = 'RAW' } = signed;
  return { row, form: formOf(row, messageType), input: message };
}

/** What RSA and ECDSA sign. */
export function digestOf(
  { hash }: RsaSignatureRow | EcdsaRow,
  { message, messageType = 'RAW' }: SignedMessage,
): Uint8Array {
  return messageType === 'DIGEST' ? message : createHash(hash).update(message).digest();
}

function formOf({ kind, algorithm }: SignatureRow, messageType: MessageType): SigningRequest['form'] {
  const forms = FORMS[kind];
  const form = forms[messageType];
  if (form !== undefined) return form;
  throw new KmsFault(
    'ValidationException',
    `MessageType ${messageType} is not valid for algorithm ${algorithm}. Use ${Object.keys(forms).join(' or ')}.`,
  );
}

const HASHED = { RAW: 'digest', DIGEST: 'digest' } as const;

/** The types that an algorithm takes, each with what becomes of it. */
const FORMS: Readonly<
  Record<SignatureRow['kind'], Readonly<Partial<Record<MessageType, SigningRequest['form']>>>>
> = {
  'rsa-pss': HASHED,
  'rsa-pkcs1': HASHED,
  ecdsa: HASHED,
  ed25519: { RAW: 'message' },
  ed25519ph: { DIGEST: 'digest' },
  'ml-dsa': { RAW: 'message', EXTERNAL_MU: 'mu' },
};
