/**
 * The order of checks behind the edge, which has authenticated the caller and validated the input against the model:
 *
 * 1. whether the operation is there, and the input as far as finding keys relies on it
 * 2. keys are found
 * 3. the caller is authorized
 * 4. the input itself, where that needs no key
 * 5. each key's being the right one, kind, state, usage, and fitness for what is asked of it
 * 6. DryRun
 * 7. the operation
 * 8. the keys' last use
 */
import { unfitFor } from '../../domain/key/operation-fitness.ts';
import { outcomeOf } from '../../domain/key/state-table.ts';
import type { KmsOperationName } from '../../domain/kms/api/operations.ts';
import type { KmsCall } from '../../domain/kms/caller.ts';
import { KmsFault } from '../../domain/kms/kms-fault.ts';
import type { AuthorizationQuestion } from '../../domain/ports/authorizer.ts';
import { StoreConflict } from '../../domain/ports/record-store.ts';
import { fairShareOf } from './fair-share.ts';
import { noteUsage } from './last-usage.ts';
import type { FoundKey, Input, KeyRole, Operation, Output } from './operation.ts';
import { foreignKeyDenied } from './resolve-key.ts';
import type { KmsServices } from './services.ts';

/**
 * Takes one call through all steps. Where another call changed a record in between, everything from step 2 on happens
 * again; a record that changes all the time is what AWS throttles as a hot key.
 */
export async function perform<N extends KmsOperationName>(
  operation: Operation<N>,
  input: Input<N>,
  call: KmsCall,
  services: KmsServices,
): Promise<Output<N>> {
  operation.precheck?.(input);
  let conflict: StoreConflict | undefined;
  for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts += 1) {
    try {
      return await attemptOnce(operation, input, call, services);
    } catch (error) {
      if (!(error instanceof StoreConflict)) throw error;
      conflict = error;
    }
  }
  throw new KmsFault('ThrottlingException', THROTTLED, { cause: conflict });
}

async function attemptOnce<N extends KmsOperationName>(
  operation: Operation<N>,
  input: Input<N>,
  call: KmsCall,
  services: KmsServices,
): Promise<Output<N>> {
  const keys: FoundKey[] = [];
  const parts: Part<N>[] = [];
  for (const role of operation.keys) {
    const found = role.find(input, { services, call, action: role.action });
    const key = found instanceof Promise ? await found : found;
    requireAccount(role, key, call);
    keys.push(key);
    parts.push({ role, key });
  }
  for (const question of questions(operation, parts, input, call)) {
    const asked = services.authorizer.authorize(question);
    if (asked !== undefined) await asked;
  }
  operation.check?.(input);
  for (const part of parts) requireFit(operation.name, part, input);
  if (isDryRun(input)) throw new KmsFault('DryRunOperationException', WOULD_HAVE_SUCCEEDED);
  const context = {
    tenant: fairShareOf(call.caller),
    deadlineMs: call.deadlineMs,
    ...(call.trace !== undefined && { trace: call.trace }),
  };
  const output = await operation.run({ input, keys, call, services, context });
  if (operation.countsAs !== undefined) {
    for (const key of keys) noteUsage(services, key, operation.countsAs, call);
  }
  return output;
}

function requireAccount<N extends KmsOperationName>(
  { crossAccount, action }: KeyRole<N>,
  { stored }: FoundKey,
  call: KmsCall,
): void {
  if (!crossAccount && stored.body.account !== call.caller.account) throw foreignKeyDenied(call, action);
}

/** What the authorizer is asked, one after the other. */
function questions<N extends KmsOperationName>(
  operation: Operation<N>,
  parts: readonly Part<N>[],
  input: Input<N>,
  call: KmsCall,
): AuthorizationQuestion[] {
  const ofKeys = parts.map(({ role: { action }, key }): AuthorizationQuestion => {
    const { stored, arn, requestAlias } = key;
    const resource = {
      kind: 'key',
      arn,
      record: stored.body,
      ...(requestAlias && { requestAlias }),
    } as const;
    return { action, resource, input, call };
  });
  const others = operation.alsoNeeds?.(input, call);
  if (others === undefined) return ofKeys;
  return [...ofKeys, ...others.map((permission) => ({ ...permission, input, call }))];
}

function requireFit<N extends KmsOperationName>(name: N, { role, key }: Part<N>, input: Input<N>): void {
  const { stored, arn } = key;
  role.isTheOne?.(key, input);
  const unfit = unfitFor(name, stored.body);
  if (unfit !== undefined) throw new KmsFault(unfit.fault, unfit.says?.(arn));
  if (role.state === 'table') {
    const outcome = outcomeOf(name, stored.body.state);
    if (outcome !== 'ok') throw new KmsFault(outcome.fault, outcome.says(arn));
  }
  if (role.usage !== undefined && role.usage !== stored.body.usage) {
    throw new KmsFault(
      'InvalidKeyUsageException',
      `${arn} key usage is ${stored.body.usage} which is not valid for ${role.action}.`,
    );
  }
  role.fits?.(key, input);
}

/** A key, and what the operation wants it for. */
interface Part<N extends KmsOperationName> {
  readonly role: KeyRole<N>;
  readonly key: FoundKey;
}

function isDryRun(input: object): boolean {
  return 'dryRun' in input && input.dryRun === true;
}

const MAX_ATTEMPTS = 8;
const THROTTLED = 'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.';
const WOULD_HAVE_SUCCEEDED = 'The request would have succeeded, but the DryRun option is set.';
