/** GetKeyMetadata (XKS Proxy API specification, "GetKeyMetadata"). */
import type { CryptoUsage } from '../../domain/xks/key-store.ts';
import type { AdmittedKey } from './xks-engine.ts';

export interface KeyMetadata {
  readonly keySpec: 'AES_256';
  readonly usages: readonly CryptoUsage[];
  readonly status: 'ENABLED' | 'DISABLED';
}

/**
 * Describes an admitted key; a disabled one is described as such, since KMS wants the state and not an error.
 * @req X-04 X-19 X-20 X-21 X-22 X-23
 */
export function getKeyMetadata(key: AdmittedKey): KeyMetadata {
  return { keySpec: 'AES_256', usages: key.usages, status: key.mapped.status };
}
