/** Reading a secret key's attributes, one by one: a token that refuses one attribute still answers the others. */
import pkcs11js, { type Handle, type PKCS11 } from 'pkcs11js';
import type { KeyDescription, KeyUsage } from '../../domain/ports/hsm.ts';
import { type AesKeyTrial, tryAesKey } from './aes-key-trial.ts';
import { aesCheckValue, macCheckValue } from './key-check-value.ts';
import { callPkcs11, Pkcs11Failure } from './pkcs11-failure.ts';

/** What is the same for all keys of a token. */
export interface KeyOrigin {
  readonly tokenSerial: string;
  /** As in the device's profile. */
  readonly showsAesKeysAlike: boolean;
}

/**
 * Describes the object. Attributes that the token refuses count as the unsafe value: extractable, no usage. A
 * usage that was refused is noted besides, for whoever must know that the key lacks it.
 */
export function readKeyDescription(
  library: PKCS11,
  session: Handle,
  key: Handle,
  { tokenSerial, showsAesKeysAlike }: KeyOrigin,
): KeyDescription {
  const read = (type: number): Buffer | undefined => readAttribute(library, session, key, type);
  const flag = (type: number, absent: boolean): boolean => readFlag(read(type), absent);
  const keyType = KEY_TYPES.get(readNumber(read(pkcs11js.CKA_KEY_TYPE))) ?? 'OTHER';
  const usages = readUsages(read);
  const bits = Math.max(0, 8 * readNumber(read(pkcs11js.CKA_VALUE_LEN)));
  const shown = { keyType, bits, ...usages };
  const { kcvHex, ...properties } =
    showsAesKeysAlike && keyType === 'GENERIC_SECRET' && bits === 0
      ? triedProperties(shown, tryAesKey(library, session, key))
      : { ...shown, kcvHex: checkValue({ library, session, key, read }, keyType, usages) };
  return {
    ...properties,
    extractable: flag(pkcs11js.CKA_EXTRACTABLE, true),
    sensitive: flag(pkcs11js.CKA_SENSITIVE, false),
    ...(kcvHex !== undefined && { kcvHex }),
    label: read(pkcs11js.CKA_LABEL)?.toString('utf8') ?? '',
    idHex: read(pkcs11js.CKA_ID)?.toString('hex') ?? '',
    tokenSerial,
  };
}

/** A usage that the module claims besides is believed, and one of which it says nothing does not exist on the device. */
function triedProperties({ withheld: _, ...shown }: Shown, trial: AesKeyTrial) {
  return { ...shown, ...trial, keyType: 'AES', tried: true } as const;
}

type Shown = Usages & Pick<KeyDescription, 'keyType' | 'bits'>;

type ReadAttribute = (type: number) => Buffer | undefined;

type Usages = Pick<
  KeyDescription,
  'canEncrypt' | 'canDecrypt' | 'canSign' | 'canVerify' | 'canWrap' | 'canUnwrap' | 'canDerive' | 'withheld'
>;

function readUsages(read: ReadAttribute): Usages {
  const withheld: KeyUsage[] = [];
  const can = (usage: KeyUsage): boolean => {
    const value = read(USAGE_ATTRIBUTES[usage]);
    if (value === undefined || value.length === 0) withheld.push(usage);
    return readFlag(value, false);
  };
  const usages = {
    canEncrypt: can('ENCRYPT'),
    canDecrypt: can('DECRYPT'),
    canSign: can('SIGN'),
    canVerify: can('VERIFY'),
    canWrap: can('WRAP'),
    canUnwrap: can('UNWRAP'),
    canDerive: can('DERIVE'),
  };
  return { ...usages, ...(withheld.length > 0 && { withheld }) };
}

/**
 * The token's own check value of a key that only signs is of the wrong kind: of AES it would be a part of the
 * value that CMAC's subkeys come from, and of a secret every device makes another one.
 */
function checkValue(
  { library, session, key, read }: KeyAtHand,
  keyType: KeyDescription['keyType'],
  { canEncrypt, canSign }: Usages,
): string | undefined {
  if (keyType === 'AES' && canSign && !canEncrypt) return macCheckValue(library, session, key, 'cmac');
  if (keyType !== 'AES' && keyType !== 'OTHER' && canSign) {
    return macCheckValue(library, session, key, 'hmac');
  }
  const own = read(pkcs11js.CKA_CHECK_VALUE);
  if (own?.length === 3) return own.toString('hex');
  return keyType === 'AES' && canEncrypt ? aesCheckValue(library, session, key) : undefined;
}

interface KeyAtHand {
  readonly library: PKCS11;
  readonly session: Handle;
  readonly key: Handle;
  readonly read: ReadAttribute;
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

const KEY_TYPES: ReadonlyMap<number, KeyDescription['keyType']> = new Map([
  [pkcs11js.CKK_AES, 'AES'],
  [pkcs11js.CKK_GENERIC_SECRET, 'GENERIC_SECRET'],
  [pkcs11js.CKK_SHA256_HMAC, 'SHA256_HMAC'],
]);

const USAGE_ATTRIBUTES: Readonly<Record<KeyUsage, number>> = {
  ENCRYPT: pkcs11js.CKA_ENCRYPT,
  DECRYPT: pkcs11js.CKA_DECRYPT,
  SIGN: pkcs11js.CKA_SIGN,
  VERIFY: pkcs11js.CKA_VERIFY,
  WRAP: pkcs11js.CKA_WRAP,
  UNWRAP: pkcs11js.CKA_UNWRAP,
  DERIVE: pkcs11js.CKA_DERIVE,
};

/** CKR_ATTRIBUTE_SENSITIVE, CKR_ATTRIBUTE_TYPE_INVALID, CKR_FUNCTION_NOT_SUPPORTED. */
const ATTRIBUTE_WITHHELD: ReadonlySet<number> = new Set([0x11, 0x12, 0x54]);
