/** The loaded key stores, arranged for lookup by path prefix. Built once for each loaded configuration. */
import type { Secret } from '../../domain/secret.ts';
import type { KeyStore } from '../../domain/xks/key-store.ts';
import { tokensOf } from '../../engine/xks/get-health-status.ts';
import { ObjectClaims } from '../../engine/xks/object-claims.ts';
import { PrefixQuota } from './prefix-quota.ts';

/** All that serves one path prefix. */
export interface PrefixEntry {
  readonly store: KeyStore;
  /** Any of the live credentials of this prefix, and of no other. */
  readonly secretFor: (accessKeyId: string) => Secret | undefined;
  readonly tokens: readonly string[];
  readonly quota: PrefixQuota;
  readonly claims: ObjectClaims;
}

/**
 * One configuration's prefixes. Requests under way keep the entry they began with, so a reload changes
 * nothing beneath them but the quota, which belongs to the prefix.
 * @req X-06 X-11 X-66
 */
export class PrefixIndex {
  readonly stores: readonly KeyStore[];
  readonly #entries: ReadonlyMap<string, PrefixEntry>;

  constructor(stores: readonly KeyStore[], nowMs: number, previous?: PrefixIndex) {
    this.stores = stores;
    const claims = new ObjectClaims(stores);
    this.#entries = new Map(
      stores.map((store) => {
        const secrets = new Map(store.credentials.map((each) => [each.accessKeyId, each.secretAccessKey]));
        const quota = previous?.find(store.pathPrefix)?.quota ?? new PrefixQuota();
        quota.change(store.quota, nowMs);
        const entry: PrefixEntry = {
          store,
          secretFor: (accessKeyId) => secrets.get(accessKeyId),
          tokens: tokensOf(store),
          quota,
          claims,
        };
        return [store.pathPrefix, entry];
      }),
    );
  }

  /** The whole prefix must be equal: a longer or shorter one is another store's, or nobody's. */
  find(pathPrefix: string): PrefixEntry | undefined {
    return this.#entries.get(pathPrefix);
  }
}
