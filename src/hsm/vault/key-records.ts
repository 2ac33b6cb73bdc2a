/** The key records of a store, scope by scope. */
import type { RecordStore, StoredRecord } from '../../domain/ports/record-store.ts';

/** In pages, by id: records that come and go on the way do no harm. */
export async function* keyRecordsIn(store: RecordStore, scope: string): AsyncGenerator<StoredRecord<'key'>> {
  let after: string | undefined;
  for (;;) {
    const page = await store.list('key', scope, { limit: PAGE, ...(after !== undefined && { after }) });
    yield* page;
    after = page.at(-1)?.id;
    if (page.length < PAGE) return;
  }
}

const PAGE = 100;
