import { isStaleHandle } from '../pkcs11/ckr.ts';
import { Pkcs11Failure } from '../pkcs11/pkcs11-failure.ts';

/** The object behind a handle that was kept is gone: unwrap it once more. */
export function isStale(error: unknown): error is Pkcs11Failure {
  return error instanceof Pkcs11Failure && isStaleHandle(error.value);
}
