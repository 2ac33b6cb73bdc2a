/** Reading a secret key's attributes, one by one: a token that refuses one attribute still answers the others. */
import pkcs11js, { type Handle, type PKCS11 } from 'pkcs11js';
import type { KeyDescription } from '../../domain/ports/hsm.ts';
import { aesCheckValue } from './key-check-value.ts';
import { callPkcs11, Pkcs11Failure } from './pkcs11-failure.ts';

/** Describes the object. Attributes that the token refuses count as the unsafe value: extractable, no usage. */
export function readKeyDescription(
  library: PKCS11,
  session: Handle,
  key: Handle,
  tokenSerial: string,
): KeyDescription {
  const read = (type: number): Buffer | undefined => readAttribute(library, session, key, type);
  const flag = (type: number, absent: boolean): boolean => readFlag(read(type), absent);
  const keyType = KEY_TYPES.get(readNumber(read(pkcs11js.CKA_KEY_TYPE))) ?? 'OTHER';
  const canEncrypt = flag(pkcs11js.CKA_ENCRYPT, false);
  const kcvHex =
    checkValue(read(pkcs11js.CKA_CHECK_VALUE)) ??
    (keyType === 'AES' && canEncrypt ? aesCheckValue(library, session, key) : undefined);
  return {
    keyType,
    bits: Math.max(0, 8 * readNumber(read(pkcs11js.CKA_VALUE_LEN))),
    canEncrypt,
    canDecrypt: flag(pkcs11js.CKA_DECRYPT, false),
    extractable: flag(pkcs11js.CKA_EXTRACTABLE, true),
    sensitive: flag(pkcs11js.CKA_SENSITIVE, false),
    ...(kcvHex !== undefined && { kcvHex }),
    label: read(pkcs11js.CKA_LABEL)?.toString('utf8') ?? '',
    idHex: read(pkcs11js.CKA_ID)?.toString('hex') ?? '',
    tokenSerial,
  };
}

/** Undefined where the token does not have, or will not give, this attribute; the caller decides what absence means. */
function readAttribute(library: PKCS11, session: Handle, key: Handle, type: number): Buffer | undefined {
  try {
    const [attribute] = callPkcs11('C_GetAttributeValue', () =>
      library.C_GetAttributeValue(session, key, [{ type }]),
    );
    return Buffer.isBuffer(attribute?.value) ? attribute.value : undefined;
  } catch (error) {
    // Anything else is trouble of the moment, and must not be taken for a property of the key.
    if (error instanceof Pkcs11Failure && ATTRIBUTE_WITHHELD.has(error.value)) return undefined;
    throw error;
  }
}

function readFlag(value: Buffer | undefined, absent: boolean): boolean {
  return value === undefined || value.length === 0 ? absent : value[0] !== 0;
}

/** CK_ULONG in the machine's own byte order (little-endian on the supported platforms); -1 when absent. */
function readNumber(value: Buffer | undefined): number {
  return value === undefined || value.length === 0 ? -1 : value.readUIntLE(0, Math.min(value.length, 6));
}

function checkValue(value: Buffer | undefined): string | undefined {
  return value !== undefined && value.length === 3 ? value.toString('hex') : undefined;
}

const KEY_TYPES: ReadonlyMap<number, KeyDescription['keyType']> = new Map([
  [pkcs11js.CKK_AES, 'AES'],
  [pkcs11js.CKK_GENERIC_SECRET, 'GENERIC_SECRET'],
]);

/** CKR_ATTRIBUTE_SENSITIVE, CKR_ATTRIBUTE_TYPE_INVALID, CKR_FUNCTION_NOT_SUPPORTED. */
const ATTRIBUTE_WITHHELD: ReadonlySet<number> = new Set([0x11, 0x12, 0x54]);
