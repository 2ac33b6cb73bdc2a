/**
 * What the engines need from hardware security modules. PKCS#11 handles, constants and sessions stay
 * behind these interfaces. Every method rejects with an `HsmFault` and with nothing else.
 */
import type { AeadScheme } from '../hsm/aead-scheme.ts';
import type { KeySelector } from '../hsm/key-selector.ts';

/** A key object: the token's configured name and the attributes that find the object there. */
export interface TokenKey {
  readonly token: string;
  readonly selector: KeySelector;
}

/** Who asks, and until when the answer is worth anything. */
export interface CallContext {
  /** Fair-share class, 0 … 65 535: each path prefix has its own. */
  readonly tenant: number;
  /** On the clock's monotonic scale: the caller gets `timeout` at this moment. */
  readonly deadlineMs: number;
  /** Filled in on the way, for the log; absent where nobody will read it. */
  readonly trace?: CallTrace;
}

/** Where the time of a request went behind the port, summed over its calls. */
export interface CallTrace {
  /** Waiting for a place at the token. */
  queueMs: number;
  /** From being sent to a token host until its answer. */
  tokenMs: number;
  /** Process id of the host that answered last. */
  host: number | undefined;
}

/** A PKCS#11 usage attribute, without its `CKA_`. */
export type KeyUsage = 'ENCRYPT' | 'DECRYPT' | 'SIGN' | 'VERIFY' | 'WRAP' | 'UNWRAP' | 'DERIVE';

/** What the token says of a key object, read when it was located. */
export interface KeyDescription {
  readonly keyType: 'AES' | 'GENERIC_SECRET' | 'SHA256_HMAC' | 'OTHER';
  /** 0 where the token does not tell. */
  readonly bits: number;
  readonly canEncrypt: boolean;
  readonly canDecrypt: boolean;
  readonly canSign: boolean;
  readonly canVerify: boolean;
  readonly canWrap: boolean;
  readonly canUnwrap: boolean;
  readonly canDerive: boolean;
  /** Usages of which the token would not tell whether the key has them; above they are false. Absent when there are none. */
  readonly withheld?: readonly KeyUsage[];
  /**
   * The module shows all AES keys alike. Whether this one encrypts and decrypts was tried on the device, and `bits` is
   * 0, since nothing tells them. Absent where the attributes are those of the key.
   */
  readonly tried?: true;
  readonly extractable: boolean;
  readonly sensitive: boolean;
  /** Check value, lower-case hex, of a kind that depends on what the key may do (docs/aead.md); absent where the token will not give it. */
  readonly kcvHex?: string;
  readonly label: string;
  readonly idHex: string;
  /** Serial number of the token that holds it. */
  readonly tokenSerial: string;
}

export interface KeyDirectory {
  /**
   * Locates and describes a key. Answers come from memory while the token's login lasts.
   * Faults: `not-found`, `ambiguous`, `unavailable`, `timeout`, …
   */
  describe(key: TokenKey, context: CallContext): Promise<KeyDescription>;
  /**
   * Lets the next description come from the token again: for a key that is refused for what is remembered of
   * it. False, and nothing changes, when that is only seconds old.
   */
  refresh(key: TokenKey): boolean;
}

/** What an AEAD made of a plaintext. `metadata` is empty for native GCM of generation 0. */
export interface Sealed {
  readonly ciphertext: Uint8Array;
  readonly iv: Uint8Array;
  readonly tag: Uint8Array;
  readonly metadata: Uint8Array;
}

/** `any object` is for keys that nobody had to admit, such as a health key. */
export type Admitted = KeyDescription | 'any object';

/** Which key of the token, and in which role. Schemes that derive keys bind all of the role into each of them. */
export interface KeyRole {
  readonly key: TokenKey;
  /** The description on which the key was admitted: another object in its place is refused with `unavailable`. */
  readonly admitted: Admitted;
  readonly scheme: AeadScheme;
  /** Key generation, 0 … 65 535. */
  readonly generation: number;
  /** The external key id, or another name that no external key can have. */
  readonly keyName: string;
}

export interface SealRequest extends KeyRole {
  readonly plaintext: Uint8Array;
  /** Builds the associated data once the scheme has chosen its metadata. */
  readonly aad: (metadata: Uint8Array) => Uint8Array;
}

export interface OpenRequest extends KeyRole {
  readonly ciphertext: Uint8Array;
  readonly iv: Uint8Array;
  readonly tag: Uint8Array;
  /** As it came with the ciphertext. */
  readonly metadata: Uint8Array;
  /** The complete associated data, metadata included. */
  readonly aad: Uint8Array;
}

/**
 * Authenticated encryption under a token's key: AES-256-GCM, 16-byte tag, IV of 12 (or, to open what native
 * GCM of another proxy made, 16) bytes.
 */
export interface Aead {
  seal(request: SealRequest, context: CallContext): Promise<Sealed>;
  /** Fault `corrupt` when anything does not authenticate, `unavailable` when the token is at fault. */
  open(request: OpenRequest, context: CallContext): Promise<Uint8Array>;
}

export type TokenStatus = 'ACTIVE' | 'DEGRADED' | 'UNAVAILABLE';

/** A token's health as last measured by encrypting and decrypting with its health key. */
export interface TokenHealth {
  readonly token: string;
  /** Maker, for example `SoftHSM project`. */
  readonly vendor: string;
  /** Product and version, for example `SoftHSM v2 2.6`. */
  readonly model: string;
  readonly status: TokenStatus;
  /** Why it is not ACTIVE; empty when it is. For logs and operators. */
  readonly reason: string;
}

export interface HealthMonitor {
  /** Never blocks, never throws: what is known now of each token. A measurement over a minute old counts as UNAVAILABLE. */
  health(tokens: readonly string[]): TokenHealth[];
}
