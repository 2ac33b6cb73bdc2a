/** Typed from AWS's developer guide, "Monitor KMS keys with Amazon EventBridge". */
import { expect, it } from 'vitest';
import { eventBridgeEvent } from '../../../../src/domain/kms/event-bridge-event.ts';

const KEY = {
  account: '111122223333',
  region: 'us-west-2',
  keyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
  atMs: Date.UTC(2025, 4, 23, 3, 11, 54, 987),
};
const ID = '6a7e8feb-b491-4cf7-a9f1-bf3703467718';
const COMMON = {
  version: '0',
  id: ID,
  source: 'aws.kms',
  account: '111122223333',
  time: '2025-05-23T03:11:54Z',
  region: 'us-west-2',
  resources: ['arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'],
};

it('a rotation names the material before and after', () => {
  const event = {
    ...KEY,
    type: 'KMS CMK Rotation',
    origin: 'AWS_KMS',
    rotation: 'ON_DEMAND',
    previousMaterialId: '12'.repeat(32),
    currentMaterialId: '96'.repeat(32),
  } as const;

  expect(eventBridgeEvent(event, ID)).toStrictEqual({
    ...COMMON,
    'detail-type': 'KMS CMK Rotation',
    detail: {
      'key-id': '1234abcd-12ab-34cd-56ef-1234567890ab',
      'key-origin': 'AWS_KMS',
      'rotation-type': 'ON_DEMAND',
      'previous-key-material-id': '12'.repeat(32),
      'current-key-material-id': '96'.repeat(32),
    },
  });
});

it.for(['KMS CMK Deletion', 'KMS Imported Key Material Expiration'] as const)('%s names the key', (type) => {
  expect(eventBridgeEvent({ ...KEY, type }, ID)).toStrictEqual({
    ...COMMON,
    'detail-type': type,
    detail: { 'key-id': '1234abcd-12ab-34cd-56ef-1234567890ab' },
  });
});

it('in another partition has an ARN of that', () => {
  const event = { ...KEY, type: 'KMS CMK Deletion', region: 'cn-north-1' } as const;

  expect(eventBridgeEvent(event, ID).resources).toStrictEqual([
    'arn:aws-cn:kms:cn-north-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  ]);
});
