/** CreateKey: a new key with its first material. */
import type { KeyRecord } from '../../../domain/key/key-record.ts';
import { accountArn } from '../../../domain/kms/arn.ts';
import { KmsFault } from '../../../domain/kms/kms-fault.ts';
import { newKeyId } from '../../../domain/kms/new-key-id.ts';
import { keyChange } from '../key-change.ts';
import { keyMetadata } from '../key-metadata.ts';
import type { NoKey, Operation } from '../operation.ts';

export const createKey: Operation<'CreateKey', NoKey> = {
  name: 'CreateKey',
  keys: [],
  alsoNeeds: () => [{ action: 'CreateKey', resource: { kind: 'any' } }],
  check({ keySpec = 'SYMMETRIC_DEFAULT', origin = 'AWS_KMS' }) {
    if (keySpec === 'SYMMETRIC_DEFAULT' && origin === 'AWS_KMS') return;
    throw new KmsFault(
      'UnsupportedOperationException',
      `This engine does not make ${keySpec} keys of origin ${origin}.`,
    );
  },
  async run({ input, call, services, context }) {
    const { multiRegion = false } = input;
    const scope = { account: call.caller.account, region: call.region };
    const keyId = newKeyId(services.entropy, { multiRegion });
    const material = await services.vault.createSymmetric({ account: scope.account, keyId }, context);
    const createdMs = services.clock.nowMs();
    const record: KeyRecord = {
      ...scope,
      keyId,
      spec: 'SYMMETRIC_DEFAULT',
      usage: 'ENCRYPT_DECRYPT',
      origin: 'AWS_KMS',
      multiRegion,
      state: 'Enabled',
      createdMs,
      description: input.description ?? '',
      policy: input.policy ?? defaultPolicy(accountArn(scope)),
      tags: (input.tags ?? []).map(({ tagKey, tagValue }) => ({ key: tagKey, value: tagValue })),
      materials: [
        {
          materialId: material.materialId,
          token: Buffer.from(material.token).toString('base64'),
          createdMs,
        },
      ],
      currentMaterialId: material.materialId,
      rotation: { enabled: false, periodDays: 365, onDemandCount: 0 },
    };
    await services.store.commit([keyChange(record, 0)]);
    return { keyMetadata: keyMetadata(record) };
  },
};

function defaultPolicy(root: string): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Id: 'key-default-1',
    Statement: [
      {
        Sid: 'Enable IAM User Permissions',
        Effect: 'Allow',
        Principal: { AWS: root },
        Action: 'kms:*',
        Resource: '*',
      },
    ],
  });
}
