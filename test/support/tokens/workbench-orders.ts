/** What the two ends of a workbench tell each other. */

export interface WorkbenchOrder {
  readonly module: string;
  readonly libraryParameters?: string;
  readonly label?: string;
  readonly pin?: string;
  readonly job: WorkbenchJob;
}

export type WorkbenchJob =
  /** Every initialised token that the module shows. */
  | { readonly do: 'look' }
  /** The mechanisms of the token. */
  | { readonly do: 'list mechanisms' }
  | { readonly do: 'make keys'; readonly keys: readonly KeyOrder[] }
  /** All secret keys with one of these labels. */
  | { readonly do: 'delete keys'; readonly labels: readonly string[] }
  /** Known answers under session keys. */
  | { readonly do: 'ask known answers' };

export interface WorkbenchResults {
  readonly look: readonly TokenSeen[];
  readonly 'list mechanisms': readonly MechanismSeen[];
  /** For each key, why the token did not make it; empty where it did. */
  readonly 'make keys': readonly string[];
  /** How many there were. */
  readonly 'delete keys': number;
  readonly 'ask known answers': Readonly<Record<MechanismName, KnownAnswer>>;
}

export interface KeyOrder {
  readonly label: string;
  readonly idHex: string;
  readonly type: 'AES' | 'GENERIC_SECRET' | 'SHA256_HMAC';
  /** No other usage is allowed. */
  readonly usages: readonly KeyOrderUsage[];
  /** 256 unless given. */
  readonly bits?: number;
  readonly extractable?: boolean;
  /** True unless given. */
  readonly sensitive?: boolean;
  /** Imports this value instead of generating one. */
  readonly valueHex?: string;
}

export type KeyOrderUsage = 'encrypt' | 'decrypt' | 'sign' | 'verify' | 'wrap' | 'unwrap' | 'derive';

export interface TokenSeen {
  readonly label: string;
  readonly serial: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly firmware: string;
  readonly library: string;
  /** CKF_USER_PIN_COUNT_LOW, CKF_USER_PIN_FINAL_TRY or CKF_USER_PIN_LOCKED. */
  readonly pinTroubled: boolean;
}

export interface MechanismSeen {
  /** `CKM_AES_GCM`, or `0x…` where the binding has no name. */
  readonly name: string;
  readonly minKeySize: number;
  readonly maxKeySize: number;
}

/** Those that Portcullis has a use for. */
export type MechanismName =
  | 'CKM_AES_GCM'
  | 'CKM_AES_CMAC'
  | 'CKM_SHA256_HMAC'
  | 'CKM_AES_CBC'
  | 'CKM_AES_ECB';

/**
 * - `right`, `wrong`: what came out, against what has to
 * - a return value, such as `CKR_MECHANISM_INVALID`: refused
 */
export type KnownAnswer = 'right' | 'wrong' | `CKR_${string}` | `no key: ${string}`;
