/** CreateKey: a new key, with its first material unless that is to be imported. */

import { HsmFault } from '../../../domain/hsm-fault.ts';
import { keyMetadata } from '../../../domain/key/key-metadata.ts';
import { checkPolicyDocument, defaultPolicy } from '../../../domain/key/key-policy.ts';
import type { KeyMaterial, KeyRecord } from '../../../domain/key/key-record.ts';
import { tagsOf } from '../../../domain/key/key-tags.ts';
import { NO_ROTATION } from '../../../domain/key/rotation-schedule.ts';
import { accountArn } from '../../../domain/kms/arn.ts';
import { KmsFault } from '../../../domain/kms/kms-fault.ts';
import { newKeyId } from '../../../domain/kms/new-key-id.ts';
import type { CallContext } from '../../../domain/ports/hsm.ts';
import { keyChange } from '../key-change.ts';
import { takeRoomForKey } from '../key-quota.ts';
import { newKeyKind } from '../new-key-request.ts';
import type { NoKey, Operation } from '../operation.ts';
import type { KmsServices } from '../services.ts';

export const createKey: Operation<'CreateKey', NoKey> = {
  name: 'CreateKey',
  keys: [],
  alsoNeeds: () => [{ action: 'CreateKey', resource: { kind: 'any' } }],
  check(input) {
    newKeyKind(input);
    if (input.policy !== undefined) checkPolicyDocument(input.policy);
    tagsOf(input.tags ?? []);
  },
  async run({ input, call, services, context }) {
    const { kind, origin, multiRegion } = newKeyKind(input);
    const scope = { account: call.caller.account, region: call.region };
    await takeRoomForKey(scope, services);
    const keyId = newKeyId(services.entropy, { multiRegion });
    const materials =
      origin === 'EXTERNAL' ? [] : [await newMaterial({ ...scope, keyId, ...kind }, services, context)];
    const current = materials[0]?.materialId;
    const record: KeyRecord = {
      ...scope,
      keyId,
      spec: kind.spec,
      usage: kind.usage,
      origin,
      multiRegion,
      state: current === undefined ? 'PendingImport' : 'Enabled',
      createdMs: services.clock.nowMs(),
      description: input.description ?? '',
      policy: input.policy ?? defaultPolicy(accountArn(scope)),
      tags: tagsOf(input.tags ?? []),
      materials,
      ...(current !== undefined && { currentMaterialId: current }),
      rotation: NO_ROTATION,
    };
    await services.store.commit([keyChange(record, 0)]);
    return { keyMetadata: keyMetadata(record) };
  },
};

async function newMaterial(
  key: Pick<KeyRecord, 'account' | 'keyId' | 'spec' | 'usage'>,
  { vault, clock }: KmsServices,
  context: CallContext,
): Promise<KeyMaterial> {
  const { account, keyId } = key;
  try {
    const { materialId, token } = await vault.create({ account, keyId }, key, context);
    return { materialId, token: Buffer.from(token).toString('base64'), createdMs: clock.nowMs() };
  } catch (error) {
    throw refusalOf(key, error);
  }
}

/** A vault that lacks a kind of key is no failure of this engine: the caller has to do without. */
function refusalOf({ spec }: Pick<KeyRecord, 'spec'>, error: unknown): unknown {
  if (!(error instanceof HsmFault) || error.code !== 'unsupported') return error;
  const text = `What holds the keys of this engine does not make ${spec} keys.`;
  return new KmsFault('UnsupportedOperationException', text, { cause: error });
}
