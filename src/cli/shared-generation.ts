/** A generation of domain keys whose secret exists for a moment in this process, and then in shares alone. */
import { randomBytes } from 'node:crypto';
import type { DomainRecord } from '../domain/ports/record-store.ts';
import { DOMAIN_SECRET_BYTES } from '../hsm/material/domain-secret.ts';
import { type DomainKeysWork, type GenerationPlan, makeGeneration } from '../hsm/vault/domain-keys.ts';
import { splitSecret } from '../hsm/vault/domain-shares.ts';
import { removeShares, type ShareCount, writeShares } from './share-files.ts';

export interface SharedGeneration {
  readonly record: DomainRecord;
  readonly files: readonly string[];
}

/** Writes the shares first: keys that nobody can bring back must not be in use, shares of no keys do no harm. */
export async function makeSharedGeneration(
  work: DomainKeysWork,
  plan: GenerationPlan,
  { count, directory }: { readonly count: ShareCount; readonly directory: string },
): Promise<SharedGeneration> {
  const secret = new Uint8Array(randomBytes(DOMAIN_SECRET_BYTES));
  try {
    const of = { domainId: plan.domainId, generation: plan.number, ...count };
    const files = writeShares(directory, await splitSecret(secret, of));
    try {
      return { record: await makeGeneration(work, plan, { secret, ...count }), files };
    } catch (error) {
      removeShares(files);
      throw error;
    }
  } finally {
    secret.fill(0);
  }
}
