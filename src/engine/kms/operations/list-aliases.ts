/** ListAliases: the account's aliases in the Region, or those of one key. */

import type { AliasRecord } from '../../../domain/key/key-record.ts';
import { scopeOf } from '../../../domain/key/record-address.ts';
import type { AliasListEntry } from '../../../domain/kms/api/types.ts';
import { aliasArn } from '../../../domain/kms/arn.ts';
import { listPage } from '../list-page.ts';
import type { NoKey, Operation, OperationRequest } from '../operation.ts';
import { foreignKeyDenied, resolveKey } from '../resolve-key.ts';

export const listAliases: Operation<'ListAliases', NoKey> = {
  name: 'ListAliases',
  keys: [],
  alsoNeeds: () => [{ action: 'ListAliases', resource: { kind: 'any' } }],
  async run(request) {
    const { input, call, services } = request;
    const owner = await ownerOf(request);
    const scope = scopeOf({ account: call.caller.account, region: call.region });
    const { entries, more } = await listPage(
      { ...input, operation: 'ListAliases', of: owner ?? '', defaultLimit: 50, maxLimit: 100 },
      {
        read: (from) =>
          services.store.list('alias', scope, { ...from, ...(owner !== undefined && { owner }) }),
        idOf: ({ id }) => id,
      },
      request,
    );
    return { aliases: entries.map(({ body }) => entryOf(body)), ...more };
  },
};

/** The id of the key whose aliases are asked for. No permission for that key is needed. */
async function ownerOf({
  input: { keyId },
  call,
  services,
}: OperationRequest<'ListAliases', NoKey>): Promise<string | undefined> {
  if (keyId === undefined) return undefined;
  const { stored } = await resolveKey(keyId, { services, call, action: 'ListAliases' });
  if (stored.body.account !== call.caller.account) throw foreignKeyDenied(call, 'ListAliases');
  return stored.body.keyId;
}

function entryOf(alias: AliasRecord): AliasListEntry {
  return {
    aliasName: alias.name,
    aliasArn: aliasArn(alias),
    targetKeyId: alias.targetKeyId,
    creationDate: alias.createdMs,
    lastUpdatedDate: alias.updatedMs,
  };
}
