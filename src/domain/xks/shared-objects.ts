/**
 * Judges key objects that stand behind several external key ids without being declared `shared`. Two names
 * for one key let a caller of one prefix decrypt what belongs to another, whatever its policy says.
 */
import type { KeyDescription } from '../ports/hsm.ts';
import type { MappedKey } from './key-store.ts';

/** One entry of a key map and the object found behind it. */
export interface ObjectClaim {
  readonly pathPrefix: string;
  readonly mapped: MappedKey;
  readonly description: KeyDescription;
}

/** All who are known to stand in front of one object. */
export interface ObjectHolders {
  readonly claims: ReadonlySet<ObjectClaim>;
  /** Names of the tokens whose health key it is. */
  readonly healthKeyOf: ReadonlySet<string>;
}

/**
 * Equal texts are one object. The token's name is no part of it, as two configured tokens may be one device.
 * Objects with equal serial, id and label are ambiguous to every selector, so they are never described.
 */
export function objectIdentity(description: KeyDescription): string {
  return JSON.stringify([description.tokenSerial, description.idHex, description.label]);
}

/**
 * Why a claim must be refused because of who else holds its object, or undefined. `shared` lifts the refusal
 * of the claim that carries it, and of no other; nothing lifts that of a health key or of another scheme.
 * @req X-09 X-41 X-49
 */
export function holderRefusal(claim: ObjectClaim, holders: ObjectHolders): string | undefined {
  if (holders.healthKeyOf.size > 0) {
    return 'its object is the health key of a token, and health checks need a key of their own';
  }
  for (const rival of holders.claims) {
    if (rival === claim) continue;
    if (rival.mapped.scheme !== claim.mapped.scheme) {
      return `its object also stands behind a key of scheme ${rival.mapped.scheme}, and an object serves one scheme`;
    }
    if (claim.mapped.shared) continue;
    if (rival.pathPrefix === claim.pathPrefix && rival.mapped.externalKeyId === claim.mapped.externalKeyId) {
      return `its object also stands behind generation ${rival.mapped.generation} of the same external key, and shared is not set`;
    }
    // Another prefix may be another customer: its path and key ids stay out of a message that clients see.
    return rival.pathPrefix === claim.pathPrefix
      ? `its object also stands behind external key '${rival.mapped.externalKeyId}', and shared is not set`
      : 'its object also stands behind a key of another path prefix, and shared is not set';
  }
  return undefined;
}
