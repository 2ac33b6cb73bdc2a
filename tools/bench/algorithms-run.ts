/** What `npm run bench -- kms-algorithms` leaves in docs/evidence. */
import type { Latency, Machine } from './bench-run.ts';

export interface AlgorithmsRun {
  readonly format: 1;
  /** A quick run has too few samples to be published. */
  readonly quick: boolean;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly seconds: number;
  readonly machine: Machine;
  /** Processor time that went to nobody of ours, of all there was. */
  readonly othersShare: number;
  readonly points: readonly AlgorithmPoint[];
  readonly disturbances: readonly Disturbance[];
  /** Places of this machine are left out. */
  readonly commands: readonly string[];
}

/** One operation with one algorithm of one key spec, through the whole engine. */
export interface AlgorithmPoint extends WorkName {
  readonly connections: number;
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly raw: RawWork;
}

export interface WorkName {
  readonly operation: string;
  /** Of the key, or of the pair that is made. */
  readonly spec: string;
  /** Of the API; empty where there is no choice. */
  readonly algorithm: string;
}

/** The same work without the engine, in one process, one after the other. */
export interface RawWork {
  readonly where: 'token' | 'node:crypto' | '@noble';
  readonly perSecond: number;
}

/**
 * The disturber that the engine has no part in: a process as little urgent as its slow work, which computes and does
 * nothing else. What it does to the engine, the machine does.
 */
export const OUTSIDE_LOOP = 'a loop outside of the engine';

/** Symmetric Encrypt at a steady rate, while something else goes on. */
export interface Disturbance extends Latency {
  /** Empty: nothing else. */
  readonly by: string;
  readonly ratePerSecond: number;
  readonly requests: number;
  readonly errors: number;
  readonly maxMs: number;
  /** Of what goes on beside it. */
  readonly besidePerSecond: number;
}
