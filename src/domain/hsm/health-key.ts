import type { AeadScheme } from './aead-scheme.ts';
import type { KeySelector } from './key-selector.ts';

/** The key of a token that only health checks use, and the scheme in which they use it. */
export interface HealthKey extends KeySelector {
  readonly scheme: AeadScheme;
}
