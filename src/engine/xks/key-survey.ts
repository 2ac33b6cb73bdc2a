/** Looks at every mapped key at once, for the log at start and for checking a configuration. */

import { HsmFault } from '../../domain/hsm-fault.ts';
import type { KeyDirectory } from '../../domain/ports/hsm.ts';
import { admitKey } from '../../domain/xks/key-admission.ts';
import type { CryptoUsage, KeyStore, MappedKey } from '../../domain/xks/key-store.ts';
import { type ObjectClaim, unsharedDuplicates } from '../../domain/xks/shared-objects.ts';

/** What a caller of this key would meet. */
export interface KeyFinding {
  readonly pathPrefix: string;
  readonly mapped: MappedKey;
  /** Empty when the key is refused. */
  readonly usages: readonly CryptoUsage[];
  /** Why the key is refused: a clause that ends a sentence about it. Undefined when it serves. */
  readonly refusal: string | undefined;
}

/**
 * One finding for each mapped key, in the order of the stores. Never rejects: a token that does not answer
 * by the deadline (on the clock's monotonic scale) is a finding on its keys.
 * @req X-09 X-23 X-49
 */
export async function surveyKeys(
  stores: readonly KeyStore[],
  directory: KeyDirectory,
  deadlineMs: number,
): Promise<readonly KeyFinding[]> {
  const looks = stores.flatMap((store) =>
    [...store.keys.values()].map((mapped) => look(store, mapped, directory, deadlineMs)),
  );
  const found = await Promise.all(looks);
  const duplicates = unsharedDuplicates(found.flatMap((entry) => ('claim' in entry ? [entry.claim] : [])));
  return found.map((entry) => {
    if ('finding' in entry) return entry.finding;
    const { pathPrefix, mapped, description } = entry.claim;
    const admission = admitKey(mapped, description);
    const refusal = admission.admitted ? duplicates.get(entry.claim) : admission.reason;
    return {
      pathPrefix,
      mapped,
      usages: admission.admitted && refusal === undefined ? admission.usages : [],
      refusal,
    };
  });
}

async function look(
  store: KeyStore,
  mapped: MappedKey,
  directory: KeyDirectory,
  deadlineMs: number,
): Promise<{ readonly claim: ObjectClaim } | { readonly finding: KeyFinding }> {
  const { pathPrefix, tenant } = store;
  try {
    return {
      claim: {
        pathPrefix,
        mapped,
        description: await directory.describe(mapped.key, { tenant, deadlineMs }),
      },
    };
  } catch (error) {
    const refusal =
      error instanceof HsmFault
        ? `the token answered ${error.code}: ${error.detail}`
        : 'looking at it failed';
    return { finding: { pathPrefix, mapped, usages: [], refusal } };
  }
}
