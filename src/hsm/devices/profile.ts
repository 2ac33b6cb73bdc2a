/**
 * What is known of a kind of device before it is asked: static quirks as data. A profile is plain JSON, since a
 * token host gets it whole in its `open` message. What a device can do is this profile and what a probe finds
 * (features.ts).
 */
import type { AeadScheme } from '../../domain/hsm/aead-scheme.ts';
import type { Curve, OaepHash } from './features.ts';
import type { PinForm } from './pin-form.ts';

export interface DeviceProfile {
  /** As in `tokens[].device`. */
  readonly name: string;
  /** For operators, and for health before the token was ever reached. */
  readonly vendor: string;
  readonly model: string;
  /** Scheme of keys and health keys for which configuration names none. For ever: stored ciphertexts depend on it. */
  readonly defaultScheme: AeadScheme;
  /** What a user PIN must look like. Any other is never sent: it could cost a try. */
  readonly pin: PinForm;
  /** Environment variable that names the module's configuration file; absent where it has none. */
  readonly configFileVariable?: string;
  /** Whether the module takes a text in C_Initialize (`libraryParameters`). */
  readonly libraryParameters: 'refused' | 'optional' | 'required';
  /** Such a text, for whoever forgot it; without it, or the configuration file, the module cannot work. */
  readonly parametersExample?: string;

  /** Sessions this process may hold open, the sentinel included. */
  readonly maxSessions: number;
  /** Calls that may wait inside a token host's socket at once; the rest waits in the supervisor, fairly. */
  readonly fastWindow: number;
  /** Token hosts that may run side by side on one token. */
  readonly maxHosts: number;
  /** How long one call may take before the host counts as hung, by deadline class. */
  readonly hangMs: {
    readonly crypto: number;
    readonly metadata: number;
    readonly login: number;
    readonly keyGeneration: number;
  };
  /** Longest wait between two attempts to start a host: short where an attempt costs the device nothing. */
  readonly longestRestartMs: number;
  /** What a host does, in this order, before it ends. Otherwise it just ends. */
  readonly farewell: readonly FarewellCall[];

  /** CK_RV values by which C_Decrypt may mean "this does not authenticate", beside the unambiguous ones. */
  readonly tagFailureCodes: readonly number[];
  /** CK_RV values after which this module does nothing more for this process, beside those of every module. */
  readonly hostEndingCodes: readonly number[];
  /** Least time between two canary decryptions that settle ambiguous answers. */
  readonly canaryDistanceMs: number;
  /** After a failed login, C_GetTokenInfo shows CKF_USER_PIN_COUNT_LOW until the next good one. */
  readonly showsFailedLogins: boolean;

  /** Longest CKA_LABEL and CKA_ID; absent where the device allows all that configuration takes. */
  readonly maxLabelBytes?: number;
  readonly maxIdBytes?: number;
  /** Bytes of the CKA_ID that `keys create` makes up. */
  readonly newIdBytes: number;
  /** Why `keys create` can make no key here, and what to do instead; absent where it can. */
  readonly keysMadeElsewhere?: string;

  /** Keys with CKA_TOKEN false live in a session and go with it: only then can a mechanism be tried with one. */
  readonly sessionKeys: boolean;
  /**
   * The module shows every AES key as a generic secret without a length that encrypts and decrypts, whatever it is,
   * and the device has no other work for such keys. What one may do is then tried, and its length is the operator's word.
   */
  readonly showsAesKeysAlike?: true;
  /** Most input bytes of one call, associated data included; absent where only our frames set a limit. */
  readonly maxDataBytes?: number;
  /**
   * Symmetric key materials that may lie in a token host's session objects at a time, and five times the number of all
   * others; 10 000 where the device sets no limit.
   */
  readonly maxWorkingKeys?: number;
  /** Mechanism (CKM number) that wraps keys of any length as in RFC 5649; absent where nothing does. */
  readonly keyWrapPad?: number;
  /** Attribute by which C_UnwrapKey has to be told the bare public point of an elliptic-curve key; absent where it needs none. */
  readonly unwrappedPoint?: number;
  /** Mechanisms (CKM numbers) that the module does although it does not list them. */
  readonly unlistedMechanisms: readonly number[];
  /** Curves and OAEP hashes, of which mechanism lists say nothing; absent where a probe tries them, or nobody knows. */
  readonly curves?: readonly Curve[];
  readonly oaepHashes?: readonly OaepHash[];

  /** What its operator has to know; whole sentences. */
  readonly notes: readonly string[];
}

/** PKCS#11 functions of an orderly end. */
export const FAREWELL_CALLS = ['C_CloseAllSessions', 'C_Finalize'] as const;

export type FarewellCall = (typeof FAREWELL_CALLS)[number];
