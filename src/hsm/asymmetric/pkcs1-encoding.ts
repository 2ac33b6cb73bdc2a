/** What RSASSA-PKCS1-v1_5 pads and signs: the DER of DigestInfo (RFC 8017, 9.2, notes). */
import { Bug } from '../../domain/bug.ts';
import type { HashName } from '../../domain/key/algorithms.ts';

export function digestInfo(hash: HashName, digest: Uint8Array): Buffer {
  const prefix = PREFIXES[hash];
  if (prefix === undefined) throw new Bug(`no signature has the hash ${hash}`);
  return Buffer.concat([prefix, digest]);
}

const PREFIXES: Readonly<Partial<Record<HashName, Buffer>>> = {
  sha256: Buffer.from('3031300d060960864801650304020105000420', 'hex'),
  sha384: Buffer.from('3041300d060960864801650304020205000430', 'hex'),
  sha512: Buffer.from('3051300d060960864801650304020305000440', 'hex'),
};
