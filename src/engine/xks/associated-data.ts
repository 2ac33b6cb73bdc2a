/** Turns the caller's associated data into the GCM AAD, in the mode of its path prefix. */
import { hash } from 'node:crypto';
import { type AadInput, gcmAad } from '../../domain/xks/gcm-aad.ts';
import type { AadMode } from '../../domain/xks/key-store.ts';

/**
 * A function of the metadata, since the scheme chooses that last. `spec` takes the data itself, absent and
 * empty being the same. `sha256` is compatible with ciphertexts of AWS's sample proxy: the digest of the
 * data in its place, of empty data too, but nothing for absent data, beside the original's length.
 * @req X-26 X-31 X-32
 */
export function associatedData(
  mode: AadMode,
  aad: Uint8Array | undefined,
): (metadata: Uint8Array) => Uint8Array {
  const caller = aadInput(mode, aad);
  return (metadata) => gcmAad(caller, metadata);
}

function aadInput(mode: AadMode, aad: Uint8Array | undefined): AadInput {
  if (aad === undefined) return ABSENT;
  const input = mode === 'sha256' ? hash('sha256', aad, 'buffer') : aad;
  return { lengthBytes: aad.length, input };
}

const ABSENT: AadInput = { lengthBytes: 0, input: new Uint8Array(0) };
