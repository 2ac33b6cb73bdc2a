/** Options under which the reference signer's requests verify, and how a refusal is expected. */
import { expect } from 'vitest';
import { Secret } from '../../../src/domain/secret.ts';
import { SigningKeyCache } from '../../../src/sigv4/signing-key-cache.ts';
import type { SigV4FaultCode } from '../../../src/sigv4/sigv4-fault.ts';
import type { VerifyOptions } from '../../../src/sigv4/verify.ts';
import { ACCESS_KEY_ID, NOW_MS, SECRET_ACCESS_KEY } from './reference-signer.ts';

export function verifyOptions(changes: Partial<VerifyOptions> = {}): VerifyOptions {
  const secrets = new Map([[ACCESS_KEY_ID, new Secret(SECRET_ACCESS_KEY)]]);
  return {
    service: 'kms-xks-proxy',
    regions: ['us-east-1'],
    nowMs: NOW_MS,
    maxSkewMs: 300_000,
    secretFor: (accessKeyId) => secrets.get(accessKeyId),
    signingKeys: new SigningKeyCache(),
    ...changes,
  };
}

/** For `toThrow`: a SigV4Fault of this code. */
export function fault(code: SigV4FaultCode): Error {
  return expect.objectContaining({ name: 'SigV4Fault', code });
}
