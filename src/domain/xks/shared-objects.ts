/**
 * Finds key objects that stand behind several external key ids without being declared `shared`. Two names
 * for one key let a caller of one prefix decrypt what belongs to another, whatever its policy says.
 */
import type { KeySelector } from '../hsm/key-selector.ts';
import type { KeyDescription } from '../ports/hsm.ts';
import type { MappedKey } from './key-store.ts';

/** One entry of a key map and the object found behind it. */
export interface ObjectClaim {
  readonly pathPrefix: string;
  readonly mapped: MappedKey;
  readonly description: KeyDescription;
}

/**
 * The claims that must be refused, each with its reason: those on an object that another claim names too,
 * unless declared `shared`.
 * @req X-09 X-49
 */
export function unsharedDuplicates(claims: readonly ObjectClaim[]): ReadonlyMap<ObjectClaim, string> {
  const claimsByObject = Map.groupBy(claims, (claim) => objectIdentity(claim.description));
  const refusals = new Map<ObjectClaim, string>();
  for (const claim of claims) {
    if (claim.mapped.shared) continue;
    const rivals = claimsByObject.get(objectIdentity(claim.description))?.filter((other) => other !== claim);
    const rival = rivals?.[0];
    if (rival === undefined) continue;
    // Another prefix may be another customer: its path and key ids stay out of a message that clients see.
    refusals.set(
      claim,
      rival.pathPrefix === claim.pathPrefix
        ? `its object also stands behind external key '${rival.mapped.externalKeyId}', and shared is not set`
        : 'its object also stands behind a key of another path prefix, and shared is not set',
    );
  }
  return refusals;
}

/**
 * Whether two selectors cannot find one object: an object has one label and one id. The token's name proves
 * nothing, as two configured tokens may be one device.
 */
export function provablyDistinct(one: KeySelector, other: KeySelector): boolean {
  return differ(one.label, other.label) || differ(one.idHex, other.idHex);
}

function differ(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other;
}

/** Objects with equal serial, id and label are ambiguous to every selector, so they are never described. */
function objectIdentity(description: KeyDescription): string {
  return JSON.stringify([description.tokenSerial, description.idHex, description.label]);
}
