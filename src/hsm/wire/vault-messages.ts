/** Frame bodies of messages that a vault encrypts and decrypts. All binary: they are on the data path. */
import { FieldReader, type FieldToWrite, joinFields, readText, text } from './byte-codec.ts';

/** Both directions of a message under key material, or under the seal key. */
export interface VaultMessage {
  /** Of the domain's keys that the exported key token, or the sealed text, names. */
  readonly label: string;
  /** The exported key token; for the seal key, the 32 bytes that its purpose is bound by. */
  readonly of: Uint8Array;
  readonly nonce: Uint8Array;
  readonly iv: Uint8Array;
  readonly aad: Uint8Array;
  /** The plaintext, or ciphertext ‖ tag. */
  readonly input: Uint8Array;
}

export function encodeVaultMessage(message: VaultMessage): Buffer {
  const fields: FieldToWrite[] = [
    text(message.label),
    { width: 2, bytes: message.of },
    { width: 1, bytes: message.nonce },
    { width: 1, bytes: message.iv },
    { width: 2, bytes: message.aad },
  ];
  return joinFields(fields, message.input);
}

export function decodeVaultMessage(body: Uint8Array): VaultMessage {
  const reader = new FieldReader(body);
  return {
    label: readText(reader),
    of: reader.field(2),
    nonce: reader.field(1),
    iv: reader.field(1),
    aad: reader.field(2),
    input: reader.tail(),
  };
}
