/**
 * Private keys as session objects: made in pairs, taken in, and read. A pair is made on a thread of the binding, since
 * RSA takes seconds; a session must be lent to it for that long.
 */
import pkcs11js, { type Handle, type PKCS11, type Template } from 'pkcs11js';
import type { CurveName } from '../../domain/key/algorithms.ts';
import { formOfCurve } from '../asymmetric/key-forms.ts';
import type { RsaComponents } from '../asymmetric/private-components.ts';
import { WrongLength } from './aes-gcm.ts';
import { callPkcs11, callPkcs11Aside } from './pkcs11-failure.ts';
import type { EcShape, PrivateKeyShape, RsaShape } from './private-key-shapes.ts';
import { exportablePrivateKey, publicHalf } from './vault-templates.ts';

export interface MadePair {
  /** Can be wrapped: destroy it when it is. */
  readonly privateKey: Handle;
  readonly publicKey: Handle;
}

/** Both objects live in `session`; the caller destroys them. */
export function generatePair(library: PKCS11, session: Handle, shape: PrivateKeyShape): Promise<MadePair> {
  const publicTemplate = [...publicHalf(shape), ...parametersOf(shape)];
  const mechanism = {
    mechanism: shape.keyType === 'RSA' ? pkcs11js.CKM_RSA_PKCS_KEY_PAIR_GEN : pkcs11js.CKM_EC_KEY_PAIR_GEN,
  };
  return callPkcs11Aside('C_GenerateKeyPair', () =>
    library.C_GenerateKeyPairAsync(session, mechanism, publicTemplate, exportablePrivateKey(shape)),
  );
}

/** An object that can be wrapped, of a key that came from outside; the caller wipes the numbers. */
export function importRsaKey(library: PKCS11, owner: Handle, shape: RsaShape, key: RsaComponents): Handle {
  return createObject(library, owner, [
    ...exportablePrivateKey(shape),
    { type: pkcs11js.CKA_MODULUS, value: key.modulus },
    { type: pkcs11js.CKA_PUBLIC_EXPONENT, value: key.publicExponent },
    { type: pkcs11js.CKA_PRIVATE_EXPONENT, value: key.privateExponent },
    { type: pkcs11js.CKA_PRIME_1, value: key.prime1 },
    { type: pkcs11js.CKA_PRIME_2, value: key.prime2 },
    { type: pkcs11js.CKA_EXPONENT_1, value: key.exponent1 },
    { type: pkcs11js.CKA_EXPONENT_2, value: key.exponent2 },
    { type: pkcs11js.CKA_COEFFICIENT, value: key.coefficient },
  ]);
}

/** The same of a key on a curve. */
export function importCurveKey(library: PKCS11, owner: Handle, shape: EcShape, scalar: Buffer): Handle {
  return createObject(library, owner, [
    ...exportablePrivateKey(shape),
    ...parametersOf(shape),
    { type: pkcs11js.CKA_VALUE, value: scalar },
  ]);
}

/** As the token has them; an RSA key's numbers are big-endian, a point is `04 ‖ x ‖ y`. */
export type PublicNumbers =
  | { readonly keyType: 'RSA'; readonly modulus: Buffer; readonly exponent: Buffer }
  | { readonly keyType: 'EC'; readonly curve: CurveName; readonly point: Buffer };

/** Of the public half of a pair. */
export function readPublicKey(
  library: PKCS11,
  session: Handle,
  key: Handle,
  shape: PrivateKeyShape,
): PublicNumbers {
  const read = (type: number): Buffer => readValue(library, session, key, type);
  if (shape.keyType === 'EC') {
    return { keyType: 'EC', curve: shape.curve, point: barePoint(read(pkcs11js.CKA_EC_POINT), shape) };
  }
  const modulus = read(pkcs11js.CKA_MODULUS);
  return { keyType: 'RSA', modulus, exponent: read(pkcs11js.CKA_PUBLIC_EXPONENT) };
}

function parametersOf(shape: PrivateKeyShape): Template {
  if (shape.keyType === 'EC')
    return [{ type: pkcs11js.CKA_EC_PARAMS, value: Buffer.from(formOfCurve(shape.curve).parameters, 'hex') }];
  return [
    { type: pkcs11js.CKA_MODULUS_BITS, value: 8 * shape.modulusBytes },
    { type: pkcs11js.CKA_PUBLIC_EXPONENT, value: PUBLIC_EXPONENT },
  ];
}

function createObject(library: PKCS11, owner: Handle, template: Template): Handle {
  return callPkcs11('C_CreateObject', () => library.C_CreateObject(owner, template));
}

/** Some tokens give it without the OCTET STRING around. */
function barePoint(given: Buffer, { fieldBytes }: EcShape): Buffer {
  const pointBytes = 1 + 2 * fieldBytes;
  const point = given.subarray(-pointBytes);
  if (given.length >= pointBytes && point[0] === UNCOMPRESSED) return point;
  throw new WrongLength('C_GetAttributeValue', 'the token gave a public key that is no uncompressed point');
}

function readValue(library: PKCS11, session: Handle, key: Handle, type: number): Buffer {
  const [attribute] = callPkcs11('C_GetAttributeValue', () =>
    library.C_GetAttributeValue(session, key, [{ type }]),
  );
  return Buffer.isBuffer(attribute?.value) ? attribute.value : Buffer.alloc(0);
}

const UNCOMPRESSED = 0x04;
/** 65537, as AWS KMS has it. */
const PUBLIC_EXPONENT = Buffer.from('010001', 'hex');
