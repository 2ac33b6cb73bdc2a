/** What `npm run bench -- kms` leaves in docs/evidence. */
import type { Latency, Machine, MessageSizes, ProfileSummary } from './bench-run.ts';
import type { RawScheme } from './device-run.ts';

export type KmsOperation = 'Encrypt' | 'Decrypt' | 'GenerateDataKey';

export interface KmsRun {
  readonly format: 1;
  /** A quick run has too few samples to be published. */
  readonly quick: boolean;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly seconds: number;
  readonly machine: Machine;
  /** Processor time that went to nobody of ours, of all there was. */
  readonly othersShare: number;
  readonly message: Pick<MessageSizes, 'plaintextBytes' | 'requestBytes' | 'replyBodyBytes'>;
  /** The token alone, once before everything else and once after. */
  readonly tokenLoops: readonly RawScheme[];
  readonly points: readonly KmsPoint[];
  /** Keys that nobody has used since the start: records come from the file, material has to be unwrapped. */
  readonly firstUses: readonly KmsSeries[];
  /** When every key has been used. */
  readonly rounds: readonly KmsRound[];
  readonly starts: readonly KmsStart[];
  readonly memory: readonly KmsMemory[];
  readonly profile: KmsProfile;
  /** Places of this machine are left out. */
  readonly commands: readonly string[];
}

/** What wrk measured of one server. */
export interface KmsLoad extends Latency {
  readonly connections: number;
  readonly seconds: number;
  readonly requests: number;
  readonly errors: number;
  readonly perSecond: number;
  /** CPU time of all its threads for each request; undefined for the echo's missing host. */
  readonly serverCpuMicros: number;
  readonly hostCpuMicros?: number;
}

/** At so many connections, over the keys of the smallest store: the fastest of several measurements. */
export interface KmsPoint extends KmsLoad {
  /** `pair`: two engines on one port, over one PostgreSQL database. */
  readonly server: 'echo' | 'engine' | 'pair';
  readonly operation: KmsOperation;
  /** Of every measurement, `perSecond` among them. */
  readonly rates: readonly number[];
  /** Of all measurements together. `errors` is so too. */
  readonly allRequests: number;
}

/** Every series right after one another, so that whatever else the machine does meanwhile touches all of them. */
export type KmsRound = readonly KmsSeries[];

export interface KmsSeries extends KmsLoad {
  readonly keys: number;
  /** `hot`: always the same few keys; `uniform`: any key, each as likely as the others; `first`: each key once. */
  readonly access: 'hot' | 'uniform' | 'first';
}

export interface KmsStart {
  readonly keys: number;
  /** From the start of the process until it listens, and until the first Encrypt is answered. */
  readonly listeningMs: number;
  readonly encryptedMs: number;
}

export interface KmsMemory {
  readonly keys: number;
  readonly when: 'started' | 'after all rounds';
  readonly engineMb: number;
  readonly hostMb: number;
}

export interface KmsProfile {
  readonly connections: number;
  readonly requests: number;
  readonly engine: ProfileSummary;
  readonly host: ProfileSummary;
}
