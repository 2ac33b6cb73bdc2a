/**
 * Verification of digests of ECDSA, of Ed25519ph, and of ML-DSA where μ is given: node:crypto hashes what it verifies,
 * and has neither of the others. The libraries are loaded by the first call that needs them. All of it is public.
 */
import type { CurveName, EcdsaRow, MlDsaRow } from '../../../domain/key/algorithms.ts';

/** FIPS 186-5, 6.4.2; strict DER, and s of either half. A public key stands at the end of its SPKI, uncompressed. */
export async function isEcdsaOfDigest(
  signature: Uint8Array,
  { curve, fieldBytes }: EcdsaRow,
  digest: Uint8Array,
  spki: Uint8Array,
): Promise<boolean> {
  const { verify } = await CURVES[curve]();
  const point = spki.subarray(-(1 + 2 * fieldBytes));
  return verify(signature, digest, point, { prehash: false, lowS: false, format: 'der' });
}

/** RFC 8032, 5.1.7, with its canonical encodings alone; what is signed is the hash of the digest. */
export async function isEd25519ph(
  signature: Uint8Array,
  digest: Uint8Array,
  spki: Uint8Array,
): Promise<boolean> {
  if (signature.length !== ED25519_SIGNATURE_BYTES) return false;
  const { ed25519ph } = await import('@noble/curves/ed25519.js');
  return ed25519ph.verify(signature, digest, spki.subarray(-ED25519_KEY_BYTES), { zip215: false });
}

/** FIPS 204, algorithm 8, from its step 7 on. */
export async function isMlDsaOfMu(
  signature: Uint8Array,
  { spec, publicKeyBytes }: MlDsaRow,
  mu: Uint8Array,
  spki: Uint8Array,
): Promise<boolean> {
  const { internal } = await ML_DSA[spec]();
  return internal.verify(signature, mu, spki.subarray(-publicKeyBytes), { externalMu: true });
}

const ED25519_SIGNATURE_BYTES = 64;
const ED25519_KEY_BYTES = 32;

const CURVES = {
  'P-256': async () => (await import('@noble/curves/nist.js')).p256,
  'P-384': async () => (await import('@noble/curves/nist.js')).p384,
  'P-521': async () => (await import('@noble/curves/nist.js')).p521,
  secp256k1: async () => (await import('@noble/curves/secp256k1.js')).secp256k1,
} as const satisfies Readonly<Record<CurveName, unknown>>;

const ML_DSA = {
  ML_DSA_44: async () => (await import('@noble/post-quantum/ml-dsa.js')).ml_dsa44,
  ML_DSA_65: async () => (await import('@noble/post-quantum/ml-dsa.js')).ml_dsa65,
  ML_DSA_87: async () => (await import('@noble/post-quantum/ml-dsa.js')).ml_dsa87,
} as const satisfies Readonly<Record<MlDsaRow['spec'], unknown>>;
