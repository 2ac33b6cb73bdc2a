/**
 * The bodies of successful answers, each on one line. Base64 and our own words need no JSON escaping, so
 * they are joined by hand; only health carries text from outside.
 */
import type { HealthSummary } from '../../domain/xks/health-summary.ts';
import type { EncryptResult } from '../../engine/xks/encrypt.ts';
import type { KeyMetadata } from '../../engine/xks/get-key-metadata.ts';
import { encodeBase64 } from '../http/base64.ts';

/** @req X-19 X-20 X-21 X-22 */
export function keyMetadataReply(metadata: KeyMetadata): string {
  return JSON.stringify({
    keySpec: metadata.keySpec,
    keyUsage: metadata.usages,
    keyStatus: metadata.status,
  });
}

/** @req X-01 X-27 X-28 X-30 */
export function encryptReply({ sealed, integrityValue }: EncryptResult): string {
  const metadata =
    sealed.metadata.length === 0 ? '' : `,"ciphertextMetadata":"${encodeBase64(sealed.metadata)}"`;
  const integrity =
    integrityValue === undefined ? '' : `,"ciphertextDataIntegrityValue":"${encodeBase64(integrityValue)}"`;
  return `{"authenticationTag":"${encodeBase64(sealed.tag)}","ciphertext":"${encodeBase64(sealed.ciphertext)}","initializationVector":"${encodeBase64(sealed.iv)}"${metadata}${integrity}}`;
}

/** @req X-01 X-39 */
export function decryptReply(plaintext: Uint8Array): string {
  return `{"plaintext":"${encodeBase64(plaintext)}"}`;
}

/** @req X-43 X-44 */
export function healthReply(summary: HealthSummary, proxy: { fleetSize: number; version: string }): string {
  return JSON.stringify({
    xksProxyFleetSize: proxy.fleetSize,
    xksProxyVendor: 'Portcullis',
    xksProxyModel: `Portcullis ${proxy.version}`,
    ekmVendor: summary.managerVendor,
    ekmFleetDetails: summary.managers.map(({ id, model, status }) => ({ id, model, healthStatus: status })),
  });
}

export const PING_REPLY = '{"status":"ok"}';
