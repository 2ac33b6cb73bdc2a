/**
 * Elliptic curves, each with throw-away pairs of its own: signatures are verified in software, a shared secret is
 * compared with the one that software computes.
 */
import {
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  verify,
  type webcrypto,
} from 'node:crypto';
import pkcs11js, { type Handle } from 'pkcs11js';
import type { Curve, Feature, FeatureFinding, Trial } from '../../devices/features.ts';
import { Pkcs11Failure } from '../pkcs11-failure.ts';
import { MECHANISMS } from './mechanisms.ts';
import { signOnce } from './one-call.ts';
import { NoTrialKey, type ThrowAwayKeys, type TrialPair } from './throw-away-keys.ts';
import { type ProbePlace, tryPatiently } from './trial.ts';

/** One finding for each curve and use. */
export function probeEllipticCurves(place: ProbePlace): FeatureFinding[] {
  return [
    ...SIGNING.map(({ feature, curve }) => ({
      feature,
      ...(foreign(place, curve) ?? tryPatiently(place, 'CKM_ECDSA', (keys) => ecdsa(place, keys, curve))),
    })),
    ...AGREEMENT.map(({ feature, curve }) => ({
      feature,
      ...(foreign(place, curve) ?? tryPatiently(place, 'CKM_ECDH1_DERIVE', (keys) => ecdh(keys, curve))),
    })),
    { feature: 'ed25519', ...tryPatiently(place, 'CKM_EDDSA', (keys) => ed25519(place, keys)) },
    { feature: 'ed25519ph', ...tryPrehashed(place) },
  ];
}

function foreign({ profile }: ProbePlace, curve: Curve): Trial | undefined {
  if (profile.curves?.includes(curve) !== false) return undefined;
  return { capability: 'missing', why: `${profile.name} does not know the curve ${CURVES[curve].crv}` };
}

function ecdsa(place: ProbePlace, keys: ThrowAwayKeys, curve: Curve): string {
  const { parameters, coordinateBytes, hash, crv } = CURVES[curve];
  const pair = makePair(keys, 'CKM_EC_KEY_PAIR_GEN', parameters, pkcs11js.CKA_SIGN);
  const publicKey = weierstrassKey(
    keys.attribute(pair.publicKey, pkcs11js.CKA_EC_POINT),
    crv,
    coordinateBytes,
  );
  const digest = createHash(hash).update(MESSAGE).digest();
  const mechanism = { mechanism: MECHANISMS.CKM_ECDSA };
  const signature = signOnce(place, {
    mechanism,
    key: pair.privateKey,
    input: digest,
    outputBytes: 2 * coordinateBytes,
  });
  return verify(hash, MESSAGE, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)
    ? ''
    : WRONG_SIGNATURE;
}

function ecdh(keys: ThrowAwayKeys, curve: Curve): string {
  const { parameters, coordinateBytes, crv } = CURVES[curve];
  const pair = makePair(keys, 'CKM_EC_KEY_PAIR_GEN', parameters, pkcs11js.CKA_DERIVE);
  const publicKey = weierstrassKey(
    keys.attribute(pair.publicKey, pkcs11js.CKA_EC_POINT),
    crv,
    coordinateBytes,
  );
  const peer = generateKeyPairSync('ec', { namedCurve: crv });
  const { x = '', y = '' } = peer.publicKey.export({ format: 'jwk' });
  const publicData = Buffer.concat([UNCOMPRESSED, Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  const parameter = { type: pkcs11js.CK_PARAMS_EC_DH, kdf: pkcs11js.CKD_NULL, publicData };
  const mechanism = { mechanism: MECHANISMS.CKM_ECDH1_DERIVE, parameter };
  const secret = keys.derivedValue(mechanism, pair.privateKey, coordinateBytes);
  const expected = diffieHellman({ privateKey: peer.privateKey, publicKey });
  return secret.equals(expected) ? '' : 'its shared secret is another one';
}

function ed25519(place: ProbePlace, keys: ThrowAwayKeys): string {
  const { key, publicKey } = edwardsPair(keys);
  const mechanism = { mechanism: MECHANISMS.CKM_EDDSA };
  const signature = signOnce(place, { mechanism, key, input: MESSAGE, outputBytes: ED25519_BYTES });
  return verify(null, MESSAGE, publicKey, signature) ? '' : WRONG_SIGNATURE;
}

/** Software here cannot verify Ed25519ph. It can see through a token that signs without prehashing all the same. */
function tryPrehashed(place: ProbePlace): Trial {
  const digest = createHash('sha512').update(MESSAGE).digest();
  const trial = tryPatiently(place, 'CKM_EDDSA', (keys) => {
    const { key, publicKey } = edwardsPair(keys);
    const mechanism = { mechanism: MECHANISMS.CKM_EDDSA, parameter: PREHASH_PARAMETER };
    const signature = signOnce(place, { mechanism, key, input: digest, outputBytes: ED25519_BYTES });
    return verify(null, digest, publicKey, signature) ? 'it signs as plain Ed25519 instead' : '';
  });
  if (trial.capability !== 'tested') return trial;
  return { capability: 'listed', why: 'it answers, and nothing here can verify Ed25519ph' };
}

function edwardsPair(keys: ThrowAwayKeys): { key: Handle; publicKey: KeyObject } {
  let pair: TrialPair;
  try {
    pair = makePair(keys, 'CKM_EC_EDWARDS_KEY_PAIR_GEN', ED25519_OID, pkcs11js.CKA_SIGN);
  } catch (error) {
    if (!(error instanceof NoTrialKey) && !(error instanceof Pkcs11Failure && error.blame === 'data'))
      throw error;
    pair = makePair(keys, 'CKM_EC_EDWARDS_KEY_PAIR_GEN', ED25519_NAME, pkcs11js.CKA_SIGN);
  }
  const x = point(keys.attribute(pair.publicKey, pkcs11js.CKA_EC_POINT), ED25519_BYTES / 2).toString(
    'base64url',
  );
  return { key: pair.privateKey, publicKey: publicKeyOf({ kty: 'OKP', crv: 'Ed25519', x }) };
}

function makePair(
  keys: ThrowAwayKeys,
  mechanism: 'CKM_EC_KEY_PAIR_GEN' | 'CKM_EC_EDWARDS_KEY_PAIR_GEN',
  parametersHex: string,
  usage: number,
): TrialPair {
  const parameters = { type: pkcs11js.CKA_EC_PARAMS, value: Buffer.from(parametersHex, 'hex') };
  try {
    return keys.pair(mechanism, [parameters], [{ type: usage, value: true }]);
  } catch (error) {
    // A token that refuses the curve has been tried, other than one that makes no session keys.
    const cause = error instanceof NoTrialKey ? error.cause : undefined;
    throw cause instanceof Pkcs11Failure && CURVE_REFUSED.has(cause.value) ? cause : error;
  }
}

function weierstrassKey(ecPoint: Buffer, crv: string, coordinateBytes: number): KeyObject {
  const coordinates = point(ecPoint, 1 + 2 * coordinateBytes).subarray(1);
  const x = coordinates.subarray(0, coordinateBytes).toString('base64url');
  const y = coordinates.subarray(coordinateBytes).toString('base64url');
  return publicKeyOf({ kty: 'EC', crv, x, y });
}

/** CKA_EC_POINT is an octet string in DER, or, from some tokens, what should be in it. */
function point(ecPoint: Buffer, bytes: number): Buffer {
  return ecPoint.subarray(ecPoint.length - bytes);
}

function publicKeyOf(key: webcrypto.JsonWebKey): KeyObject {
  return createPublicKey({ key, format: 'jwk' });
}

interface CurveRow {
  /** CKA_EC_PARAMS, in hex. */
  readonly parameters: string;
  readonly coordinateBytes: number;
  /** As AWS KMS pairs them. */
  readonly hash: 'sha256' | 'sha384' | 'sha512';
  readonly crv: string;
}

const CURVES: Readonly<Record<Curve, CurveRow>> = {
  p256: { parameters: '06082a8648ce3d030107', coordinateBytes: 32, hash: 'sha256', crv: 'P-256' },
  p384: { parameters: '06052b81040022', coordinateBytes: 48, hash: 'sha384', crv: 'P-384' },
  p521: { parameters: '06052b81040023', coordinateBytes: 66, hash: 'sha512', crv: 'P-521' },
  secp256k1: { parameters: '06052b8104000a', coordinateBytes: 32, hash: 'sha256', crv: 'secp256k1' },
};

const SIGNING: readonly { readonly feature: Feature; readonly curve: Curve }[] = [
  { feature: 'ecdsa-p256', curve: 'p256' },
  { feature: 'ecdsa-p384', curve: 'p384' },
  { feature: 'ecdsa-p521', curve: 'p521' },
  { feature: 'ecdsa-secp256k1', curve: 'secp256k1' },
];

const AGREEMENT: readonly { readonly feature: Feature; readonly curve: Curve }[] = [
  { feature: 'ecdh-p256', curve: 'p256' },
  { feature: 'ecdh-p384', curve: 'p384' },
  { feature: 'ecdh-p521', curve: 'p521' },
];

/** CKR_DOMAIN_PARAMS_INVALID, CKR_CURVE_NOT_SUPPORTED. */
const CURVE_REFUSED: ReadonlySet<number> = new Set([0x130, 0x140]);

/** The object identifier, and the name that older tokens want instead (PKCS#11 v3.1, section 6.3.5). */
const ED25519_OID = '06032b6570';
const ED25519_NAME = '130c656477617264733235353139';
const ED25519_BYTES = 64;
/** CK_EDDSA_PARAMS with phFlag true and no context, as a 64-bit machine lays it out. */
const PREHASH_PARAMETER = Buffer.from(`01${'00'.repeat(23)}`, 'hex');
const UNCOMPRESSED = Buffer.of(4);
const MESSAGE = Buffer.from('portcullis trial of elliptic curves');
const WRONG_SIGNATURE = 'its signature does not verify';
