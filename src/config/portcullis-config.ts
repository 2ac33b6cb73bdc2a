/** A configuration that passed every check: absolute paths, resolved secrets, domain objects. */
import type { HealthKey } from '../domain/hsm/health-key.ts';
import type { SeedKey } from '../domain/key/seed-key.ts';
import type { KmsCaller } from '../domain/kms/caller.ts';
import type { Secret } from '../domain/secret.ts';
import type { KeyStore } from '../domain/xks/key-store.ts';
import type { DeviceProfile } from '../hsm/devices/profile.ts';

export interface PortcullisConfig {
  /** Absolute path of the file that it was read from. */
  readonly file: string;
  /** Every file whose content is part of it: itself, secrets, profiles, TLS. Absolute paths. */
  readonly sources: readonly string[];
  readonly proxy: ProxyConfig;
  readonly metrics?: { readonly host: string; readonly port: number };
  readonly control?: { readonly socketPath: string };
  readonly stateDir: string;
  readonly log: { readonly level: LogLevel };
  /** Bound on encryptions under one key; `fleetShare` is above 0, up to 1. */
  readonly invocations: { readonly fleetShare: number; readonly refuse: boolean };
  readonly tokens: readonly TokenConfig[];
  /** None: no proxy listener. */
  readonly keyStores: readonly KeyStore[];
  /** Absent: no KMS engine. */
  readonly kms?: KmsConfig;
  /** Odd but allowed; each names its place in the file. */
  readonly warnings: readonly string[];
}

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

export interface ProxyConfig {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Shared with other processes. */
  readonly reusePort: boolean;
  readonly tls?: TlsFiles;
  /** Proxies behind the same endpoint, this one included; reported to KMS. */
  readonly fleetSize: number;
  readonly limits: ProxyLimits;
  readonly tokenDeadlineMs: number;
  readonly replyDeadlineMs: number;
}

export interface ProxyLimits {
  readonly bodyBytes: number;
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly maxConnections: number;
  readonly drainGraceMs: number;
}

/** Absolute paths of PEM files. `clientCaFile` and `clientSubjects` come together or not at all. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  readonly clientCaFile?: string;
  /** Names that a client certificate must carry, compared as a whole. */
  readonly clientSubjects?: readonly string[];
}

export interface KmsConfig {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Shared with other processes. */
  readonly reusePort: boolean;
  /** Absolute paths of PEM files. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  /** Name of the token with the domain's keys; absent: key material is in the memory of the process. */
  readonly token?: string;
  readonly store: KmsStoreConfig;
  readonly access: { readonly mode: 'verify' | 'open'; readonly credentials: readonly KmsCredential[] };
  readonly allowClockControl: boolean;
  /** What its seed file names; none without such a file. */
  readonly seed: readonly SeedKey[];
  /** Each under a name of its own. */
  readonly events: readonly EventSinkConfig[];
  readonly limits: {
    readonly keys: number;
    readonly aliasesPerKey: number;
    readonly onDemandRotations: number;
  };
}

/** `file` is an absolute path. */
export type EventSinkConfig = { readonly name: string } & (
  | { readonly file: string }
  | { readonly http: { readonly url: string; readonly authorization?: Secret; readonly timeoutMs: number } }
  | { readonly stdout: true }
);

/** `sqlite` is the absolute path of the file. */
export type KmsStoreConfig = 'memory' | { readonly sqlite: string } | { readonly postgres: PostgresConfig };

export interface PostgresConfig {
  /** Name, address, or absolute path of the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password?: Secret;
  /** Absolute paths of PEM files. `certFile` and `keyFile` come together or not at all. */
  readonly tls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string };
}

export interface KmsCredential {
  readonly accessKeyId: string;
  readonly secret: Secret;
  readonly caller: KmsCaller;
}

export interface TokenConfig {
  readonly name: string;
  /** Name of the device profile, with the absolute path of the file that changes it. */
  readonly device: string;
  readonly profile: DeviceProfile;
  /** Absolute path of the PKCS#11 module. */
  readonly module: string;
  readonly env: Readonly<Record<string, string>>;
  readonly libraryParameters?: string;
  /** What identifies the token among the module's slots; at least one is present, and both must match. */
  readonly token: { readonly label?: string; readonly serial?: string };
  readonly pin: Secret;
  readonly healthKey: HealthKey;
  /** Token host processes for this token. */
  readonly hosts: number;
}
