/** What GetHealthStatus says of the tokens behind a path prefix (XKS Proxy API specification, "GetHealthStatus"). */
import type { TokenHealth, TokenStatus } from '../ports/hsm.ts';

export interface ManagerHealth {
  /** Unique within one summary: the token's configured name. */
  readonly id: string;
  /** Product and version. */
  readonly model: string;
  readonly status: TokenStatus;
}

export interface HealthSummary {
  /** Makers of the tokens; several are joined. */
  readonly managerVendor: string;
  /** 1 … 10 entries. */
  readonly managers: readonly ManagerHealth[];
}

/**
 * Sums up the tokens in their order. More than ten are cut to ten that still tell the truth: failures are
 * kept before working tokens, but one working token always stays, since KMS takes "all unavailable" as
 * "unreachable". A prefix without keys depends on no token, so nothing of it can be down: one ACTIVE entry
 * says that, and KMS can connect the store before its first key is mapped.
 * @req X-43 X-44
 */
export function summariseHealth(tokens: readonly TokenHealth[]): HealthSummary {
  if (tokens.length === 0) return NO_TOKENS;
  return {
    managerVendor: [...new Set(tokens.map((token) => token.vendor))].join(' / '),
    managers: atMostTen(tokens).map(({ token, model, status }) => ({ id: token, model, status })),
  };
}

function atMostTen(tokens: readonly TokenHealth[]): readonly TokenHealth[] {
  if (tokens.length <= MAX_MANAGERS) return tokens;
  const working = tokens.find((token) => token.status === 'ACTIVE');
  const failing = tokens.filter((token) => token.status !== 'ACTIVE');
  const others = tokens.filter((token) => token.status === 'ACTIVE' && token !== working);
  const kept = new Set(
    [...(working === undefined ? [] : [working]), ...failing, ...others].slice(0, MAX_MANAGERS),
  );
  return tokens.filter((token) => kept.has(token));
}

const MAX_MANAGERS = 10;
const NO_TOKENS: HealthSummary = {
  managerVendor: 'Portcullis',
  managers: [{ id: 'no-keys', model: 'no token, as no key is mapped', status: 'ACTIVE' }],
};
