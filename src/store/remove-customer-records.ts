/** Everything that customers made, for a lab that starts anew. */
import { type RecordKind, type RecordStore, StoreConflict } from '../domain/ports/record-store.ts';

/** The domain and its settings stay: without them nothing could ever be made again. */
export async function removeCustomerRecords(store: RecordStore): Promise<void> {
  for (const kind of CUSTOMER_RECORDS) await removeAll(store, kind);
}

async function removeAll(store: RecordStore, kind: RecordKind): Promise<void> {
  for (const scope of await store.scopes(kind)) {
    for (;;) {
      const page = await store.list(kind, scope, { limit: PAGE });
      if (page.length === 0) break;
      try {
        await store.commit(
          page.map(({ id, revision }) => ({ do: 'delete', kind, address: { scope, id }, expect: revision })),
        );
      } catch (error) {
        // Calls under way changed some of it: it is listed again as it is now.
        if (!(error instanceof StoreConflict)) throw error;
      }
    }
  }
}

/** Last use after the keys: none is noted any more of a key that is gone. */
const CUSTOMER_RECORDS: readonly RecordKind[] = ['alias', 'key', 'usage', 'event'];
const PAGE = 500;
