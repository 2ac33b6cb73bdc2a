/** Which input goes with which algorithm: the engine has answered the caller's mistakes before, so others are ours. */
import { Bug } from '../../domain/bug.ts';
import type { SignatureRow } from '../../domain/key/algorithms.ts';
import type { SigningRequest } from '../../domain/ports/key-vault.ts';

export function requireSigningInput({ row, form, input }: SigningRequest): void {
  if (!FORMS[row.kind].includes(form)) throw new Bug(`${row.algorithm} signs no ${form}`);
  if (form !== 'message' && input.length !== row.digestBytes) {
    throw new Bug(`a ${form} for ${row.algorithm} has ${input.length} bytes`);
  }
}

const FORMS: Readonly<Record<SignatureRow['kind'], readonly SigningRequest['form'][]>> = {
  'rsa-pss': ['digest'],
  'rsa-pkcs1': ['digest'],
  ecdsa: ['digest'],
  ed25519: ['message'],
  ed25519ph: ['digest'],
  'ml-dsa': ['message', 'mu'],
};
