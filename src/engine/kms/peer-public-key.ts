/**
 * The public key of the other side of a key agreement, which can be anything: it is a point of the key's own curve, in
 * the one DER that RFC 5480 has for it, or it gets no further. A point of another curve could betray the private key.
 */
import { createPublicKey, type webcrypto } from 'node:crypto';
import type { AgreementRow } from '../../domain/key/algorithms.ts';
import { KmsFault } from '../../domain/kms/kms-fault.ts';

/** The point of a SubjectPublicKeyInfo with the name of the curve, not compressed: `04 ‖ x ‖ y`. Fault: `ValidationException` with an empty message. */
export function peerPoint({ curve, fieldBytes }: AgreementRow, spki: Uint8Array): Uint8Array {
  const key = keyOf(spki);
  if (key.crv !== curve) throw noPublicKey();
  const only = createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'der' });
  if (!only.equals(spki)) throw noPublicKey();
  return only.subarray(-1 - 2 * fieldBytes);
}

/** OpenSSL makes sure that the point is on its curve, and not at infinity. */
function keyOf(spki: Uint8Array): webcrypto.JsonWebKey {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }).export({ format: 'jwk' });
  } catch (error) {
    throw noPublicKey(error);
  }
}

function noPublicKey(cause?: unknown): KmsFault {
  return new KmsFault('ValidationException', '', { cause });
}
