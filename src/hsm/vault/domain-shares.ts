/**
 * A domain's secret in shares (Shamir): so many of them give every key of a generation, fewer give nothing. A share is
 * a small JSON document for one custodian; what it says beside the share itself is no secret.
 */
import { hash } from 'node:crypto';
import { combine, split } from 'shamir-secret-sharing';
import { HsmFault } from '../../domain/hsm-fault.ts';
import { DOMAIN_SECRET_BYTES } from '../material/domain-secret.ts';

export interface DomainShare {
  readonly portcullisShare: 1;
  readonly domainId: string;
  readonly generation: number;
  /** 1 … `shares`. */
  readonly number: number;
  readonly shares: number;
  /** How many are needed. */
  readonly threshold: number;
  /** Of the secret that the shares give: tells a wrong set from a right one, and nothing else. */
  readonly check: string;
  /** Base64. */
  readonly share: string;
}

/** What shares are of. */
export interface SharedSecret {
  readonly domainId: string;
  readonly generation: number;
  readonly shares: number;
  readonly threshold: number;
}

/** 2 ≤ threshold ≤ shares ≤ 255. The caller wipes the secret. */
export async function splitSecret(secret: Uint8Array, of: SharedSecret): Promise<DomainShare[]> {
  const { domainId, generation, shares, threshold } = of;
  // The package takes no subclass of Uint8Array.
  const copy = new Uint8Array(secret);
  const parts = await split(copy, shares, threshold).finally(() => copy.fill(0));
  const same = {
    portcullisShare: 1,
    domainId,
    generation,
    shares,
    threshold,
    check: checkOf(secret, of),
  } as const;
  return parts.map((part, index) => {
    const share = Buffer.from(part).toString('base64');
    part.fill(0);
    return { ...same, number: index + 1, share };
  });
}

/** The secret, which the caller wipes. Fault `usage` when the shares do not belong together, or are too few. */
export async function combineShares(
  shares: readonly DomainShare[],
): Promise<SharedSecret & { readonly secret: Uint8Array }> {
  const [first] = shares;
  if (first === undefined) throw new HsmFault('usage', 'there are no shares');
  const { domainId, generation, threshold, check } = first;
  const of = { domainId, generation, shares: first.shares, threshold };
  for (const share of shares) {
    const same = SAME_IN_ALL.every((name) => share[name] === first[name]);
    if (!same)
      throw new HsmFault('usage', `share ${share.number} is not of the same set as share ${first.number}`);
  }
  const numbers = new Set(shares.map(({ number }) => number));
  if (numbers.size < threshold) {
    throw new HsmFault('usage', `${threshold} different shares are needed, and these are ${numbers.size}`);
  }
  const distinct = [...numbers].map((number) => shares.find((share) => share.number === number)?.share ?? '');
  const secret = await combined(distinct.map((share) => new Uint8Array(Buffer.from(share, 'base64'))));
  if (secret.length === DOMAIN_SECRET_BYTES && checkOf(secret, of) === check) return { ...of, secret };
  secret.fill(0);
  throw new HsmFault('usage', 'the shares give another secret than was split: one of them is damaged');
}

/** Fault `usage` for what is no share. */
export function parseShare(text: string): DomainShare {
  const share = parsed(text);
  const sound =
    share?.portcullisShare === 1 &&
    typeof share.domainId === 'string' &&
    /^[0-9a-f]{32}$/.test(share.domainId) &&
    [share.generation, share.number, share.shares, share.threshold].every(isCount) &&
    typeof share.check === 'string' &&
    typeof share.share === 'string';
  if (sound) return share as DomainShare;
  throw new HsmFault('usage', 'it is no share of a domain');
}

async function combined(parts: Uint8Array[]): Promise<Uint8Array> {
  try {
    return await combine(parts);
  } catch (cause) {
    throw new HsmFault('usage', 'the shares do not fit together: one of them is damaged', { cause });
  } finally {
    for (const part of parts) part.fill(0);
  }
}

function parsed(text: string): Partial<DomainShare> | undefined {
  try {
    return (JSON.parse(text) as Partial<DomainShare> | null) ?? undefined;
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1;
}

/** The secret is 32 random bytes: 8 bytes of a digest tell nothing of it. */
function checkOf(
  secret: Uint8Array,
  { domainId, generation }: Pick<SharedSecret, 'domainId' | 'generation'>,
): string {
  const name = Buffer.from(`portcullis share check/1\0${domainId} ${generation}\0`, 'ascii');
  return hash('sha256', Buffer.concat([name, secret]), 'hex').slice(0, CHECK_DIGITS);
}

const SAME_IN_ALL = ['domainId', 'generation', 'shares', 'threshold', 'check'] as const;
const CHECK_DIGITS = 16;
