/** Credentials across key stores: an access key id means one secret everywhere. */
import { type Findings, type PathInFile, pathText } from '../findings.ts';
import type { Secrets } from '../read-secrets.ts';
import type { KeyStoreInput } from '../schema/key-store-schema.ts';

/**
 * Messages name places and never the access key id: it may be a secret that was pasted into the wrong field.
 *
 * @req X-65 X-66
 */
export function checkCredentials(
  stores: readonly (KeyStoreInput | undefined)[],
  secrets: Secrets,
  findings: Findings,
): void {
  const firstUses = new Map<string, PathInFile>();
  for (const [index, store] of stores.entries()) {
    const inThisStore = new Map<string, number>();
    for (const [position, { accessKeyId }] of (store?.credentials ?? []).entries()) {
      const path: PathInFile = ['keyStores', index, 'credentials', position];
      const twin = inThisStore.get(accessKeyId);
      const first = firstUses.get(accessKeyId);
      if (twin !== undefined) {
        const found = `is the access key id of credentials[${twin}] again`;
        findings.problem([...path, 'accessKeyId'], found, 'each access key id once', 'remove one');
      } else if (first !== undefined && differ(secrets, first, path)) {
        const found = `is the access key id of ${pathText(first)}, but with another secret`;
        findings.problem(
          [...path, 'accessKeyId'],
          found,
          'one secret for each access key id',
          'generate a new pair',
        );
      }
      if (twin === undefined) inThisStore.set(accessKeyId, position);
      if (first === undefined) firstUses.set(accessKeyId, path);
    }
  }
}

function differ(secrets: Secrets, one: PathInFile, other: PathInFile): boolean {
  const first = secrets.get(pathText([...one, 'secretAccessKey']));
  const second = secrets.get(pathText([...other, 'secretAccessKey']));
  return first !== undefined && second !== undefined && first.reveal() !== second.reveal();
}
