/**
 * Events as Amazon EventBridge delivers those of AWS KMS: developer guide, "Monitor KMS keys with Amazon EventBridge".
 */
import type { KmsEvent } from '../ports/kms-events.ts';
import { keyArn } from './arn.ts';

export interface EventBridgeEvent {
  readonly version: '0';
  /** A UUID, the same in every delivery. */
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: 'aws.kms';
  readonly account: string;
  /** ISO 8601, to the second. */
  readonly time: string;
  readonly region: string;
  /** The key's ARN. */
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, string>>;
}

export function eventBridgeEvent(event: KmsEvent, id: string): EventBridgeEvent {
  const { type, account, region, keyId, atMs } = event;
  return {
    version: '0',
    id,
    'detail-type': type,
    source: 'aws.kms',
    account,
    time: `${new Date(atMs).toISOString().slice(0, SECONDS_END)}Z`,
    region,
    resources: [keyArn(event)],
    detail: { 'key-id': keyId, ...rotationDetail(event) },
  };
}

function rotationDetail(event: KmsEvent): Record<string, string> {
  if (event.type !== 'KMS CMK Rotation') return {};
  return {
    'key-origin': event.origin,
    'rotation-type': event.rotation,
    'previous-key-material-id': event.previousMaterialId,
    'current-key-material-id': event.currentMaterialId,
  };
}

const SECONDS_END = 'YYYY-MM-DDTHH:MM:SS'.length;
