/** Frame bodies about key material and a domain's keys as such: made, taken in, wrapped again. All binary: some hold secrets. */
import type { KeySpec, KeyUsageType } from '../../domain/kms/api/enums.ts';
import type { MaterialKind } from '../../domain/ports/key-vault.ts';
import { FieldReader, joinFields, readText, readU16, text, u16 } from './byte-codec.ts';

/** Material to be made, or taken in: the answer is its exported key token. */
export interface NewMaterialMessage extends MaterialKind {
  readonly label: string;
  readonly generation: number;
  readonly account: string;
  readonly keyId: string;
  /** Empty where the token makes it. */
  readonly material: Uint8Array;
}

export function encodeNewMaterial(message: NewMaterialMessage): Buffer {
  const { label, account, keyId, spec, usage } = message;
  const fields = [text(label), u16(message.generation), ...[account, keyId, spec, usage].map(text)];
  return joinFields(fields, message.material);
}

export function decodeNewMaterial(body: Uint8Array): NewMaterialMessage {
  const reader = new FieldReader(body);
  return {
    label: readText(reader),
    generation: readU16(reader),
    account: readText(reader),
    keyId: readText(reader),
    // One version at both ends: what is no kind of key has no algorithms, and is refused for that.
    spec: readText(reader) as KeySpec,
    usage: readText(reader) as KeyUsageType,
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

export function encodeRewrap({ from, to, generation, token }: RewrapMessage): Buffer {
  return joinFields([text(from), text(to), u16(generation)], token);
}

export function decodeRewrap(body: Uint8Array): RewrapMessage {
  const reader = new FieldReader(body);
  return {
    from: readText(reader),
    to: readText(reader),
    generation: readU16(reader),
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
  return { label: readText(reader), values: reader.tail() };
}
