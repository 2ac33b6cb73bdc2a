/** Events as records, one for each sink, in the order in which they happened: what the engine commits. */
import { EVENT_SCOPE } from '../domain/key/record-address.ts';
import { eventBridgeEvent } from '../domain/kms/event-bridge-event.ts';
import type { Entropy } from '../domain/ports/entropy.ts';
import type { KmsEvent } from '../domain/ports/kms-events.ts';
import type { RecordChange } from '../domain/ports/record-store.ts';
import { randomUuid } from '../domain/uuid.ts';

/** New records, in one commit with what happened. */
export function outboxRecords(
  event: KmsEvent,
  sinks: readonly string[],
  entropy: Entropy,
): readonly RecordChange[] {
  const shown = eventBridgeEvent(event, randomUuid(entropy));
  const place = String(event.atMs).padStart(PLACE_DIGITS, '0');
  return sinks.map((sink) => ({
    do: 'put',
    kind: 'event',
    address: { scope: EVENT_SCOPE, id: `${place} ${shown.id} ${sink}` },
    body: { event: shown },
    index: { owner: sink },
    expect: 0,
  }));
}

/** Ids are compared as texts. */
const PLACE_DIGITS = 15;
