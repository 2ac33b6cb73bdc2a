/** Runs in a thread of its own: answers each request with whether the signature is valid. */
import type { EcdsaRow, MlDsaRow } from '../../../domain/key/algorithms.ts';
import { answerSlowly } from '../answer-slowly.ts';
import { isEcdsaOfDigest, isEd25519ph, isMlDsaOfMu } from './by-noble.ts';

export interface NobleRequest {
  readonly signature: Uint8Array;
  readonly row: EcdsaRow | MlDsaRow | { readonly kind: 'ed25519ph' };
  /** A digest, or μ. */
  readonly input: Uint8Array;
  readonly spki: Uint8Array;
}

answerSlowly(({ signature, row, input, spki }: NobleRequest): Promise<boolean> => {
  switch (row.kind) {
    case 'ecdsa':
      return isEcdsaOfDigest(signature, row, input, spki);
    case 'ed25519ph':
      return isEd25519ph(signature, input, spki);
    case 'ml-dsa':
      return isMlDsaOfMu(signature, row, input, spki);
  }
});
