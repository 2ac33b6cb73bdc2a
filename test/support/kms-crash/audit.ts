/** Holds an engine that has been started again to what clients were told before. */
import type { CallKms } from './kms-call.ts';
import { type KeyFacts, keyRequest, type Ledger, newKeyFacts, type Sealed } from './ledger.ts';

export interface AuditScope {
  readonly sharedKey: string;
  /** Of `ledger.keys`, those to look into. */
  readonly keys: Iterable<string>;
  readonly sealed: readonly Sealed[];
}

/** What contradicts the ledger is added to its `wrong`; what was in doubt is settled. */
export async function audit(ledger: Ledger, call: CallKms, scope: AuditScope): Promise<void> {
  const listed = new Set((await listAll(call, 'ListKeys', 'Keys')).map(({ KeyId }) => KeyId ?? ''));
  for (const keyId of ledger.keys.keys()) if (!listed.has(keyId)) ledger.wrong.push(`key ${keyId} is gone`);
  const unheard = [...listed].filter((keyId) => keyId !== scope.sharedKey && !ledger.keys.has(keyId));
  for (const keyId of unheard) await adopt(ledger, keyId, await look(call, keyId));
  // What is still being made now was not made before the end of that process.
  ledger.doubts.not += ledger.making.size;
  ledger.making.clear();
  await inParallel([...scope.keys], async (keyId) => {
    const known = ledger.keys.get(keyId);
    if (known !== undefined) ledger.settle(`key ${keyId}`, known, await look(call, keyId));
  });
  const { tags } = await look(call, scope.sharedKey);
  for (const [name, known] of ledger.sharedTags) ledger.settle(`tag ${name}`, known, tags[name] ?? '');
  settleAliases(ledger, listed, await listAll(call, 'ListAliases', 'Aliases'));
  await openAll(ledger, call, scope.sealed);
  ledger.touched.clear();
}

/** A key that nobody was told of: somebody had asked for it, and it is whole. */
async function adopt(ledger: Ledger, keyId: string, found: KeyFacts): Promise<void> {
  const asked = ledger.making.delete(found.description);
  if (!asked) ledger.wrong.push(`nobody asked for key ${keyId}: ${JSON.stringify(found)}`);
  ledger.keys.set(keyId, { is: found });
  const expected = JSON.stringify(newKeyFacts(found.description));
  if (JSON.stringify(found) !== expected) ledger.wrong.push(`half a key ${keyId}: ${JSON.stringify(found)}`);
  ledger.doubts.happened += 1;
}

async function look(call: CallKms, KeyId: string): Promise<KeyFacts> {
  const [described, tagged, rotated] = await Promise.all([
    must(call, 'DescribeKey', { KeyId }),
    must(call, 'ListResourceTags', { KeyId }),
    must(call, 'ListKeyRotations', { KeyId, Limit: 1_000 }),
  ]);
  const { KeyState, Description } = described['KeyMetadata'] as Record<string, string>;
  const tags = (tagged['Tags'] as { readonly TagKey: string; readonly TagValue: string }[])
    .map(({ TagKey, TagValue }) => [TagKey, TagValue] as const)
    // The order in which a client enters them.
    .sort(([one], [other]) => ORDER.indexOf(one) - ORDER.indexOf(other));
  return {
    state: KeyState as KeyFacts['state'],
    description: Description ?? '',
    tags: Object.fromEntries(tags),
    rotations: (rotated['Rotations'] as unknown[]).length,
  };
}

function settleAliases(ledger: Ledger, keys: ReadonlySet<string>, listed: readonly Listed[]): void {
  const targets = new Map<string, string>();
  for (const { AliasName = '', TargetKeyId = '' } of listed) {
    if (AliasName.startsWith('alias/aws/')) continue;
    targets.set(AliasName, TargetKeyId);
    if (!keys.has(TargetKeyId)) ledger.wrong.push(`${AliasName} leads to no key: '${TargetKeyId}'`);
    if (!ledger.aliases.has(AliasName)) ledger.wrong.push(`nobody asked for ${AliasName}`);
  }
  for (const [name, known] of ledger.aliases) ledger.settle(name, known, targets.get(name) ?? '');
}

/** All whose key can be used now. */
async function openAll(ledger: Ledger, call: CallKms, sealed: readonly Sealed[]): Promise<void> {
  const usable = sealed.filter(({ keyId }) => ledger.keys.get(keyId)?.is.state === 'Enabled');
  await inParallel(usable, async ({ keyId, blob, context, plaintext }) => {
    const { error, body } = await call('Decrypt', { CiphertextBlob: blob, EncryptionContext: context });
    if (body['Plaintext'] !== plaintext) ledger.wrong.push(`a ciphertext of ${keyId} is lost: ${error}`);
  });
}

/** Takes every key to where it can be used, as far as that goes. */
export async function enableAll(ledger: Ledger, call: CallKms): Promise<void> {
  await inParallel([...ledger.keys], async ([KeyId, known]) => {
    if (known.is.state === 'PendingDeletion') await must(call, 'CancelKeyDeletion', { KeyId });
    if (known.is.state !== 'Enabled') await must(call, 'EnableKey', { KeyId });
    known.is = { ...known.is, state: 'Enabled' };
  });
}

/** The key that all clients tag. */
export async function makeSharedKey(call: CallKms): Promise<string> {
  const { KeyMetadata } = await must(call, 'CreateKey', keyRequest('shared'));
  return (KeyMetadata as { readonly KeyId: string }).KeyId;
}

interface Listed {
  readonly KeyId?: string;
  readonly AliasName?: string;
  readonly TargetKeyId?: string;
}

async function listAll(call: CallKms, operation: string, member: string): Promise<Listed[]> {
  const all: Listed[] = [];
  for (let Marker: unknown; ; ) {
    const page = await must(call, operation, { Limit: 100, ...(Marker !== undefined && { Marker }) });
    all.push(...(page[member] as Listed[]));
    if (page['Truncated'] !== true) return all;
    Marker = page['NextMarker'];
  }
}

async function must(
  call: CallKms,
  operation: string,
  input: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> {
  const { error, status, body } = await call(operation, input);
  if (error !== '') throw new Error(`${operation}: ${status} ${JSON.stringify(body)}`);
  return body;
}

async function inParallel<T>(all: readonly T[], work: (each: T) => Promise<void>): Promise<void> {
  const rest = all.values();
  const hand = async (): Promise<void> => {
    for (const each of rest) await work(each);
  };
  await Promise.all(Array.from({ length: HANDS }, hand));
}

const HANDS = 16;
const ORDER = ['made', 'left', 'right'];
