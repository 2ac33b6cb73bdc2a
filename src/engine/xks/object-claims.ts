/**
 * Which mapped key was found to stand in front of which object, so that one object behind several external
 * key ids, or a health key behind one, is caught. Answers from memory alone: it never asks a token.
 */
import { selectorText } from '../../domain/hsm/key-selector.ts';
import type { KeyDescription, TokenKey } from '../../domain/ports/hsm.ts';
import { everyGeneration } from '../../domain/xks/key-generations.ts';
import type { KeyStore, MappedKey } from '../../domain/xks/key-store.ts';
import {
  holderRefusal,
  type ObjectClaim,
  type ObjectHolders,
  objectIdentity,
} from '../../domain/xks/shared-objects.ts';

/**
 * Belongs to one list of key stores, that is to one loaded configuration: all instances over the same list
 * know the same. What nobody has described yet is no evidence, so a key serves until its rival is known.
 */
export class ObjectClaims {
  readonly #known: Known;

  constructor(stores: readonly KeyStore[]) {
    this.#known = knownOf(stores);
  }

  /**
   * Notes what was found behind a key, and says why the key must be refused, or undefined. Cheap when the
   * description is the one noted before.
   * @req X-09 X-41 X-49
   */
  claim(pathPrefix: string, mapped: MappedKey, description: KeyDescription): string | undefined {
    const { claims } = this.#known;
    if (claims.get(mapped)?.description !== description) {
      this.release(mapped);
      const claim: PlacedClaim = { pathPrefix, mapped, description, holders: this.#holdersOf(description) };
      claims.set(mapped, claim);
      claim.holders.claims.add(claim);
    }
    return this.refusal(mapped);
  }

  /** Notes the object that a token's health checks use; undefined when there is none. @req X-41 */
  claimHealthKey(key: TokenKey, description: KeyDescription | undefined): void {
    const { healthKeys } = this.#known;
    healthKeys.get(key.token)?.holders.healthKeyOf.delete(key.token);
    healthKeys.delete(key.token);
    if (description === undefined) return;
    const holders = this.#holdersOf(description);
    holders.healthKeyOf.add(key.token);
    healthKeys.set(key.token, { key, description, holders });
  }

  /** Nothing stands behind the key now. */
  release(mapped: MappedKey): void {
    const claim = this.#known.claims.get(mapped);
    if (claim === undefined) return;
    claim.holders.claims.delete(claim);
    this.#known.claims.delete(mapped);
  }

  /** What was noted last; undefined when nothing is known. */
  descriptionOf(mapped: MappedKey): KeyDescription | undefined {
    return this.#known.claims.get(mapped)?.description;
  }

  /** Every mapped key that stands in front of the same object as this one, itself included. */
  holdersWith(mapped: MappedKey): ObjectClaim[] {
    return [...(this.#known.claims.get(mapped)?.holders.claims ?? [])];
  }

  /** As {@link claim}, without a new look. */
  refusal(mapped: MappedKey): string | undefined {
    const claim = this.#known.claims.get(mapped);
    return claim === undefined ? undefined : holderRefusal(claim, claim.holders);
  }

  /** Takes over what another configuration knew of the same keys, so that a reload lifts no refusal for a while. */
  inherit(previous: ObjectClaims): void {
    const { claims, healthKeys } = previous.#known;
    const descriptions = new Map(
      [...claims.values()].map((each) => [keyText(each.mapped.key), each.description]),
    );
    for (const { key, description } of healthKeys.values()) this.claimHealthKey(key, description);
    for (const store of this.#known.stores) {
      for (const mapped of everyGeneration(store)) {
        const description = descriptions.get(keyText(mapped.key));
        if (description !== undefined) this.claim(store.pathPrefix, mapped, description);
      }
    }
  }

  #holdersOf(description: KeyDescription): MutableHolders {
    const { objects } = this.#known;
    const identity = objectIdentity(description);
    const known = objects.get(identity);
    if (known !== undefined) return known;
    const holders: MutableHolders = { claims: new Set(), healthKeyOf: new Set() };
    objects.set(identity, holders);
    return holders;
  }
}

interface MutableHolders extends ObjectHolders {
  readonly claims: Set<ObjectClaim>;
  readonly healthKeyOf: Set<string>;
}

interface PlacedClaim extends ObjectClaim {
  readonly holders: MutableHolders;
}

interface PlacedHealthKey {
  readonly key: TokenKey;
  readonly description: KeyDescription;
  readonly holders: MutableHolders;
}

interface Known {
  readonly stores: readonly KeyStore[];
  readonly claims: Map<MappedKey, PlacedClaim>;
  readonly healthKeys: Map<string, PlacedHealthKey>;
  readonly objects: Map<string, MutableHolders>;
}

function knownOf(stores: readonly KeyStore[]): Known {
  const present = KNOWN.get(stores);
  if (present !== undefined) return present;
  const fresh: Known = { stores, claims: new Map(), healthKeys: new Map(), objects: new Map() };
  KNOWN.set(stores, fresh);
  return fresh;
}

function keyText({ token, selector }: TokenKey): string {
  return JSON.stringify([token, selectorText(selector)]);
}

/** By the list itself, which is what tells one loaded configuration from the next. */
const KNOWN = new WeakMap<readonly KeyStore[], Known>();
