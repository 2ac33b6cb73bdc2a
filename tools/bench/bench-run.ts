/** What one run leaves in docs/evidence: every figure that the tables are made of, and how it came about. */

export type Operation = 'Encrypt' | 'Encrypt, CDIV' | 'Decrypt';

export interface BenchRun {
  readonly format: 1;
  /** A quick run has too few samples to be published. */
  readonly quick: boolean;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly seconds: number;
  readonly machine: Machine;
  /** Processor time that went to nobody of ours, of all there was. */
  readonly othersShare: number;
  readonly message: MessageSizes;
  /** The raw loop, once before everything else and once after. */
  readonly tokenLoops: readonly TokenLoop[];
  readonly points: readonly ClosedPoint[];
  readonly steady: readonly SteadyPoint[];
  readonly memory: readonly MemoryChange[];
  readonly profile: ProfiledRun;
  /** Places of this machine are left out. */
  readonly commands: readonly string[];
}

/** One soak, in a file of its own. */
export interface SoakRun {
  readonly format: 1;
  readonly startedAt: string;
  readonly minutes: number;
  readonly machine: Machine;
  readonly steady: SteadyPoint;
  readonly samples: readonly MemorySample[];
  readonly proxyMbPerHour: number;
  readonly hostMbPerHour: number;
  readonly commands: readonly string[];
}

export interface Machine {
  readonly commit: string;
  /** Something other than documents differed from the commit. */
  readonly dirty: boolean;
  readonly node: string;
  readonly openssl: string;
  readonly softhsm: string;
  readonly wrk: string;
  readonly kernel: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryMb: number;
  /** One, five and fifteen minutes, before the run. */
  readonly loadBefore: readonly number[];
}

export interface MessageSizes {
  readonly plaintextBytes: number;
  readonly aadBytes: number;
  /** Head and body on the wire, Encrypt without CDIV. */
  readonly requestBytes: number;
  readonly replyBodyBytes: number;
}

export interface TokenLoop {
  readonly seconds: number;
  readonly encryptPerSecond: number;
  readonly decryptPerSecond: number;
  /** What a CDIV costs the token: encrypt, then decrypt. */
  readonly encryptAndDecryptPerSecond: number;
}

/** wrk: as many requests at once as connections, each sent when the answer to the one before is in. */
export interface ClosedPoint extends Latency {
  /** `pair`: two proxies on one port, over one token. */
  readonly server: 'echo' | 'proxy' | 'pair';
  readonly operation: Operation;
  readonly tls: boolean;
  readonly connections: number;
  readonly seconds: number;
  readonly requests: number;
  readonly errors: number;
  readonly perSecond: number;
  /** CPU time of all its threads for each request; undefined for the echo's missing host. */
  readonly proxyCpuMicros: number;
  readonly hostCpuMicros?: number;
}

/** Requests on a schedule that does not wait for answers; latency counts from the scheduled moment. */
export interface SteadyPoint extends Latency {
  readonly operation: Operation;
  readonly tls: boolean;
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly requests: number;
  readonly errors: number;
  readonly maxMs: number;
  /** From the moment it was really sent: what is left is the client's own lateness. */
  readonly sinceSent: Latency;
}

export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
}

export interface MemoryChange {
  readonly tls: boolean;
  readonly requests: number;
  readonly proxyBeforeMb: number;
  readonly proxyAfterMb: number;
  readonly hostBeforeMb: number;
  readonly hostAfterMb: number;
}

export interface MemorySample {
  readonly atSeconds: number;
  readonly proxyMb: number;
  readonly hostMb: number;
}

export interface ProfiledRun {
  readonly connections: number;
  readonly requests: number;
  readonly proxy: ProfileSummary;
  readonly host: ProfileSummary;
}

export interface ProfileSummary {
  readonly busySeconds: number;
  readonly idleSeconds: number;
  /** By the function itself, most first. Shares are of the busy time. */
  readonly functions: readonly { readonly name: string; readonly file: string; readonly share: number }[];
  /** By the room of ours, or the library, on whose behalf the time was spent. */
  readonly areas: readonly { readonly area: string; readonly share: number }[];
}
