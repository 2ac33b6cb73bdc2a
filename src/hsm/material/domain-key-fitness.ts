/** What a domain's keys have to be, whatever token they are on. */
import type { KeyDescription, KeyUsage } from '../../domain/ports/hsm.ts';
import type { DomainKeyRole } from './domain-secret.ts';

/** What each of a domain's keys may do, and nothing else. */
export const DOMAIN_KEY_NEEDS: Readonly<Record<DomainKeyRole, RoleNeeds>> = {
  domain: { keyType: 'AES', usages: ['WRAP', 'UNWRAP'] },
  registry: { keyType: 'GENERIC_SECRET', usages: ['SIGN'] },
  seal: { keyType: 'GENERIC_SECRET', usages: ['SIGN'] },
};

/** Why the object is not what a domain's key of this role has to be; empty when it is. */
export function unfitness(role: DomainKeyRole, key: KeyDescription): string {
  const { keyType, usages }: RoleNeeds = DOMAIN_KEY_NEEDS[role];
  if (key.keyType !== keyType || key.bits !== 256) return `it is no ${keyType} key of 256 bits`;
  if (key.extractable || !key.sensitive) return 'it may leave the token';
  const wrong = USAGES.filter(([usage, read]) => read(key) !== usages.includes(usage));
  const unknown = (key.withheld ?? []).filter((usage) => !usages.includes(usage));
  if (wrong.length + unknown.length === 0) return '';
  return `its usages are not just ${usages.join(' and ')}`;
}

interface RoleNeeds {
  readonly keyType: 'AES' | 'GENERIC_SECRET';
  readonly usages: readonly KeyUsage[];
}

const USAGES: readonly (readonly [KeyUsage, (key: KeyDescription) => boolean])[] = [
  ['ENCRYPT', (key) => key.canEncrypt],
  ['DECRYPT', (key) => key.canDecrypt],
  ['SIGN', (key) => key.canSign],
  ['VERIFY', (key) => key.canVerify],
  ['WRAP', (key) => key.canWrap],
  ['UNWRAP', (key) => key.canUnwrap],
  ['DERIVE', (key) => key.canDerive],
];
