/**
 * Key material that works: unwrapped into session objects, which are remembered by the exact bytes of their exported
 * key tokens and are destroyed when others need the room. A token is authenticated before it is unwrapped.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Handle, PKCS11, Template } from 'pkcs11js';
import { HsmFault } from '../../domain/hsm-fault.ts';
import { BoundedCache } from '../material/bounded-cache.ts';
import { macInput, type ParsedKey, parseExportedKey } from '../material/exported-key-token.ts';
import { materialBinding, materialIdInput } from '../material/prf-inputs.ts';
import { destroyMaterial, unwrapMaterial } from '../pkcs11/material-objects.ts';
import type { SessionPool } from '../pkcs11/session-pool.ts';
import { WORKING_MATERIAL } from '../pkcs11/vault-templates.ts';
import { contradiction, type DomainKeys } from './domain-keys.ts';

export interface WorkingMaterial {
  readonly handle: Handle;
  /** What message keys are bound to. */
  readonly binding: Uint8Array;
  readonly idInput: Buffer;
  readonly materialId: string;
}

export interface MaterialPlace {
  readonly library: PKCS11;
  readonly sessions: SessionPool;
  readonly domainKeys: DomainKeys;
  /** Most session objects that are kept. */
  readonly limit: number;
}

export class WorkingMaterials {
  readonly #place: MaterialPlace;
  readonly #cache: BoundedCache<WorkingMaterial>;
  #ownerNumber = 0;

  constructor(place: MaterialPlace) {
    this.#place = place;
    this.#cache = new BoundedCache(place.limit, ({ handle }) => this.destroy(handle));
  }

  /** From memory, or unwrapped. Fault `corrupt` when the token does not authenticate. */
  load(label: string, token: Uint8Array): WorkingMaterial {
    this.#forgetLost();
    const name = nameOf(token);
    const known = this.#cache.get(name);
    if (known !== undefined) return known;
    const key = this.authenticate(label, token);
    const handle = this.unwrap(label, key, WORKING_MATERIAL);
    const material = {
      handle,
      binding: materialBinding(key),
      idInput: materialIdInput(key),
      materialId: key.materialId,
    };
    this.#cache.add(name, material);
    return material;
  }

  /** Forgets the material and destroys its object; the next {@link load} unwraps anew. */
  drop(token: Uint8Array): void {
    this.#forgetLost();
    this.#cache.delete(nameOf(token));
  }

  /** What the token says, once the registry key has confirmed it. */
  authenticate(label: string, token: Uint8Array): ParsedKey {
    const key = parseExportedKey(token);
    const { domainKeys } = this.#place;
    domainKeys.witness(label);
    if (timingSafeEqual(domainKeys.registryMac(label, macInput(key.body)), key.mac)) return key;
    domainKeys.requireSound(label);
    throw new HsmFault('corrupt', 'the exported key token does not authenticate');
  }

  /** A session object of authenticated material, which has been found to be the one that the token names. */
  unwrap(label: string, key: ParsedKey, template: Template): Handle {
    const { library, sessions, domainKeys } = this.#place;
    const wrapped = Buffer.from(key.wrapped);
    const handle = domainKeys.withKey(label, 'domain', (_session, unwrapping) =>
      sessions.withOwner((owner) => unwrapMaterial(library, owner, unwrapping, { wrapped, template })),
    );
    if (this.idOf(handle, materialIdInput(key)) === key.materialId) return handle;
    this.destroy(handle);
    throw contradiction('the token unwrapped another material than was wrapped');
  }

  /** Whether the object behind the handle still is this material, and the token still computes with it. */
  isSound(material: WorkingMaterial): boolean {
    return this.idOf(material.handle, material.idInput) === material.materialId;
  }

  idOf(handle: Handle, idInput: Buffer): string {
    const { sessions, domainKeys } = this.#place;
    return sessions.withSession((session) => domainKeys.prf(session, handle, idInput)).toString('hex');
  }

  destroy(handle: Handle): void {
    this.#place.sessions.withOwner((owner) => destroyMaterial(this.#place.library, owner, handle));
  }

  /** Handles of objects that went with their session are not even destroyed: they may mean other objects now. */
  #forgetLost(): void {
    const { ownerNumber } = this.#place.sessions;
    if (ownerNumber === this.#ownerNumber) return;
    this.#ownerNumber = ownerNumber;
    this.#cache.abandon();
  }
}

function nameOf(token: Uint8Array): string {
  return Buffer.from(token.buffer, token.byteOffset, token.length).toString('latin1');
}
