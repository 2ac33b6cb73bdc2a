/** Kinds of private keys and what their objects in a token must say of themselves: expectations, and how to read them. */
import pkcs11js, { type Handle, type PKCS11 } from 'pkcs11js';

export const RSA_SIGNS = { spec: 'RSA_2048', usage: 'SIGN_VERIFY' } as const;
export const RSA_DECRYPTS = { spec: 'RSA_2048', usage: 'ENCRYPT_DECRYPT' } as const;
export const CURVE_SIGNS = { spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY' } as const;
export const LONG_CURVE_SIGNS = { spec: 'ECC_NIST_P384', usage: 'SIGN_VERIFY' } as const;
export const CURVE_AGREES = { spec: 'ECC_NIST_P256', usage: 'KEY_AGREEMENT' } as const;
export const LONG_CURVE_AGREES = { spec: 'ECC_NIST_P384', usage: 'KEY_AGREEMENT' } as const;
export const MACS = { spec: 'HMAC_384', usage: 'GENERATE_VERIFY_MAC' } as const;
export const LATTICE_SIGNS = { spec: 'ML_DSA_44', usage: 'SIGN_VERIFY' } as const;
export const LATTICE_KEM = { spec: 'ML_KEM_768', usage: 'ENCAPSULATE_DECAPSULATE' } as const;
export const EDWARDS = { spec: 'ECC_NIST_EDWARDS25519', usage: 'SIGN_VERIFY' } as const;

export const YES = '01';
const NO = '00';
export const RSA_TYPE = '0000000000000000';
export const EC_TYPE = '0300000000000000';
const SECRET_TYPE = '1000000000000000';
export const NOTHING_ALLOWED = {
  CLASS: '0300000000000000',
  TOKEN: NO,
  PRIVATE: YES,
  SENSITIVE: YES,
  EXTRACTABLE: NO,
  DECRYPT: NO,
  SIGN: NO,
  SIGN_RECOVER: NO,
  UNWRAP: NO,
  DERIVE: NO,
  MODIFIABLE: NO,
};
export const NO_SECRET_USE = {
  CLASS: '0400000000000000',
  KEY_TYPE: SECRET_TYPE,
  TOKEN: NO,
  PRIVATE: YES,
  SENSITIVE: YES,
  EXTRACTABLE: NO,
  ENCRYPT: NO,
  DECRYPT: NO,
  SIGN: YES,
  VERIFY: NO,
  WRAP: NO,
  UNWRAP: NO,
  DERIVE: NO,
  MODIFIABLE: NO,
};

/** The attributes with these names, in hex. */
export function attributesOf(place: TokenPlace, handle: Handle, names: object): Record<string, string> {
  return Object.fromEntries(Object.keys(names).map((name) => [name, attributeOf(place, handle, name)]));
}

export interface TokenPlace {
  readonly real: PKCS11;
  readonly tokenLabel: string;
}

export function inSession<T>({ real, tokenLabel }: TokenPlace, use: (session: Handle) => T): T {
  const slot = real
    .C_GetSlotList(true)
    .find((each) => real.C_GetTokenInfo(each).label.trimEnd() === tokenLabel);
  const session = real.C_OpenSession(slot as Handle, pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION);
  try {
    return use(session);
  } finally {
    real.C_CloseSession(session);
  }
}

/** One attribute, in hex. */
export function attributeOf(place: TokenPlace, handle: Handle, name: string): string {
  const type = pkcs11js[`CKA_${name}` as 'CKA_SIGN'];
  const [attribute] = inSession(place, (session) =>
    place.real.C_GetAttributeValue(session, handle, [{ type }]),
  );
  return Buffer.from(attribute?.value as Buffer).toString('hex');
}

export type Answering = 'C_Sign' | 'C_SignAsync' | 'C_DecryptAsync';

/** The function, with a bit of its answer turned so many times. */
export function lying(real: PKCS11, name: Answering, times = Number.POSITIVE_INFINITY) {
  let left = times;
  return (...args: never[]): unknown => {
    left -= 1;
    const turn = (answer: Buffer): Buffer => {
      if (left >= 0) answer.writeUInt8(answer.readUInt8(answer.length - 1) ^ 1, answer.length - 1);
      return answer;
    };
    const answer = (real[name] as (...all: never[]) => Buffer | Promise<Buffer>)(...args);
    return answer instanceof Promise ? answer.then(turn) : turn(answer);
  };
}

/** C_DecryptAsync whose answer begins with its first byte that is not zero. */
export function withoutZeros(real: PKCS11) {
  return async (...args: Parameters<PKCS11['C_DecryptAsync']>): Promise<Buffer> => {
    const answer = await real.C_DecryptAsync(...args);
    return answer.subarray(answer.findIndex((byte) => byte !== 0));
  };
}

/** The function, with the first byte of its answer gone. */
export function short(real: PKCS11, name: Answering) {
  return (...args: never[]): Promise<Buffer> =>
    (real[name] as (...all: never[]) => Promise<Buffer>)(...args).then((answer) => answer.subarray(1));
}
