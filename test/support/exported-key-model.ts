/**
 * Exported key tokens of version 2, as docs/key-hierarchy.md has them: opened and made here without anything of what is
 * checked.
 */
import { createDecipheriv, createHash, createHmac } from 'node:crypto';
import { domainKeys, type ModelKey, unsealInModel } from './vault-model.ts';

export interface OpenedKey extends ModelKey {
  readonly version: number;
  readonly generation: number;
  readonly wrap: number;
  readonly materialId: string;
  readonly spec: number;
  readonly usage: number;
  /** What was wrapped, unwrapped; empty where nothing was. */
  readonly material: Buffer;
  /** What was sealed, unsealed; empty where nothing was. */
  readonly seed: Buffer;
  readonly publicKey: Buffer;
  readonly authentic: boolean;
}

export function openExportedKey(secret: Uint8Array, token: Uint8Array): OpenedKey {
  const bytes = Buffer.from(token);
  const keyIdEnd = 17 + bytes.readUInt8(16);
  const [wrapped, sealed, publicKey] = fieldsOf(bytes.subarray(keyIdEnd + 34, -32));
  return {
    version: bytes.readUInt8(0),
    generation: bytes.readUInt16BE(1),
    wrap: bytes.readUInt8(3),
    account: bytes.toString('ascii', 4, 16),
    keyId: bytes.toString('ascii', 17, keyIdEnd),
    materialId: bytes.toString('hex', keyIdEnd, keyIdEnd + 32),
    spec: bytes.readUInt8(keyIdEnd + 32),
    usage: bytes.readUInt8(keyIdEnd + 33),
    material: wrapped.length === 0 ? wrapped : unwrapPadded(secret, wrapped),
    seed: sealed.length === 0 ? sealed : unsealInModel(secret, 'private-key', sealed),
    publicKey,
    authentic: macOf(secret, bytes.subarray(0, -32)).equals(bytes.subarray(-32)),
  };
}

/** `bytes` with its last 32 replaced by the MAC that the domain's key gives it: forged, and authentic. */
export function authenticate(secret: Uint8Array, bytes: Uint8Array): Buffer {
  const body = Buffer.from(bytes).subarray(0, -32);
  return Buffer.concat([body, macOf(secret, body)]);
}

export function publicMaterialIdOf(publicKey: Uint8Array, { account, keyId }: ModelKey): string {
  const label = Buffer.from('kms-public-material-id/1\0');
  return sha256(Buffer.concat([label, named(account + keyId), publicKey])).toString('hex');
}

export function macMaterialIdOf(hash: string, material: Uint8Array, { account, keyId }: ModelKey): string {
  const asked = Buffer.concat([Buffer.from('kms-material-id/1\0'), named(account + keyId)]);
  const mac = createHmac(hash, material).update(asked).digest();
  return sha256(Buffer.concat([Buffer.from('kms-mac-material-id/1\0'), mac])).toString('hex');
}

function fieldsOf(body: Buffer): [Buffer, Buffer, Buffer] {
  const sealedAt = 2 + body.readUInt16BE(0);
  const publicAt = sealedAt + 2 + body.readUInt16BE(sealedAt);
  const wrapped = body.subarray(2, sealedAt);
  const publicKey = body.subarray(publicAt + 2, publicAt + 2 + body.readUInt16BE(publicAt));
  return [wrapped, body.subarray(sealedAt + 2, publicAt), publicKey];
}

function unwrapPadded(secret: Uint8Array, wrapped: Uint8Array): Buffer {
  const decipher = createDecipheriv('id-aes256-wrap-pad', domainKeys(secret).domain, KWP_IV);
  return Buffer.concat([decipher.update(wrapped), decipher.final()]);
}

function macOf(secret: Uint8Array, body: Uint8Array): Buffer {
  const input = Buffer.concat([Buffer.from('kms-exported-key/1\0'), body]);
  return createHmac('sha256', domainKeys(secret).registry).update(input).digest();
}

function named(text: string): Buffer {
  return Buffer.concat([Buffer.of(text.length), Buffer.from(text)]);
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

const KWP_IV = Buffer.from('a65959a6', 'hex');
