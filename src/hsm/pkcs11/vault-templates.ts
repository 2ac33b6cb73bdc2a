/**
 * Templates of the key hierarchy, as constants: every flag is explicit, since tokens differ in what an omitted one
 * means (SoftHSM2 allows every usage). CKA_COPYABLE is not among them, which NSS knows not: a copy could not be
 * extracted either.
 */
import pkcs11js, { type Template } from 'pkcs11js';
import type { KeyUsage } from '../../domain/ports/hsm.ts';
import { DOMAIN_KEY_NEEDS } from '../material/domain-key-fitness.ts';
import type { DomainKeyRole } from '../material/domain-secret.ts';
import type { PrivateKeyShape } from './private-key-shapes.ts';

/** Key material while it works: lives in the owner session, signs, and never leaves the token. */
export const WORKING_MATERIAL: Template = materialTemplate(false);

/** Key material from its making until it is wrapped, within one call: nothing else may leave a token. */
export const EXPORTABLE_MATERIAL: Template = materialTemplate(true);

/** A private key while it works: as {@link WORKING_MATERIAL}, with one usage. */
export function workingPrivateKey(shape: PrivateKeyShape): Template {
  return privateTemplate(shape, false);
}

/** A private key from its making until it is wrapped. */
export function exportablePrivateKey(shape: PrivateKeyShape): Template {
  return privateTemplate(shape, true);
}

/** The public half of a pair while it is made: it is read and destroyed. */
export function publicHalf({ usage }: PrivateKeyShape): Template {
  return [
    { type: pkcs11js.CKA_TOKEN, value: false },
    { type: pkcs11js.CKA_PRIVATE, value: false },
    // What mirrors the private half: NSS tries a new pair out, and refuses to make one that cannot be tried.
    { type: pkcs11js.CKA_VERIFY, value: usage === 'SIGN' },
    { type: pkcs11js.CKA_ENCRYPT, value: usage === 'DECRYPT' },
  ];
}

/** A domain's key, on the token for good. Without label and id. */
export function domainKeyTemplate(role: DomainKeyRole): Template {
  const { keyType, usages } = DOMAIN_KEY_NEEDS[role];
  const type = keyType === 'AES' ? pkcs11js.CKK_AES : pkcs11js.CKK_GENERIC_SECRET;
  return secretTemplate({ type, lasting: true, extractable: false, usages });
}

function materialTemplate(extractable: boolean): Template {
  const type = pkcs11js.CKK_GENERIC_SECRET;
  return secretTemplate({ type, lasting: false, extractable, usages: ['SIGN'] });
}

/** All usages are there, one is true. NSS takes no notice of them where it unwraps: there the host alone keeps to them. */
function privateTemplate({ keyType, usage }: PrivateKeyShape, extractable: boolean): Template {
  return [
    { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_PRIVATE_KEY },
    { type: pkcs11js.CKA_KEY_TYPE, value: PRIVATE_KEY_TYPES[keyType] },
    { type: pkcs11js.CKA_TOKEN, value: false },
    { type: pkcs11js.CKA_PRIVATE, value: true },
    { type: pkcs11js.CKA_SENSITIVE, value: true },
    { type: pkcs11js.CKA_EXTRACTABLE, value: extractable },
    { type: pkcs11js.CKA_DECRYPT, value: usage === 'DECRYPT' },
    { type: pkcs11js.CKA_SIGN, value: usage === 'SIGN' },
    { type: pkcs11js.CKA_SIGN_RECOVER, value: false },
    { type: pkcs11js.CKA_UNWRAP, value: false },
    { type: pkcs11js.CKA_DERIVE, value: usage === 'DERIVE' },
    { type: pkcs11js.CKA_MODIFIABLE, value: false },
  ];
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

const PRIVATE_KEY_TYPES = { RSA: pkcs11js.CKK_RSA, EC: pkcs11js.CKK_EC } as const;
