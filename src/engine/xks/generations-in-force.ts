/** What this proxy can do with each generation of each key, for whoever rotates keys. Answers from memory alone. */

import type { AeadScheme } from '../../domain/hsm/aead-scheme.ts';
import { selectorText } from '../../domain/hsm/key-selector.ts';
import { admitKey } from '../../domain/xks/key-admission.ts';
import { everyGeneration } from '../../domain/xks/key-generations.ts';
import type { KeyStore, MappedKey } from '../../domain/xks/key-store.ts';
import { ObjectClaims } from './object-claims.ts';

export interface GenerationInForce {
  readonly pathPrefix: string;
  readonly externalKeyId: string;
  readonly generation: number;
  /** This one encrypts. */
  readonly current: boolean;
  readonly token: string;
  /** `label=…;id=…` */
  readonly selector: string;
  readonly scheme: AeadScheme;
  /** Its object was seen, and fits. */
  readonly decrypts: boolean;
  /** Why it does not decrypt; empty when it does. */
  readonly reason: string;
}

/** In the order of the key stores, the current generation of each key first. @req X-38 X-49 */
export function generationsInForce(stores: readonly KeyStore[]): readonly GenerationInForce[] {
  const claims = new ObjectClaims(stores);
  return stores.flatMap((store) =>
    everyGeneration(store).map((mapped) => {
      const reason = obstacle(mapped, claims);
      return {
        pathPrefix: store.pathPrefix,
        externalKeyId: mapped.externalKeyId,
        generation: mapped.generation,
        current: mapped.currentGeneration === undefined,
        token: mapped.key.token,
        selector: selectorText(mapped.key.selector),
        scheme: mapped.scheme,
        decrypts: reason === undefined,
        reason: reason ?? '',
      };
    }),
  );
}

function obstacle(mapped: MappedKey, claims: ObjectClaims): string | undefined {
  const description = claims.descriptionOf(mapped);
  if (description === undefined) return 'its object was not seen on the token yet';
  const admission = admitKey(mapped, description);
  if (!admission.admitted) return admission.reason;
  const refusal = claims.refusal(mapped);
  if (refusal !== undefined) return refusal;
  return admission.usages.includes('DECRYPT') ? undefined : 'it may not decrypt';
}
