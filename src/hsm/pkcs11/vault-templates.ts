/**
 * Templates of the key hierarchy, as constants: every flag is explicit, since tokens differ in what an omitted one
 * means (SoftHSM2 allows every usage). CKA_COPYABLE is not among them, which NSS knows not: a copy could not be
 * extracted either.
 */
import pkcs11js, { type Template } from 'pkcs11js';
import type { KeyDescription, KeyUsage } from '../../domain/ports/hsm.ts';
import type { DomainKeyRole } from '../material/domain-secret.ts';

/** Key material while it works: lives in the owner session, signs, and never leaves the token. */
export const WORKING_MATERIAL: Template = materialTemplate(false);

/** Key material from its making until it is wrapped, within one call: nothing else may leave a token. */
export const EXPORTABLE_MATERIAL: Template = materialTemplate(true);

/** Why the object is not what a domain's key of this role has to be; empty when it is. */
export function unfitness(role: DomainKeyRole, key: KeyDescription): string {
  const { keyType, usages }: RoleNeeds = ROLES[role];
  if (key.keyType !== keyType || key.bits !== 256) return `it is no ${keyType} key of 256 bits`;
  if (key.extractable || !key.sensitive) return 'it may leave the token';
  const wrong = USAGES.filter(([usage, read]) => read(key) !== usages.includes(usage));
  const unknown = (key.withheld ?? []).filter((usage) => !usages.includes(usage));
  if (wrong.length + unknown.length === 0) return '';
  return `its usages are not just ${usages.join(' and ')}`;
}

/** A domain's key, on the token for good. Without label and id. */
export function domainKeyTemplate(role: DomainKeyRole): Template {
  const { keyType, usages } = ROLES[role];
  const type = keyType === 'AES' ? pkcs11js.CKK_AES : pkcs11js.CKK_GENERIC_SECRET;
  return secretTemplate({ type, lasting: true, extractable: false, usages });
}

function materialTemplate(extractable: boolean): Template {
  const type = pkcs11js.CKK_GENERIC_SECRET;
  return secretTemplate({ type, lasting: false, extractable, usages: ['SIGN'] });
}

interface SecretKind {
  readonly type: number;
  readonly lasting: boolean;
  readonly extractable: boolean;
  readonly usages: readonly KeyUsage[];
}

function secretTemplate({ type, lasting, extractable, usages }: SecretKind): Template {
  return [
    { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_SECRET_KEY },
    { type: pkcs11js.CKA_KEY_TYPE, value: type },
    { type: pkcs11js.CKA_TOKEN, value: lasting },
    { type: pkcs11js.CKA_PRIVATE, value: true },
    { type: pkcs11js.CKA_SENSITIVE, value: true },
    { type: pkcs11js.CKA_EXTRACTABLE, value: extractable },
    { type: pkcs11js.CKA_ENCRYPT, value: usages.includes('ENCRYPT') },
    { type: pkcs11js.CKA_DECRYPT, value: usages.includes('DECRYPT') },
    { type: pkcs11js.CKA_SIGN, value: usages.includes('SIGN') },
    { type: pkcs11js.CKA_VERIFY, value: usages.includes('VERIFY') },
    { type: pkcs11js.CKA_WRAP, value: usages.includes('WRAP') },
    { type: pkcs11js.CKA_UNWRAP, value: usages.includes('UNWRAP') },
    { type: pkcs11js.CKA_DERIVE, value: usages.includes('DERIVE') },
    // Last: SoftHSM2 sets one attribute after the other, and refuses to change an object that says so.
    { type: pkcs11js.CKA_MODIFIABLE, value: false },
  ];
}

interface RoleNeeds {
  readonly keyType: 'AES' | 'GENERIC_SECRET';
  readonly usages: readonly KeyUsage[];
}

/** What each of a domain's keys may do, and nothing else. */
const ROLES: Readonly<Record<DomainKeyRole, RoleNeeds>> = {
  domain: { keyType: 'AES', usages: ['WRAP', 'UNWRAP'] },
  registry: { keyType: 'GENERIC_SECRET', usages: ['SIGN'] },
  seal: { keyType: 'GENERIC_SECRET', usages: ['SIGN'] },
};

const USAGES: readonly (readonly [KeyUsage, (key: KeyDescription) => boolean])[] = [
  ['ENCRYPT', (key) => key.canEncrypt],
  ['DECRYPT', (key) => key.canDecrypt],
  ['SIGN', (key) => key.canSign],
  ['VERIFY', (key) => key.canVerify],
  ['WRAP', (key) => key.canWrap],
  ['UNWRAP', (key) => key.canUnwrap],
  ['DERIVE', (key) => key.canDerive],
];
