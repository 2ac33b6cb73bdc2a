/**
 * The exported key token (EKT): how key material is stored outside of a token. The domain key wraps the material, and
 * the registry key authenticates what it is and whose it is, which AES key wrap alone does not. Big-endian:
 *
 * `version u8 ‖ generation u16 ‖ wrap u8 ‖ account (12) ‖ key id length u8 ‖ key id ‖ material id (32) ‖ spec u8 ‖
 * usage u8 ‖ body ‖ HMAC-SHA-256 (32)`
 *
 * Version 1 is for symmetric keys, its body `wrapped length u8 ‖ wrapped`. Version 2 is for all others, its body
 * `wrapped ‖ sealed ‖ public key`, each with its length, u16, in front: what a token unwraps, what its host unseals, and
 * the SubjectPublicKeyInfo; empty where there is none.
 *
 * Stored keys outlive every release: another layout gets another version. Nothing that {@link parseExportedKey} says
 * may be believed before the HMAC was checked.
 */
import { Bug } from '../../domain/bug.ts';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { MaterialBinding, MaterialKind } from '../../domain/ports/key-vault.ts';
import {
  kindOfNumbers,
  numberOfWrap,
  numbersOfKind,
  usualWrap,
  type WrapName,
  wrapOfNumber,
} from './exported-key-numbers.ts';

/** Everything of a token but its HMAC. */
export interface ExportedKey extends MaterialBinding, MaterialKind {
  /** Of the domain's keys, 1 … 65 535. */
  readonly generation: number;
  /** Unless given, the usual one. */
  readonly wrap?: WrapName;
  /** Secret bytes, or PKCS#8, under the domain key. */
  readonly wrapped: Uint8Array;
  /** The seed of a private key under the seal key, as a sealed text. */
  readonly sealed?: Uint8Array;
  /** SubjectPublicKeyInfo. */
  readonly publicKey?: Uint8Array;
}

export interface ParsedKey extends Required<ExportedKey> {
  /** What {@link macInput} takes. */
  readonly body: Uint8Array;
  readonly mac: Uint8Array;
}

/** The token without its HMAC. */
export function encodeExportedKey(key: ExportedKey): Buffer {
  const version = versionOf(key);
  const { wrap = usualWrap(key, key.wrapped), wrapped, sealed = EMPTY, publicKey = EMPTY } = key;
  requireWhole({ ...key, wrap, sealed, publicKey }, version);
  const keyId = Buffer.from(key.keyId, 'ascii');
  return Buffer.concat([
    Uint8Array.of(version, key.generation >>> 8, key.generation & 0xff, numberOfWrap(wrap)),
    Buffer.from(key.account, 'ascii'),
    Uint8Array.of(keyId.length),
    keyId,
    Buffer.from(key.materialId, 'hex'),
    Uint8Array.of(...numbersOfKind(key)),
    ...(version === 1
      ? [Uint8Array.of(wrapped.length), wrapped]
      : [wrapped, sealed, publicKey].flatMap((part) => [u16(part.length), part])),
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
  const bodyAt = specAt + 2;
  const macAt = bytes.length - MAC_BYTES;
  const kind = kindOfNumbers(bytes[specAt], bytes[specAt + 1]);
  const wrap = wrapOfNumber(bytes[WRAP_AT]);
  if (macAt <= bodyAt || kind === undefined || wrap === undefined || bytes[0] !== versionOf(kind)) {
    throw formless();
  }
  const parts = { wrap, ...splitBody(bytes.subarray(bodyAt, macAt), versionOf(kind)) };
  if (!isConsistent(parts, versionOf(kind))) throw formless();
  return {
    generation: bytes.readUInt16BE(1),
    account: bytes.toString('latin1', ACCOUNT_AT, KEY_ID_LENGTH_AT),
    keyId: bytes.toString('latin1', KEY_ID_LENGTH_AT + 1, materialIdAt),
    materialId: bytes.toString('hex', materialIdAt, specAt),
    ...kind,
    ...parts,
    body: bytes.subarray(0, macAt),
    mac: bytes.subarray(macAt),
  };
}

/** Fault `corrupt` when a token says that it is for another key, or another version of the key's material. */
export function requireBinding(key: ParsedKey, { account, keyId, materialId }: MaterialBinding): void {
  if (key.account === account && key.keyId === keyId && key.materialId === materialId) return;
  throw new HsmFault('corrupt', 'the exported key token belongs to another key or material');
}

/** Fault `corrupt` when a token holds another kind of key than is to be used. */
export function requireKind(key: MaterialKind, { spec, usage }: MaterialKind): void {
  if (key.spec === spec && key.usage === usage) return;
  throw new HsmFault('corrupt', 'the exported key token holds another kind of key');
}

type Version = 1 | 2;
type Parts = Required<Pick<ExportedKey, 'wrapped' | 'sealed' | 'publicKey'>>;

function versionOf({ spec }: Pick<MaterialKind, 'spec'>): Version {
  return spec === 'SYMMETRIC_DEFAULT' ? 1 : 2;
}

/** The parts, which fill the body and no more. */
function splitBody(body: Buffer, version: Version): Parts {
  if (version === 1) {
    if (body.length !== 1 + (body[0] ?? 0)) throw formless();
    return { wrapped: body.subarray(1), sealed: EMPTY, publicKey: EMPTY };
  }
  let at = 0;
  const part = (): Buffer => {
    if (body.length < at + 2) throw formless();
    const start = at + 2;
    at = start + body.readUInt16BE(at);
    return body.subarray(start, at);
  };
  const parts = { wrapped: part(), sealed: part(), publicKey: part() };
  if (at !== body.length) throw formless();
  return parts;
}

/** Material is wrapped, or sealed, or both; what is wrapped says how. */
function isConsistent(
  { wrap, wrapped, sealed }: Parts & { readonly wrap: WrapName },
  version: Version,
): boolean {
  if (version === 1) return wrap === 'kw';
  return (wrap === 'none') === (wrapped.length === 0) && wrapped.length + sealed.length > 0;
}

function requireWhole(key: Required<ExportedKey>, version: Version): void {
  const most = version === 1 ? 0xff : 0xffff;
  const beside = key.sealed.length + key.publicKey.length;
  const sound =
    /^[0-9]{12}$/.test(key.account) &&
    /^[!-~]{1,128}$/.test(key.keyId) &&
    /^[0-9a-f]{64}$/.test(key.materialId) &&
    key.generation >= 1 &&
    key.generation <= MAX_GENERATION &&
    [key.wrapped, key.sealed, key.publicKey].every(({ length }) => length <= most) &&
    (version === 2 || beside === 0) &&
    isConsistent(key, version);
  if (!sound) throw new Bug('a part of an exported key token has not its form');
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value & 0xff);
}

function formless(): HsmFault {
  return new HsmFault('corrupt', 'the exported key token has not the form of one');
}

/** The highest number that a generation of the domain's keys may have. */
export const MAX_GENERATION = 0xffff;
const MAC_BYTES = 32;
const MATERIAL_ID_BYTES = 32;

const WRAP_AT = 3;
const ACCOUNT_AT = 4;
const KEY_ID_LENGTH_AT = 16;
const LABEL = Buffer.from('kms-exported-key/1\0', 'ascii');
const EMPTY = Buffer.alloc(0);
