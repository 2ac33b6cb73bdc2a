/**
 * The end of a generation of a domain's keys. Nothing that it wrapped can be read afterwards, so this is refused while
 * any record needs it. Backups are not seen from here: whoever asks answers for those.
 */
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { KeyRecord } from '../../domain/key/key-record.ts';
import type { DomainGeneration, RecordStore, StoredRecord } from '../../domain/ports/record-store.ts';
import { parseExportedKey } from '../material/exported-key-token.ts';
import { parseSealedText } from '../material/sealed-text.ts';
import { DOMAIN, type DomainKeysWork, readDomain } from './domain-keys.ts';
import { keyRecordsIn } from './key-records.ts';

/** A generation that no record of the store needs. */
export interface DoomedGeneration {
  readonly generation: DomainGeneration;
  readonly before: StoredRecord<'domain'>;
}

/**
 * Looks at all keys of the store, which has to be held alone from here on. Faults: `not-found` for what the store has
 * not, `denied` for a generation that wraps, or that keys are wrapped with; `corrupt` for a key that does not tell.
 */
export async function planDestruction(store: RecordStore, number: number): Promise<DoomedGeneration> {
  const before = await readDomain(store);
  if (before === undefined) throw new HsmFault('not-found', 'the store has no domain yet');
  const { current, generations, domainId } = before.body;
  const generation = generations.find((each) => each.number === number);
  if (generation === undefined) {
    throw new HsmFault('denied', `domain ${domainId} has no generation ${number}`);
  }
  if (number === current) {
    const advice = 'domain rotate makes the next one, and the engine then wraps its keys again';
    throw new HsmFault('denied', `generation ${number} is the one that wraps; ${advice}`);
  }
  await requireUnneeded(store, number);
  return { generation, before };
}

/**
 * Destroys its keys on the token and then says so in the record. Rejects with an HsmFault, StoreConflict or
 * StoreFailure; what a crash left half done is done by another call.
 */
export async function destroyGeneration(
  { store, token, tokenName, clock }: DomainKeysWork,
  { generation, before }: DoomedGeneration,
): Promise<{ readonly destroyedKeys: number }> {
  if (generation.token !== tokenName) {
    const detail = `generation ${generation.number} is on token ${generation.token}, and the engine's token is ${tokenName}`;
    throw new HsmFault('denied', detail);
  }
  const destroyedKeys = await token.destroyDomainKeys(generation.label);
  const destroyedMs = clock.nowMs();
  const { revision, body } = before;
  const gone = { ...generation, retiredMs: generation.retiredMs ?? destroyedMs, destroyedMs };
  const generations = body.generations.map((each) => (each.number === gone.number ? gone : each));
  await store.commit([
    { do: 'put', kind: 'domain', address: DOMAIN, body: { ...body, generations }, expect: revision },
  ]);
  return { destroyedKeys };
}

async function requireUnneeded(store: RecordStore, number: number): Promise<void> {
  let needed = 0;
  let example = '';
  for (const scope of await store.scopes('key')) {
    for await (const { id, body } of keyRecordsIn(store, scope)) {
      if (!namedBy(body, scope).has(number)) continue;
      needed += 1;
      example ||= `key ${id} in ${scope}`;
    }
  }
  if (needed === 0) return;
  const which = needed === 1 ? `${example} is` : `${needed} keys are, such as ${example},`;
  const advice = 'run the engine until its log says kms.wrapped-again, and stop it';
  throw new HsmFault('denied', `${which} still wrapped with generation ${number}; ${advice}`);
}

/** Generations that wrapped a key's material, or sealed the seed of its private key. */
function namedBy({ keyId, materials }: KeyRecord, scope: string): ReadonlySet<number> {
  const named = new Set<number>();
  for (const { token } of materials) {
    try {
      const { generation, sealed } = parseExportedKey(Buffer.from(token, 'base64'));
      named.add(generation);
      if (sealed.length > 0) named.add(parseSealedText(sealed).generation);
    } catch (cause) {
      if (!(cause instanceof HsmFault)) throw cause;
      const detail = `key ${keyId} in ${scope} does not tell which generation it needs: ${cause.detail}`;
      throw new HsmFault('corrupt', detail, { cause });
    }
  }
  return named;
}
