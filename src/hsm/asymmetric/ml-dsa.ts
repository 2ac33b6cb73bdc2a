/**
 * ML-DSA (FIPS 204) with an empty context, hedged, from a seed: messages by OpenSSL, which is native and has no
 * branches on secrets; a μ that the caller has computed by @noble/post-quantum, since node:crypto takes none.
 */
import { sign } from 'node:crypto';
import type * as MlDsa from '@noble/post-quantum/ml-dsa.js';
import type { MlDsaRow } from '../../domain/key/algorithms.ts';
import type { SigningRequest } from '../../domain/ports/key-vault.ts';
import { privateKeyOfSeed } from './seed-key.ts';
import { whenNeeded } from './when-needed.ts';

export type MlDsaRequest = SigningRequest & { readonly row: MlDsaRow };

/** Wipes the seed, at once. OpenSSL works on a thread of its own. */
export async function signMlDsa(seed: Uint8Array, { row, form, input }: MlDsaRequest): Promise<Uint8Array> {
  try {
    if (form === 'mu') return signMu(row.spec, seed, input);
    const key = privateKeyOfSeed(row.spec, seed);
    return new Promise<Uint8Array>((resolve, reject) => {
      sign(null, input, key, (error, signature) => (error === null ? resolve(signature) : reject(error)));
    });
  } finally {
    seed.fill(0);
  }
}

function signMu(spec: MlDsaRow['spec'], seed: Uint8Array, mu: Uint8Array): Uint8Array {
  const scheme = mlDsa()[SCHEMES[spec]];
  const { secretKey } = scheme.keygen(seed);
  try {
    return scheme.internal.sign(mu, secretKey, { externalMu: true });
  } finally {
    secretKey.fill(0);
  }
}

const SCHEMES = {
  ML_DSA_44: 'ml_dsa44',
  ML_DSA_65: 'ml_dsa65',
  ML_DSA_87: 'ml_dsa87',
} as const satisfies Record<MlDsaRow['spec'], keyof typeof MlDsa>;
const mlDsa = whenNeeded<typeof MlDsa>('@noble/post-quantum/ml-dsa.js');
