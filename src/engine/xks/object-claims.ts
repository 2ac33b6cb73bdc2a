/**
 * Catches, at the time of use, one key object behind several external key ids. A key's rivals are the few
 * mapped keys whose selectors could find the same object, mostly none, so an ordinary request pays nothing.
 */

import { HsmFault } from '../../domain/hsm-fault.ts';
import type { CallContext } from '../../domain/ports/hsm.ts';
import type { KeyStore, MappedKey } from '../../domain/xks/key-store.ts';
import { type ObjectClaim, provablyDistinct, unsharedDuplicates } from '../../domain/xks/shared-objects.ts';
import type { XksEngine } from './xks-engine.ts';

interface Rival {
  readonly store: KeyStore;
  readonly mapped: MappedKey;
}

/**
 * Belongs to one list of key stores, that is to one loaded configuration. A clean verdict holds for its
 * life; a refusal is looked at again on each call, so that putting the token right is enough.
 */
export class ObjectClaims {
  readonly #all: readonly Rival[];
  readonly #cleared = new WeakSet<MappedKey>();

  constructor(stores: readonly KeyStore[]) {
    this.#all = stores.flatMap((store) => [...store.keys.values()].map((mapped) => ({ store, mapped })));
  }

  /**
   * Why the key must be refused, or undefined. A rival that its token cannot describe now is no evidence:
   * then the key serves, and the question stays open.
   * @req X-09 X-49
   */
  async duplicate(engine: XksEngine, claim: ObjectClaim, context: CallContext): Promise<string | undefined> {
    const { mapped } = claim;
    if (mapped.shared || this.#cleared.has(mapped)) return undefined;
    const rivals = this.#all.filter(
      (rival) => rival.mapped !== mapped && !provablyDistinct(rival.mapped.key.selector, mapped.key.selector),
    );
    const found = await Promise.all(rivals.map((rival) => describeRival(engine, rival, mapped, context)));
    const claims = found.filter((entry) => typeof entry === 'object');
    const refusal = unsharedDuplicates([claim, ...claims]).get(claim);
    if (refusal === undefined && !found.includes('unknown')) this.#cleared.add(mapped);
    return refusal;
  }
}

async function describeRival(
  engine: XksEngine,
  rival: Rival,
  mapped: MappedKey,
  context: CallContext,
): Promise<ObjectClaim | 'none' | 'unknown'> {
  try {
    const description = await engine.directory.describe(
      rival.mapped.key,
      rivalContext(engine, rival, mapped, context),
    );
    return { pathPrefix: rival.store.pathPrefix, mapped: rival.mapped, description };
  } catch (error) {
    const nothingThere =
      error instanceof HsmFault && (error.code === 'not-found' || error.code === 'ambiguous');
    return nothingThere ? 'none' : 'unknown';
  }
}

/** Another token that hangs must not cost this token's callers their deadline. */
function rivalContext(engine: XksEngine, rival: Rival, mapped: MappedKey, context: CallContext): CallContext {
  if (rival.mapped.key.token === mapped.key.token) return context;
  const deadlineMs = Math.min(context.deadlineMs, engine.clock.monotonicMs() + OTHER_TOKEN_WAIT_MS);
  return { tenant: context.tenant, deadlineMs };
}

const OTHER_TOKEN_WAIT_MS = 20;
