/**
 * The key hierarchy in software, written from docs/key-hierarchy.md alone and importing nothing of what it checks:
 * makes and opens exported key tokens and messages, and forges those that must be refused.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';

export interface ModelKey {
  readonly account: string;
  readonly keyId: string;
}

/** What is in a token beside its material. */
export interface ModelToken extends ModelKey {
  readonly generation: number;
  readonly materialId: string;
  readonly spec?: number;
  readonly usage?: number;
  readonly version?: number;
  readonly wrapAlgorithm?: number;
}

export function domainKeys(secret: Uint8Array) {
  const key = (role: string) => Buffer.from(hkdfSync('sha256', secret, '', `portcullis ${role} key/1`, 32));
  return { domain: key('domain'), registry: key('registry'), seal: key('seal') };
}

export function materialIdOf(material: Uint8Array, { account, keyId }: ModelKey): string {
  const input = Buffer.concat([Buffer.from('kms-material-id/1\0'), named(account + keyId)]);
  return mac(material, input).toString('hex');
}

export function makeToken(secret: Uint8Array, material: Uint8Array, token: ModelToken): Buffer {
  const { domain, registry } = domainKeys(secret);
  const wrap = createCipheriv('id-aes256-wrap', domain, Buffer.alloc(8, 0xa6));
  const wrapped = Buffer.concat([wrap.update(material), wrap.final()]);
  const generation = Buffer.alloc(2);
  generation.writeUInt16BE(token.generation);
  const body = Buffer.concat([
    Buffer.of(token.version ?? 1),
    generation,
    Buffer.of(token.wrapAlgorithm ?? 1),
    Buffer.from(token.account),
    named(token.keyId),
    Buffer.from(token.materialId, 'hex'),
    Buffer.of(token.spec ?? 1, token.usage ?? 1, wrapped.length),
    wrapped,
  ]);
  return Buffer.concat([body, mac(registry, Buffer.concat([Buffer.from('kms-exported-key/1\0'), body]))]);
}

/** The material in a token of a key id of 36 characters. */
export function openToken(secret: Uint8Array, token: Uint8Array): Buffer {
  const wrapped = Buffer.from(token).subarray(88, 128);
  const unwrap = createDecipheriv('id-aes256-wrap', domainKeys(secret).domain, Buffer.alloc(8, 0xa6));
  return Buffer.concat([unwrap.update(wrapped), unwrap.final()]);
}

export interface ModelMessage {
  readonly nonce: Uint8Array;
  readonly iv: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

export function encryptInModel(
  material: Uint8Array,
  key: ModelKey & { readonly materialId: string },
  text: { readonly plaintext: Uint8Array; readonly aad: Uint8Array },
): ModelMessage {
  const nonce = randomBytes(16);
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', messageKey(material, key, nonce, iv), iv);
  cipher.setAAD(text.aad);
  const ciphertext = Buffer.concat([cipher.update(text.plaintext), cipher.final()]);
  return { nonce, iv, ciphertext, tag: cipher.getAuthTag() };
}

export function decryptInModel(
  material: Uint8Array,
  key: ModelKey & { readonly materialId: string },
  { nonce, iv, ciphertext, tag, aad }: ModelMessage & { readonly aad: Uint8Array },
): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', messageKey(material, key, nonce, iv), iv);
  decipher.setAAD(aad);
  decipher.setAuthTag(tag);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
}

export function unsealInModel(secret: Uint8Array, purpose: string, sealed: Uint8Array): Buffer {
  const bytes = Buffer.from(sealed);
  const iv = bytes.subarray(19, 31);
  const binding = createHash('sha256').update(purpose).digest();
  const key = derive(domainKeys(secret).seal, 'kms-seal/1', [binding, bytes.subarray(3, 19), iv]);
  const decipher = createDecipheriv('aes-256-gcm', key, iv);
  decipher.setAAD(Buffer.concat([Buffer.from('kms-seal/1\0'), bytes.subarray(0, 31), Buffer.from(purpose)]));
  decipher.setAuthTag(bytes.subarray(-16));
  return Buffer.concat([decipher.update(bytes.subarray(31, -16)), decipher.final()]);
}

function messageKey(
  material: Uint8Array,
  { account, keyId, materialId }: ModelKey & { readonly materialId: string },
  nonce: Uint8Array,
  iv: Uint8Array,
): Buffer {
  const bound = Buffer.concat([named(account + keyId), Buffer.from(materialId, 'hex')]);
  return derive(material, 'kms-message/1', [createHash('sha256').update(bound).digest(), nonce, iv]);
}

function derive(key: Uint8Array, label: string, context: readonly Uint8Array[]): Buffer {
  const one = Buffer.from('00000001', 'hex');
  return mac(
    key,
    Buffer.concat([one, Buffer.from(`${label}\0`), ...context, Buffer.from('00000100', 'hex')]),
  );
}

function named(text: string): Buffer {
  return Buffer.concat([Buffer.of(text.length), Buffer.from(text)]);
}

function mac(key: Uint8Array, input: Uint8Array): Buffer {
  return createHmac('sha256', key).update(input).digest();
}
