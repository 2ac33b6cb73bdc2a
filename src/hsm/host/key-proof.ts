/**
 * How an object in a token shows that it is the key that it is taken for, by work that only this key does like that.
 * The token need tell no attribute of it, and most tell none of a private key that was unwrapped.
 */
import { createECDH, createHash, type KeyObject, verify } from 'node:crypto';
import type { Handle, PKCS11 } from 'pkcs11js';
import { Bug } from '../../domain/bug.ts';
import { algorithmsOf } from '../../domain/key/algorithms.ts';
import type { MaterialKind, MaterialOwner } from '../../domain/ports/key-vault.ts';
import { formOfCurve } from '../asymmetric/key-forms.ts';
import { macMaterialId, materialIdInput } from '../material/prf-inputs.ts';
import { evaluatePrf } from '../pkcs11/prf.ts';
import { agreeNow, ecdsaSignature, macOf, signNow } from '../pkcs11/private-key-calls.ts';
import type { EcShape } from '../pkcs11/private-key-shapes.ts';

/** The key material id that a secret has under its owner. */
export function secretIdOf(
  library: PKCS11,
  session: Handle,
  secret: Handle,
  owner: MaterialOwner & MaterialKind,
): string {
  const input = materialIdInput(owner);
  const [row] = algorithmsOf(owner);
  if (row?.kind === 'symmetric') {
    return evaluatePrf(library, session, secret, { scheme: 'hmac', input }).toString('hex');
  }
  if (row?.kind !== 'hmac') throw new Bug(`a key of spec ${owner.spec} is no secret`);
  const hmac = signNow(library, session, secret, macOf(row, input));
  try {
    return macMaterialId(hmac);
  } finally {
    hmac.fill(0);
  }
}

/**
 * Whether a private key on a curve belongs to this public key: its signature verifies, or the secret that it shares
 * with the base point is the x-coordinate of its own point.
 */
export function proveCurveKey(
  library: PKCS11,
  session: Handle,
  handle: Handle,
  { shape, publicKey }: { readonly shape: EcShape; readonly publicKey: KeyObject },
): boolean {
  if (shape.usage === 'DERIVE') {
    const peer = basePoint(shape);
    const secret = agreeNow(library, session, handle, { peer, fieldBytes: shape.fieldBytes });
    return secret.toString('base64url') === publicKey.export({ format: 'jwk' }).x;
  }
  const digest = createHash(PROOF_HASH).update(PROOF).digest();
  const signature = signNow(library, session, handle, ecdsaSignature(shape, digest));
  return verify(PROOF_HASH, PROOF, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature);
}

function basePoint({ curve }: EcShape): Buffer {
  const one = createECDH(formOfCurve(curve).openSslCurve);
  one.setPrivateKey(Uint8Array.of(1));
  return one.getPublicKey();
}

const PROOF = Buffer.from('portcullis proof of a key');
const PROOF_HASH = 'sha256';
