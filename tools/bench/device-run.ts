/** What `npm run bench -- devices` leaves in docs/evidence: each token of this machine, scheme by scheme. */
import type { AeadScheme } from '../../src/domain/hsm/aead-scheme.ts';
import type { Latency, Machine, MessageSizes } from './bench-run.ts';

export interface DeviceRun {
  readonly format: 1;
  readonly quick: boolean;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly seconds: number;
  readonly machine: Machine;
  /** Processor time that went to nobody of ours, of all there was. */
  readonly othersShare: number;
  readonly message: Pick<MessageSizes, 'plaintextBytes' | 'aadBytes'>;
  readonly tokens: readonly TokenResult[];
  /** Kinds of token that this machine lacks, with the reason. */
  readonly absent: readonly { readonly token: string; readonly reason: string }[];
  readonly commands: readonly string[];
}

export interface TokenResult {
  readonly token: string;
  readonly profile: string;
  readonly schemes: readonly SchemeResult[];
  /** Schemes for which the token makes no key or has no mechanism. */
  readonly without: readonly { readonly scheme: AeadScheme; readonly reason: string }[];
}

export interface SchemeResult {
  readonly scheme: AeadScheme;
  readonly raw: RawScheme;
  readonly fleet: FleetScheme;
}

/** One process, one prepared session, one call after the other. */
export interface RawScheme {
  /** PKCS#11 calls for one message, each an Init and what it begins. */
  readonly calls: number;
  /** Messages a second whose calls were made, and nothing else. */
  readonly callsPerSecond: number;
  /** Messages a second that were encrypted; for native GCM the calls do that themselves. */
  readonly sealPerSecond: number;
}

/** Through one token host, as the proxy does it, without HTTP. */
export interface FleetScheme {
  /** One at a time. */
  readonly alone: Latency & { readonly perSecond: number };
  /** Sixteen at a time. */
  readonly sealPerSecond: number;
  readonly openPerSecond: number;
  readonly errors: number;
}
