/**
 * Key material that works: unwrapped into session objects, which are remembered by the exact bytes of their exported
 * key tokens and are destroyed when others need the room. A token is authenticated before it is unwrapped, and what was
 * unwrapped has to show that it is what the token names. Of a key that works in this process, only what its token says
 * is remembered: its seed stays sealed.
 */
import { createPublicKey, hash, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Handle, PKCS11 } from 'pkcs11js';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { DeviceProfile } from '../devices/profile.ts';
import { BoundedCache } from '../material/bounded-cache.ts';
import { macInput, type ParsedKey, parseExportedKey } from '../material/exported-key-token.ts';
import { materialBinding } from '../material/prf-inputs.ts';
import { AES_KEY_WRAP, destroyMaterial, unwrapMaterial } from '../pkcs11/material-objects.ts';
import type { SessionPool } from '../pkcs11/session-pool.ts';
import { contradiction, type DomainKeys } from './domain-keys.ts';
import { proveCurveKey, secretIdOf } from './key-proof.ts';
import { formOfMaterial, type MaterialForm, templateOf } from './material-form.ts';
import { isStale } from './stale-handle.ts';

export interface WorkingMaterial {
  /** Undefined for a key whose private half works in this process. */
  readonly handle: Handle | undefined;
  /** What the token says, authenticated. Its bytes are copies. */
  readonly key: ParsedKey;
  readonly form: MaterialForm;
  /** What message keys are bound to. */
  readonly binding: Uint8Array;
  /** Of a key that has one. */
  readonly publicKey: KeyObject | undefined;
}

export interface MaterialPlace {
  readonly library: PKCS11;
  readonly sessions: SessionPool;
  readonly domainKeys: DomainKeys;
  readonly profile: DeviceProfile;
  /** Most symmetric materials that are kept; of others, a fifth. */
  readonly limit: number;
}

export class WorkingMaterials {
  readonly #place: MaterialPlace;
  readonly #symmetric: BoundedCache<WorkingMaterial>;
  /** Private keys are several times as big in a token, and take a turn of their own: they displace no others. */
  readonly #others: BoundedCache<WorkingMaterial>;
  /** How many calls on threads work with it now. */
  readonly #lent = new Map<WorkingMaterial, number>();
  /** Forgotten while they were lent. */
  readonly #doomed = new Set<WorkingMaterial>();
  #ownerNumber = 0;

  constructor(place: MaterialPlace) {
    this.#place = place;
    const { limit } = place;
    this.#symmetric = new BoundedCache(limit, (material) => this.#retire(material));
    this.#others = new BoundedCache(Math.ceil(limit / SIZE_OF_OTHERS), (material) => this.#retire(material));
  }

  /** From memory, or unwrapped. Fault `corrupt` when the token does not authenticate. */
  load(label: string, token: Uint8Array): WorkingMaterial {
    this.#forgetLost();
    const name = nameOf(token);
    const cache = this.#cacheOf(token);
    const known = cache.get(name);
    if (known !== undefined) return known;
    const key = this.authenticate(label, Buffer.from(token));
    const form = formOfMaterial(key);
    const handle = form.is === 'seed' ? undefined : this.unwrap(label, key, { extractable: false });
    const material = {
      handle,
      key,
      form,
      binding: materialBinding(key),
      publicKey: publicKeyOf(key),
    };
    cache.add(name, material);
    return material;
  }

  /**
   * For work that goes on beside that of others: the object stays until it is done, even when it is forgotten meanwhile,
   * since a token may give a free handle to the next object.
   */
  async lend<T>(material: WorkingMaterial, use: () => Promise<T>): Promise<T> {
    this.#lent.set(material, 1 + (this.#lent.get(material) ?? 0));
    try {
      return await use();
    } finally {
      this.#takeBack(material);
    }
  }

  /** Forgets the material and destroys its object; the next {@link load} unwraps anew. */
  drop(token: Uint8Array): void {
    this.#forgetLost();
    this.#cacheOf(token).delete(nameOf(token));
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

  /**
   * A session object of authenticated material, which has been found to be the one that the token names: a secret by its
   * id, a key on a curve by what it computes. An RSA key proves itself with all that it does.
   */
  unwrap(label: string, key: ParsedKey, { extractable }: { readonly extractable: boolean }): Handle {
    const { library, sessions, domainKeys, profile } = this.#place;
    const form = formOfMaterial(key);
    const template = templateOf(form, { extractable, key, profile });
    const wrapped = Buffer.from(key.wrapped);
    const mechanism = this.wrapMechanism(key.wrap);
    const handle = domainKeys.withKey(label, 'domain', (_session, unwrapping) =>
      sessions.withOwner((owner) =>
        unwrapMaterial(library, owner, unwrapping, { wrapped, mechanism, template }),
      ),
    );
    try {
      if (this.isItself(handle, key)) return handle;
    } catch (error) {
      this.destroy(handle);
      throw isStale(error) ? error.blaming('ambiguous', 'unavailable') : error;
    }
    this.destroy(handle);
    throw contradiction('the token unwrapped another material than was wrapped');
  }

  /** Whether the object behind the handle is this material, and the token computes with it. True of RSA keys. */
  isItself(handle: Handle, key: ParsedKey): boolean {
    const form = formOfMaterial(key);
    if (form.is === 'secret') return this.idOf(handle, key) === key.materialId;
    const { library, sessions } = this.#place;
    const publicKey = publicKeyOf(key);
    if (form.is !== 'private' || form.shape.keyType !== 'EC' || publicKey === undefined) return true;
    const { shape } = form;
    return sessions.withSession((session) => proveCurveKey(library, session, handle, { shape, publicKey }));
  }

  /** Of a secret. */
  idOf(handle: Handle, owner: Parameters<typeof secretIdOf>[3]): string {
    const { library, sessions } = this.#place;
    return sessions.withSession((session) => secretIdOf(library, session, handle, owner));
  }

  /** CKM number of what an exported key token names. Fault `unsupported` where the device has none. */
  wrapMechanism(wrap: ParsedKey['wrap']): number {
    if (wrap === 'kw') return AES_KEY_WRAP;
    if (wrap === 'none') throw new HsmFault('corrupt', 'the exported key token has nothing wrapped');
    const { keyWrapPad, name } = this.#place.profile;
    if (keyWrapPad !== undefined) return keyWrapPad;
    throw new HsmFault('unsupported', `${name} wraps no keys of any length (RFC 5649)`);
  }

  destroy(handle: Handle | undefined): void {
    if (handle === undefined) return;
    this.#place.sessions.withOwner((owner) => destroyMaterial(this.#place.library, owner, handle));
  }

  #cacheOf([version]: Uint8Array): BoundedCache<WorkingMaterial> {
    return version === SYMMETRIC_VERSION ? this.#symmetric : this.#others;
  }

  #retire(material: WorkingMaterial): void {
    if (this.#lent.has(material)) this.#doomed.add(material);
    else this.destroy(material.handle);
  }

  #takeBack(material: WorkingMaterial): void {
    this.#forgetLost();
    const left = (this.#lent.get(material) ?? 1) - 1;
    if (left > 0) this.#lent.set(material, left);
    else this.#lent.delete(material);
    if (left === 0 && this.#doomed.delete(material)) this.destroy(material.handle);
  }

  /** Handles of objects that went with their session are not even destroyed: they may mean other objects now. */
  #forgetLost(): void {
    const { ownerNumber } = this.#place.sessions;
    if (ownerNumber === this.#ownerNumber) return;
    this.#ownerNumber = ownerNumber;
    this.#symmetric.abandon();
    this.#others.abandon();
    this.#doomed.clear();
  }
}

function publicKeyOf({ publicKey }: ParsedKey): KeyObject | undefined {
  if (publicKey.length === 0) return undefined;
  return createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
}

/** The bytes themselves while they are few, else their digest. */
function nameOf(token: Uint8Array): string {
  if (token.length > NAMED_BY_DIGEST) return hash('sha256', token, 'base64');
  return Buffer.from(token.buffer, token.byteOffset, token.length).toString('latin1');
}

const NAMED_BY_DIGEST = 256;
/** Of exported key tokens that hold a symmetric key. */
const SYMMETRIC_VERSION = 1;
/** As symmetric ones: 8 to 12 KB in SoftHSM2, and 2 (measured). */
const SIZE_OF_OTHERS = 5;
