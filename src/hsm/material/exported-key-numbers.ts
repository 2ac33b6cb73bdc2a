/** Which byte stands for which key spec, usage and way of wrapping in an exported key token: numbers are for ever. */
import { Bug } from '../../domain/bug.ts';
import { KEY_KINDS } from '../../domain/key/key-specs.ts';
import type { KeySpec, KeyUsageType } from '../../domain/kms/api/enums.ts';
import type { MaterialKind } from '../../domain/ports/key-vault.ts';

/**
 * How the domain key wraps material: AES key wrap (RFC 3394), the same with padding for any length (RFC 5649), or not at
 * all, where the material is sealed.
 */
export type WrapName = keyof typeof WRAPS;

/** The bytes of a spec and a usage that a key can have together. */
export function numbersOfKind({ spec, usage }: MaterialKind): readonly [spec: number, usage: number] {
  const number: number | undefined = (SPECS as Partial<Record<KeySpec, number>>)[spec];
  if (number === undefined) throw new Bug(`the spec ${spec} has no number`);
  return [number, USAGES[usage]];
}

/** Undefined for bytes that stand for no such kind. */
export function kindOfNumbers(spec: number | undefined, usage: number | undefined): MaterialKind | undefined {
  if (spec === undefined || usage === undefined) return undefined;
  return KINDS.get(joined(spec, usage));
}

/** `kw` for a symmetric key; for others `kwp`, or `none` where nothing is to be wrapped. */
export function usualWrap({ spec }: Pick<MaterialKind, 'spec'>, material: Uint8Array): WrapName {
  if (spec === 'SYMMETRIC_DEFAULT') return 'kw';
  return material.length === 0 ? 'none' : 'kwp';
}

export function numberOfWrap(wrap: WrapName): number {
  return WRAPS[wrap];
}

/** Undefined for a byte that stands for none. */
export function wrapOfNumber(number: number | undefined): WrapName | undefined {
  return (Object.keys(WRAPS) as WrapName[]).find((name) => WRAPS[name] === number);
}

function joined(spec: number, usage: number): number {
  return spec * 256 + usage;
}

const SPECS = {
  SYMMETRIC_DEFAULT: 1,
  RSA_2048: 2,
  RSA_3072: 3,
  RSA_4096: 4,
  ECC_NIST_P256: 5,
  ECC_NIST_P384: 6,
  ECC_NIST_P521: 7,
  ECC_SECG_P256K1: 8,
  ECC_NIST_EDWARDS25519: 9,
  ML_DSA_44: 10,
  ML_DSA_65: 11,
  ML_DSA_87: 12,
  ML_KEM_512: 13,
  ML_KEM_768: 14,
  ML_KEM_1024: 15,
  HMAC_224: 16,
  HMAC_256: 17,
  HMAC_384: 18,
  HMAC_512: 19,
} as const satisfies Record<Exclude<KeySpec, 'SM2'>, number>;

const USAGES = {
  ENCRYPT_DECRYPT: 1,
  SIGN_VERIFY: 2,
  GENERATE_VERIFY_MAC: 3,
  KEY_AGREEMENT: 4,
  ENCAPSULATE_DECAPSULATE: 5,
} as const satisfies Record<KeyUsageType, number>;

const WRAPS = { none: 0, kw: 1, kwp: 2 } as const;

const KINDS: ReadonlyMap<number, MaterialKind> = new Map(
  KEY_KINDS.map(({ spec, usage }) => [joined(...numbersOfKind({ spec, usage })), { spec, usage }]),
);
