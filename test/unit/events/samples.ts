/** Events. */
import type { EventBridgeEvent } from '../../../src/domain/kms/event-bridge-event.ts';
import type { KeyDeleted } from '../../../src/domain/ports/kms-events.ts';

const START_MS = Date.UTC(2026, 0, 2);

export function deleted(number: number): KeyDeleted {
  const keyId = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  return {
    type: 'KMS CMK Deletion',
    account: '111122223333',
    region: 'eu-central-1',
    keyId,
    atMs: START_MS + number,
  };
}

export function shown(number: number): EventBridgeEvent {
  return {
    version: '0',
    id: `id-${number}`,
    'detail-type': 'KMS CMK Deletion',
    source: 'aws.kms',
    account: '111122223333',
    time: '2026-01-02T00:00:00Z',
    region: 'eu-central-1',
    resources: [],
    detail: { 'key-id': `key-${number}` },
  };
}
