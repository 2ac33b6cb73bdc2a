/** Second step: the policy of the path prefix. Health is exempt and never comes here. */
import { decideAccess } from '../../domain/xks/access-decision.ts';
import type { KeyStore } from '../../domain/xks/key-store.ts';
import type { RequestAttributes } from '../../domain/xks/request-attributes.ts';
import { XksFault } from '../../domain/xks/xks-fault.ts';

/**
 * Refuses what the policy denies. The deciding statement goes to the log alone: a policy tells an outsider
 * too much about its owner.
 * @req X-53 X-67 X-68
 */
export function authorizeCall(store: KeyStore, externalKeyId: string, attributes: RequestAttributes): void {
  const { allowed, statement } = decideAccess(store.policy, externalKeyId, attributes);
  if (allowed) return;
  throw new XksFault(
    'AccessDeniedException',
    `The proxy's policy does not allow ${attributes.kmsOperation} on external key '${externalKeyId}' to this caller.`,
    { logFields: { deniedBy: statement === undefined ? 'default' : statement.sid, statement } },
  );
}
