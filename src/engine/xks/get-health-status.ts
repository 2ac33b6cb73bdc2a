/** GetHealthStatus (XKS Proxy API specification, "GetHealthStatus"). Exempt from the policy of the path prefix. */
import { type HealthSummary, summariseHealth } from '../../domain/xks/health-summary.ts';
import { everyGeneration } from '../../domain/xks/key-generations.ts';
import type { KeyStore } from '../../domain/xks/key-store.ts';
import type { XksEngine } from './xks-engine.ts';

/**
 * Names of the tokens that hold keys of this store, in the order of its key map: disabled keys and generations
 * that only decrypt included, as whoever needs what those encrypted needs their token.
 */
export function tokensOf(store: KeyStore): readonly string[] {
  return [...new Set(everyGeneration(store).map((mapped) => mapped.key.token))];
}

/**
 * What the background measurements know of the tokens behind one prefix: their own dedicated health keys
 * were used to encrypt and decrypt, never a mapped key. Answers from memory, so a frozen token cannot delay it.
 * @req X-04 X-40 X-41 X-42 X-45
 */
export function getHealthStatus(engine: XksEngine, tokens: readonly string[]): HealthSummary {
  return summariseHealth(engine.health.health(tokens));
}
