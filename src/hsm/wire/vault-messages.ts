/** Frame bodies of the vault's operations, all binary: they are on the data path, or hold key material. */
import { FieldReader, type FieldToWrite, joinFields } from './byte-codec.ts';
import { FrameFault } from './frame.ts';

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
    label: reader.field(1).toString('utf8'),
    of: reader.field(2),
    nonce: reader.field(1),
    iv: reader.field(1),
    aad: reader.field(2),
    input: reader.tail(),
  };
}

/** Material to be made, or taken in: the answer is its exported key token. */
export interface NewMaterialMessage {
  readonly label: string;
  readonly generation: number;
  readonly account: string;
  readonly keyId: string;
  /** Empty where the token makes it. */
  readonly material: Uint8Array;
}

export function encodeNewMaterial(message: NewMaterialMessage): Buffer {
  const fields = [
    text(message.label),
    { width: 1 as const, bytes: u16(message.generation) },
    text(message.account),
    text(message.keyId),
  ];
  return joinFields(fields, message.material);
}

export function decodeNewMaterial(body: Uint8Array): NewMaterialMessage {
  const reader = new FieldReader(body);
  return {
    label: reader.field(1).toString('utf8'),
    generation: readU16(reader.field(1)),
    account: reader.field(1).toString('utf8'),
    keyId: reader.field(1).toString('utf8'),
    material: reader.tail(),
  };
}

/** Material that gets another generation's wrapping: the answer is its new exported key token. */
export interface RewrapMessage {
  /** Of the domain's keys that the token is wrapped under, and of those that it will be. */
  readonly from: string;
  readonly to: string;
  readonly generation: number;
  readonly token: Uint8Array;
}

export function encodeRewrap(message: RewrapMessage): Buffer {
  const fields = [
    text(message.from),
    text(message.to),
    { width: 1 as const, bytes: u16(message.generation) },
  ];
  return joinFields(fields, message.token);
}

export function decodeRewrap(body: Uint8Array): RewrapMessage {
  const reader = new FieldReader(body);
  return {
    from: reader.field(1).toString('utf8'),
    to: reader.field(1).toString('utf8'),
    generation: readU16(reader.field(1)),
    token: reader.tail(),
  };
}

/** A domain's three keys that come from outside: domain, registry and seal key, 32 bytes each. */
export interface DomainKeysMessage {
  readonly label: string;
  readonly values: Uint8Array;
}

export function encodeDomainKeys({ label, values }: DomainKeysMessage): Buffer {
  return joinFields([text(label)], values);
}

export function decodeDomainKeys(body: Uint8Array): DomainKeysMessage {
  const reader = new FieldReader(body);
  return { label: reader.field(1).toString('utf8'), values: reader.tail() };
}

function text(value: string): FieldToWrite {
  return { width: 1, bytes: Buffer.from(value, 'utf8') };
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function readU16(bytes: Buffer): number {
  if (bytes.length !== 2) throw new FrameFault(`a number of two bytes has ${bytes.length}`);
  return bytes.readUInt16BE(0);
}
