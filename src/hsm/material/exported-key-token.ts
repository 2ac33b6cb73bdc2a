/**
 * The exported key token (EKT): how key material is stored outside of a token. The domain key wraps the material, and
 * the registry key authenticates what it is and whose it is, which AES key wrap alone does not. Big-endian:
 *
 * `01 ‖ generation u16 ‖ wrap algorithm u8 ‖ account (12) ‖ key id length u8 ‖ key id ‖ material id (32) ‖ spec u8 ‖
 * usage u8 ‖ wrapped length u8 ‖ wrapped ‖ HMAC-SHA-256 (32)`
 *
 * Stored keys outlive every release: another layout gets another version. Nothing that {@link parseExportedKey} says
 * may be believed before the HMAC was checked.
 */
import { Bug } from '../../domain/bug.ts';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { MaterialBinding } from '../../domain/ports/key-vault.ts';

/** Everything of a token but its HMAC. */
export interface ExportedKey extends MaterialBinding {
  /** Of the domain's keys, 1 … 65 535. */
  readonly generation: number;
  readonly spec: keyof typeof SPECS;
  readonly usage: keyof typeof USAGES;
  readonly wrapped: Uint8Array;
}

export interface ParsedKey extends ExportedKey {
  /** What {@link macInput} takes. */
  readonly body: Uint8Array;
  readonly mac: Uint8Array;
}

/** The token without its HMAC. */
export function encodeExportedKey(key: ExportedKey): Buffer {
  requireWhole(key);
  const keyId = Buffer.from(key.keyId, 'ascii');
  return Buffer.concat([
    Uint8Array.of(VERSION, key.generation >>> 8, key.generation & 0xff, AES_KEY_WRAP),
    Buffer.from(key.account, 'ascii'),
    Uint8Array.of(keyId.length),
    keyId,
    Buffer.from(key.materialId, 'hex'),
    Uint8Array.of(SPECS[key.spec], USAGES[key.usage], key.wrapped.length),
    key.wrapped,
  ]);
}

/** What the registry key authenticates. */
export function macInput(body: Uint8Array): Buffer {
  return Buffer.concat([LABEL, body]);
}

/** Fault `corrupt` for what has not the form of a token of this release. */
export function parseExportedKey(token: Uint8Array): ParsedKey {
  const bytes = Buffer.from(token.buffer, token.byteOffset, token.length);
  const keyIdBytes = bytes[KEY_ID_LENGTH_AT] ?? 0;
  const materialIdAt = KEY_ID_LENGTH_AT + 1 + keyIdBytes;
  const specAt = materialIdAt + MATERIAL_ID_BYTES;
  const wrappedAt = specAt + 3;
  const macAt = wrappedAt + (bytes[wrappedAt - 1] ?? 0);
  const spec = nameOf(SPECS, bytes[specAt]);
  const usage = nameOf(USAGES, bytes[specAt + 1]);
  const known = bytes[0] === VERSION && bytes[WRAP_AT] === AES_KEY_WRAP;
  if (bytes.length !== macAt + MAC_BYTES || !known || spec === undefined || usage === undefined) {
    throw new HsmFault('corrupt', 'the exported key token has not the form of one');
  }
  return {
    generation: bytes.readUInt16BE(1),
    account: bytes.toString('latin1', ACCOUNT_AT, KEY_ID_LENGTH_AT),
    keyId: bytes.toString('latin1', KEY_ID_LENGTH_AT + 1, materialIdAt),
    materialId: bytes.toString('hex', materialIdAt, specAt),
    spec,
    usage,
    wrapped: bytes.subarray(wrappedAt, macAt),
    body: bytes.subarray(0, macAt),
    mac: bytes.subarray(macAt),
  };
}

/** Fault `corrupt` when a token says that it is for another key, or another version of the key's material. */
export function requireBinding(key: ParsedKey, { account, keyId, materialId }: MaterialBinding): void {
  if (key.account === account && key.keyId === keyId && key.materialId === materialId) return;
  throw new HsmFault('corrupt', 'the exported key token belongs to another key or material');
}

function requireWhole(key: ExportedKey): void {
  const sound =
    /^[0-9]{12}$/.test(key.account) &&
    /^[!-~]{1,128}$/.test(key.keyId) &&
    /^[0-9a-f]{64}$/.test(key.materialId) &&
    key.generation >= 1 &&
    key.generation <= MAX_GENERATION &&
    key.wrapped.length <= 0xff;
  if (!sound) throw new Bug('a part of an exported key token has not its form');
}

function nameOf<T extends string>(
  numbers: Readonly<Record<T, number>>,
  value: number | undefined,
): T | undefined {
  return (Object.keys(numbers) as T[]).find((name) => numbers[name] === value);
}

/** The highest number that a generation of the domain's keys may have. */
export const MAX_GENERATION = 0xffff;
const MAC_BYTES = 32;
const MATERIAL_ID_BYTES = 32;

/** Numbers are for ever. */
const SPECS = { SYMMETRIC_DEFAULT: 1 } as const;
const USAGES = { ENCRYPT_DECRYPT: 1 } as const;
/** RFC 3394, CKM_AES_KEY_WRAP. */
const AES_KEY_WRAP = 1;

const VERSION = 1;
const WRAP_AT = 3;
const ACCOUNT_AT = 4;
const KEY_ID_LENGTH_AT = 16;
const LABEL = Buffer.from('kms-exported-key/1\0', 'ascii');
