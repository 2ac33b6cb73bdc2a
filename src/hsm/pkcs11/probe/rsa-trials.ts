/**
 * RSA with one throw-away pair of 2048 bits: what the token signs is verified in software, what software
 * encrypts is decrypted by the token. Hashing and public keys are never the token's work.
 */
import {
  constants,
  createHash,
  createPublicKey,
  type KeyObject,
  publicEncrypt,
  randomBytes,
  verify,
} from 'node:crypto';
import pkcs11js, { type Mechanism } from 'pkcs11js';
import type { Feature, FeatureFinding, OaepHash, Trial } from '../../devices/features.ts';
import { MECHANISMS, type MechanismName } from './mechanisms.ts';
import { decryptOnce, type OneCall, signOnce } from './one-call.ts';
import type { ThrowAwayKeys, TrialPair } from './throw-away-keys.ts';
import { judge, type ProbePlace, twice, withoutTrying, withThrowAwayKeys } from './trial.ts';

/** One finding for each use of RSA, with the key sizes that the token says it generates. */
export function probeRsa(place: ProbePlace): FeatureFinding[] {
  const keyBits = keySizes(place);
  const findings = (trials: readonly Trial[]): FeatureFinding[] =>
    ROWS.map(({ feature }, index) => {
      return { feature, ...(trials[index] as Trial), ...(keyBits !== undefined && { keyBits }) };
    });
  const known = ROWS.map((row) => beforehand(place, row));
  if (known.every((trial) => trial !== undefined)) return findings(known);
  return withThrowAwayKeys(place, (keys) => {
    let pair: RsaPair | undefined;
    const making = twice(
      () =>
        judge(() => {
          pair = makePair(keys);
          return '';
        }),
      'listed',
    );
    return findings(
      ROWS.map((row, index) => {
        if (known[index] !== undefined) return known[index];
        if (pair === undefined) return { ...making, capability: 'listed' };
        const made = pair;
        return twice(() => judge(() => row.attempt(place, made)), 'refused');
      }),
    );
  });
}

interface RsaPair {
  readonly handles: TrialPair;
  readonly publicKey: KeyObject;
}

interface RsaRow {
  readonly feature: Feature;
  readonly mechanism: MechanismName;
  readonly oaepHash?: OaepHash;
  /** Says what was wrong; empty when nothing was. */
  readonly attempt: (place: ProbePlace, pair: RsaPair) => string;
}

function beforehand(place: ProbePlace, { mechanism, oaepHash }: RsaRow): Trial | undefined {
  const { name, oaepHashes } = place.profile;
  if (oaepHash !== undefined && oaepHashes?.includes(oaepHash) === false) {
    return { capability: 'missing', why: `${name} has no OAEP with ${oaepHash}` };
  }
  return withoutTrying(place, mechanism);
}

function makePair(keys: ThrowAwayKeys): RsaPair {
  const handles = keys.pair(
    'CKM_RSA_PKCS_KEY_PAIR_GEN',
    [
      { type: pkcs11js.CKA_MODULUS_BITS, value: MODULUS_BYTES * 8 },
      { type: pkcs11js.CKA_PUBLIC_EXPONENT, value: Buffer.from('010001', 'hex') },
      { type: pkcs11js.CKA_VERIFY, value: true },
      { type: pkcs11js.CKA_ENCRYPT, value: true },
    ],
    [
      { type: pkcs11js.CKA_SIGN, value: true },
      { type: pkcs11js.CKA_DECRYPT, value: true },
    ],
  );
  const read = (type: number): string => keys.attribute(handles.publicKey, type).toString('base64url');
  const n = read(pkcs11js.CKA_MODULUS);
  const e = read(pkcs11js.CKA_PUBLIC_EXPONENT);
  return { handles, publicKey: createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' }) };
}

function call({ handles }: RsaPair, mechanism: Mechanism, input: Buffer): OneCall {
  return { mechanism, key: handles.privateKey, input, outputBytes: MODULUS_BYTES };
}

function pkcs1(place: ProbePlace, pair: RsaPair): string {
  const digestInfo = Buffer.concat([SHA256_DIGEST_INFO, createHash('sha256').update(MESSAGE).digest()]);
  const signature = signOnce(place, call(pair, { mechanism: MECHANISMS.CKM_RSA_PKCS }, digestInfo));
  return verify('sha256', MESSAGE, pair.publicKey, signature) ? '' : WRONG_SIGNATURE;
}

function pss(hash: keyof typeof PSS): RsaRow['attempt'] {
  return (place, pair) => {
    const digest = createHash(hash).update(MESSAGE).digest();
    const parameter = { type: pkcs11js.CK_PARAMS_RSA_PSS, ...PSS[hash], saltLen: digest.length };
    const mechanism = { mechanism: MECHANISMS.CKM_RSA_PKCS_PSS, parameter };
    const signature = signOnce(place, call(pair, mechanism, digest));
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    const verified = verify(
      hash,
      MESSAGE,
      { key: pair.publicKey, padding, saltLength: digest.length },
      signature,
    );
    return verified ? '' : WRONG_SIGNATURE;
  };
}

function oaep(oaepHash: OaepHash): RsaRow['attempt'] {
  return (place, pair) => {
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    const encrypted = publicEncrypt({ key: pair.publicKey, padding, oaepHash }, MESSAGE);
    const parameter = { type: pkcs11js.CK_PARAMS_RSA_OAEP, ...OAEP[oaepHash], source: CKZ_DATA_SPECIFIED };
    const mechanism = { mechanism: MECHANISMS.CKM_RSA_PKCS_OAEP, parameter };
    return decryptOnce(place, call(pair, mechanism, encrypted)).equals(MESSAGE) ? '' : WRONG_PLAINTEXT;
  };
}

function raw(place: ProbePlace, pair: RsaPair): string {
  const block = Buffer.concat([Buffer.alloc(1), randomBytes(MODULUS_BYTES - 1)]);
  const encrypted = publicEncrypt({ key: pair.publicKey, padding: constants.RSA_NO_PADDING }, block);
  const answer = decryptOnce(place, call(pair, { mechanism: MECHANISMS.CKM_RSA_X_509 }, encrypted));
  return answer.equals(block) ? '' : WRONG_PLAINTEXT;
}

/** Undefined where the token does not say. */
function keySizes({ library, slot }: ProbePlace): FeatureFinding['keyBits'] {
  try {
    const info = library.C_GetMechanismInfo(slot, MECHANISMS.CKM_RSA_PKCS_KEY_PAIR_GEN);
    return info.maxKeySize > 0 ? { min: info.minKeySize, max: info.maxKeySize } : undefined;
  } catch {
    // Sizes are an extra: a token that tells none may still do the work.
    return undefined;
  }
}

const MODULUS_BYTES = 256;
const MESSAGE = Buffer.from('portcullis trial of RSA');
const WRONG_SIGNATURE = 'its signature does not verify';
const WRONG_PLAINTEXT = 'it decrypts to something else';

/** DER of DigestInfo before the hash (RFC 8017, section 9.2, note 1). */
const SHA256_DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex');

const PSS = {
  sha256: { hashAlg: MECHANISMS.CKM_SHA256, mgf: pkcs11js.CKG_MGF1_SHA256 },
  sha384: { hashAlg: MECHANISMS.CKM_SHA384, mgf: pkcs11js.CKG_MGF1_SHA384 },
  sha512: { hashAlg: MECHANISMS.CKM_SHA512, mgf: pkcs11js.CKG_MGF1_SHA512 },
} as const;

const OAEP = {
  sha1: { hashAlg: MECHANISMS.CKM_SHA_1, mgf: pkcs11js.CKG_MGF1_SHA1 },
  sha256: { hashAlg: MECHANISMS.CKM_SHA256, mgf: pkcs11js.CKG_MGF1_SHA256 },
} as const satisfies Record<OaepHash, unknown>;

/** The label is given in the parameter, here an empty one (PKCS#11 v3.1, section 6.1.7). */
const CKZ_DATA_SPECIFIED = 1;

const ROWS: readonly RsaRow[] = [
  { feature: 'rsa-oaep-sha1', mechanism: 'CKM_RSA_PKCS_OAEP', oaepHash: 'sha1', attempt: oaep('sha1') },
  { feature: 'rsa-oaep-sha256', mechanism: 'CKM_RSA_PKCS_OAEP', oaepHash: 'sha256', attempt: oaep('sha256') },
  { feature: 'rsa-pss-sha256', mechanism: 'CKM_RSA_PKCS_PSS', attempt: pss('sha256') },
  { feature: 'rsa-pss-sha384', mechanism: 'CKM_RSA_PKCS_PSS', attempt: pss('sha384') },
  { feature: 'rsa-pss-sha512', mechanism: 'CKM_RSA_PKCS_PSS', attempt: pss('sha512') },
  { feature: 'rsa-pkcs1', mechanism: 'CKM_RSA_PKCS', attempt: pkcs1 },
  { feature: 'rsa-raw', mechanism: 'CKM_RSA_X_509', attempt: raw },
];
