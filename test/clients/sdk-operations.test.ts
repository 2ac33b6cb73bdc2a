/** The operations that the AWS SDK for JavaScript has are those of our model, no more and no fewer. */
import * as sdk from '@aws-sdk/client-kms';
import { expect, it } from 'vitest';
import { KMS_OPERATION_NAMES } from '../../src/domain/kms/api/operations.ts';

it('knows each command of the SDK, and no other operation', () => {
  const commands = Object.keys(sdk)
    .filter((name) => name.endsWith('Command') && name !== '$Command')
    .map((name) => name.slice(0, -'Command'.length));

  expect(commands.length).toBe(56);
  expect([...KMS_OPERATION_NAMES].sort()).toEqual(commands.sort());
});
