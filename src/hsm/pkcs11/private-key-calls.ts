/**
 * What private keys and MAC keys do in a token. Calls on a thread of the binding leave this process free for others;
 * an answer of another length than it must have is none.
 */
import pkcs11js, { type Handle, type Mechanism, type PKCS11, type Template } from 'pkcs11js';
import type { EcdsaRow, MacRow, RsaSignatureRow } from '../../domain/key/algorithms.ts';
import { WrongLength } from './aes-gcm.ts';
import { destroyMaterial } from './material-objects.ts';
import { callPkcs11, callPkcs11Aside, Pkcs11Failure } from './pkcs11-failure.ts';

/** One C_Sign or C_Decrypt with its mechanism. */
export interface PrivateCall {
  readonly mechanism: Mechanism;
  readonly input: Buffer;
  readonly outputBytes: number;
}

/** RFC 8017, RSASSA-PKCS1-v1_5 of a DigestInfo. */
export function pkcs1Signature({ modulusBytes }: RsaSignatureRow, info: Buffer): PrivateCall {
  return { mechanism: { mechanism: pkcs11js.CKM_RSA_PKCS }, input: info, outputBytes: modulusBytes };
}

/** RFC 8017, RSASSA-PSS with a salt as long as the digest. */
export function pssSignature(row: RsaSignatureRow, digest: Uint8Array): PrivateCall {
  const { hashAlg, mgf } = PSS_HASHES[row.hash as keyof typeof PSS_HASHES];
  const parameter = { type: pkcs11js.CK_PARAMS_RSA_PSS, hashAlg, mgf, saltLen: row.digestBytes };
  return {
    mechanism: { mechanism: pkcs11js.CKM_RSA_PKCS_PSS, parameter },
    input: Buffer.from(digest),
    outputBytes: row.modulusBytes,
  };
}

/** r ‖ s. */
export function ecdsaSignature(
  { fieldBytes }: Pick<EcdsaRow, 'fieldBytes'>,
  digest: Uint8Array,
): PrivateCall {
  return {
    mechanism: { mechanism: pkcs11js.CKM_ECDSA },
    input: Buffer.from(digest),
    outputBytes: 2 * fieldBytes,
  };
}

export function macOf(row: MacRow, message: Uint8Array): PrivateCall {
  return {
    mechanism: { mechanism: HMACS[row.algorithm] },
    input: Buffer.from(message),
    outputBytes: row.macBytes,
  };
}

/** c^d mod n, for a ciphertext below n: the padding is left to the caller. */
export function rsaDecryption(ciphertext: Uint8Array): PrivateCall {
  return {
    mechanism: { mechanism: pkcs11js.CKM_RSA_X_509 },
    input: Buffer.from(ciphertext),
    outputBytes: ciphertext.length,
  };
}

/** Within the call. The caller has a copy of its own, to wipe if it is secret. */
export function signNow(library: PKCS11, session: Handle, key: Handle, call: PrivateCall): Buffer {
  const output = Buffer.alloc(call.outputBytes + SLACK_BYTES);
  callPkcs11('C_SignInit', () => library.C_SignInit(session, call.mechanism, key));
  const signed = callPkcs11('C_Sign', () => library.C_Sign(session, call.input, output));
  return randomLooking('C_Sign', exactly(call, 'C_Sign', signed));
}

export async function signAside(
  library: PKCS11,
  session: Handle,
  key: Handle,
  call: PrivateCall,
): Promise<Buffer> {
  const output = Buffer.alloc(call.outputBytes + SLACK_BYTES);
  callPkcs11('C_SignInit', () => library.C_SignInit(session, call.mechanism, key));
  const signing = () => library.C_SignAsync(session, call.input, output);
  return randomLooking('C_Sign', exactly(call, 'C_Sign', await callPkcs11Aside('C_Sign', signing)));
}

/** What comes out is secret: the caller wipes it. A token that says of raw RSA that its input was wrong is at fault. */
export async function decryptAside(
  library: PKCS11,
  session: Handle,
  key: Handle,
  call: PrivateCall,
): Promise<Buffer> {
  const output = Buffer.alloc(call.outputBytes + SLACK_BYTES);
  try {
    callPkcs11('C_DecryptInit', () => library.C_DecryptInit(session, call.mechanism, key));
    const decrypting = () => library.C_DecryptAsync(session, call.input, output);
    return exactly(call, 'C_Decrypt', await callPkcs11Aside('C_Decrypt', decrypting));
  } catch (error) {
    output.fill(0);
    throw error instanceof Pkcs11Failure && error.code === 'corrupt'
      ? error.blaming('ambiguous', 'unavailable')
      : error;
  }
}

/** With whose public point, and how many bytes the secret has. */
export interface Agreement {
  /** `04 ‖ x ‖ y`, of the key's own curve. */
  readonly peer: Uint8Array;
  readonly fieldBytes: number;
}

/** The x-coordinate of d·P, read from an object that is gone again; the caller wipes it. */
export function agreeNow(library: PKCS11, session: Handle, key: Handle, agreement: Agreement): Buffer {
  const { mechanism, template } = derivationOf(agreement);
  const secret = callPkcs11('C_DeriveKey', () => library.C_DeriveKey(session, mechanism, key, template));
  return takeSecret(library, session, secret, agreement);
}

/** The binding frees nothing of what it was given for such a call, some 700 bytes, until the process ends. */
export async function agreeAside(
  library: PKCS11,
  session: Handle,
  key: Handle,
  agreement: Agreement,
): Promise<Buffer> {
  const { mechanism, template } = derivationOf(agreement);
  const deriving = () => library.C_DeriveKeyAsync(session, mechanism, key, template);
  return takeSecret(library, session, await callPkcs11Aside('C_DeriveKey', deriving), agreement);
}

function derivationOf({ peer, fieldBytes }: Agreement): {
  readonly mechanism: Mechanism;
  readonly template: Template;
} {
  const publicData = Buffer.from(peer);
  const parameter = { type: pkcs11js.CK_PARAMS_EC_DH, kdf: pkcs11js.CKD_NULL, publicData };
  const template = [...SHARED_SECRET, { type: pkcs11js.CKA_VALUE_LEN, value: fieldBytes }];
  return { mechanism: { mechanism: pkcs11js.CKM_ECDH1_DERIVE, parameter }, template };
}

function takeSecret(library: PKCS11, session: Handle, secret: Handle, { fieldBytes }: Agreement): Buffer {
  try {
    const [attribute] = callPkcs11('C_GetAttributeValue', () =>
      library.C_GetAttributeValue(session, secret, [{ type: pkcs11js.CKA_VALUE }]),
    );
    const value = Buffer.isBuffer(attribute?.value) ? attribute.value : Buffer.alloc(0);
    const shared = exactly({ outputBytes: fieldBytes }, 'C_GetAttributeValue', value);
    return randomLooking('C_GetAttributeValue', shared);
  } finally {
    destroyMaterial(library, session, secret);
  }
}

function exactly(
  { outputBytes }: Pick<PrivateCall, 'outputBytes'>,
  functionName: string,
  answer: Buffer,
): Buffer {
  if (answer.length === outputBytes) return answer;
  const { length } = answer;
  answer.fill(0);
  throw new WrongLength(
    functionName,
    `${functionName} of the token gave ${length} bytes, not ${outputBytes}`,
  );
}

/** A device that writes nothing gives zeros, which anybody could take for a MAC or know for a secret. By chance: never. */
function randomLooking(functionName: string, answer: Buffer): Buffer {
  if (answer.some((byte) => byte !== answer[0])) return answer;
  const detail = `${functionName} of the token gave ${answer.length} bytes that are all the same`;
  const at = { functionName, value: 0, blame: 'ambiguous' as const };
  throw new Pkcs11Failure('unavailable', detail, at, new Error('equal bytes'));
}

/** The only secret that a token gives out: it is what was asked for. */
const SHARED_SECRET: Template = [
  { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_SECRET_KEY },
  { type: pkcs11js.CKA_KEY_TYPE, value: pkcs11js.CKK_GENERIC_SECRET },
  { type: pkcs11js.CKA_TOKEN, value: false },
  { type: pkcs11js.CKA_PRIVATE, value: true },
  { type: pkcs11js.CKA_SENSITIVE, value: false },
  { type: pkcs11js.CKA_EXTRACTABLE, value: true },
];

/** A module that does nothing leaves the length at that of the buffer: never the right one. */
const SLACK_BYTES = 1;

const PSS_HASHES = {
  sha256: { hashAlg: pkcs11js.CKM_SHA256, mgf: pkcs11js.CKG_MGF1_SHA256 },
  sha384: { hashAlg: pkcs11js.CKM_SHA384, mgf: pkcs11js.CKG_MGF1_SHA384 },
  sha512: { hashAlg: pkcs11js.CKM_SHA512, mgf: pkcs11js.CKG_MGF1_SHA512 },
} as const;

const HMACS: Readonly<Record<MacRow['algorithm'], number>> = {
  HMAC_SHA_224: pkcs11js.CKM_SHA224_HMAC,
  HMAC_SHA_256: pkcs11js.CKM_SHA256_HMAC,
  HMAC_SHA_384: pkcs11js.CKM_SHA384_HMAC,
  HMAC_SHA_512: pkcs11js.CKM_SHA512_HMAC,
};
