/** What is known of a kind of device before it is asked: static quirks as data. */

export interface DeviceProfile {
  readonly name: string;
  /** For operators, and for health before the token was ever reached. */
  readonly vendor: string;
  readonly model: string;
  /** Sessions this process may hold open, the sentinel included. */
  readonly maxSessions: number;
  /** Calls that may wait inside a token host's socket at once; the rest waits in the supervisor, fairly. */
  readonly fastWindow: number;
  /** How long one call may take before the host counts as hung, by deadline class. */
  readonly hangMs: {
    readonly crypto: number;
    readonly metadata: number;
    readonly login: number;
    readonly keyGeneration: number;
  };
  /** Longest wait between two attempts to start a host: short where an attempt costs the device nothing. */
  readonly longestRestartMs: number;
  /** Token hosts that may run side by side on one token. */
  readonly maxHosts: number;
  /** CK_RV values by which C_Decrypt may mean "this does not authenticate", beside the unambiguous ones. */
  readonly tagFailureCodes: readonly number[];
  /** Least time between two canary decryptions that settle ambiguous answers. */
  readonly canaryDistanceMs: number;
  /** After a failed login, C_GetTokenInfo shows CKF_USER_PIN_COUNT_LOW until the next good one. */
  readonly showsFailedLogins: boolean;
}
