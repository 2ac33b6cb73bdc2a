/** Since when credentials are known. None of it is a proof of birth: each is at least as old as it says. */
import type { CredentialReading } from '../domain/ports/meter.ts';
import type { Secret } from '../domain/secret.ts';
import type { KeyStore, StoreCredential } from '../domain/xks/key-store.ts';

export class CredentialAges {
  /** By path prefix and access key id: what is in force, and since when it has been seen. */
  #known: ReadonlyMap<string, Known> = new Map();

  /** Another configuration took force at `nowMs`; a credential that stays the same keeps its age. */
  inForce(stores: readonly KeyStore[], nowMs: number): void {
    const known = new Map<string, Known>();
    for (const { pathPrefix, credentials } of stores) {
      for (const credential of credentials) {
        const name = `${pathPrefix} ${credential.accessKeyId}`;
        const before = this.#known.get(name);
        const same = before?.secret.reveal() === credential.secretAccessKey.reveal() ? before : undefined;
        known.set(name, {
          secret: credential.secretAccessKey,
          seenMs: Math.min(same?.seenMs ?? nowMs, credential.writtenMs ?? nowMs),
          reading: { pathPrefix, accessKeyId: credential.accessKeyId, ...sourceOf(credential) },
        });
      }
    }
    this.#known = known;
  }

  readings(): CredentialReading[] {
    return [...this.#known.values()].map(({ seenMs, reading }) => ({ sinceMs: seenMs, ...reading }));
  }
}

interface Known {
  readonly secret: Secret;
  readonly seenMs: number;
  readonly reading: Omit<CredentialReading, 'sinceMs'> & { readonly sinceMs?: number };
}

/** What the operator says wins. */
function sourceOf({ createdMs, writtenMs }: StoreCredential): Pick<Known['reading'], 'source' | 'sinceMs'> {
  if (createdMs !== undefined) return { source: 'createdAt', sinceMs: createdMs };
  return { source: writtenMs === undefined ? 'loaded' : 'file' };
}
