/**
 * The domain's keys as a token host uses them: found by label, held to their templates, and asked now and then
 * whether they still answer as before. Nothing of the key hierarchy works with a key that may do more than it has to.
 */
import type { Handle, PKCS11 } from 'pkcs11js';
import { HsmFault } from '../../domain/hsm-fault.ts';
import { unfitness } from '../material/domain-key-fitness.ts';
import { domainKeySelector } from '../material/domain-key-names.ts';
import { DOMAIN_KEY_ROLES, type DomainKeyRole } from '../material/domain-secret.ts';
import type { KeyLocator } from '../pkcs11/key-locator.ts';
import { Pkcs11Failure } from '../pkcs11/pkcs11-failure.ts';
import { evaluatePrf } from '../pkcs11/prf.ts';

export class DomainKeys {
  readonly #library: PKCS11;
  readonly #keys: KeyLocator;
  /** What each registry key answered when it was first used. */
  readonly #witnesses = new Map<string, Buffer>();

  constructor(library: PKCS11, keys: KeyLocator) {
    this.#library = library;
    this.#keys = keys;
  }

  /** Finds the three keys afresh. Faults: `not-found`, `ambiguous`, and `usage` for one that may do too much or too little. */
  open(label: string): void {
    for (const role of DOMAIN_KEY_ROLES) {
      const reason = unfitness(role, this.#keys.describe(domainKeySelector(label, role)));
      if (reason !== '') throw new HsmFault('usage', `the ${role} key labelled ${label} is unfit: ${reason}`);
    }
    this.#witnesses.delete(label);
    this.witness(label);
  }

  /** Remembers how the registry key answers, unless that is known. */
  witness(label: string): void {
    if (!this.#witnesses.has(label)) this.#witnesses.set(label, this.registryMac(label, WITNESS));
  }

  /** Lends a key that fits its role. */
  withKey<T>(label: string, role: DomainKeyRole, use: (session: Handle, key: Handle) => T): T {
    const isFit = (key: Parameters<typeof unfitness>[1]): boolean => unfitness(role, key) === '';
    return this.#keys.withKey(domainKeySelector(label, role), isFit, use);
  }

  registryMac(label: string, input: Buffer): Buffer {
    return this.withKey(label, 'registry', (session, key) => this.prf(session, key, input));
  }

  prf(session: Handle, key: Handle, input: Buffer): Buffer {
    return evaluatePrf(this.#library, session, key, { scheme: 'hmac', input });
  }

  /**
   * Fault `unavailable` when the registry key no longer answers as it was {@link witness}ed: what it then says of an
   * exported key token is no judgement of that token.
   */
  requireSound(label: string): void {
    const before = this.#witnesses.get(label);
    const now = this.registryMac(label, WITNESS);
    if (before?.equals(now) === true) return;
    throw contradiction('the registry key answers otherwise than before');
  }
}

/** The token contradicts itself: nothing that it was given is to blame. */
export function contradiction(detail: string): Pkcs11Failure {
  const at = { functionName: '', value: 0, blame: 'ambiguous' as const };
  return new Pkcs11Failure('unavailable', detail, at, new Error(detail));
}

/** No input of any other use of the key. */
const WITNESS = Buffer.from('kms-witness/1\0', 'ascii');
