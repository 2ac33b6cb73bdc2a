/** What the two ends of a token host's connection and the PKCS#11 code between them tell each other of tokens and keys. */

/** A token as C_GetTokenInfo and C_GetMechanismList describe it. */
export interface OpenedToken {
  readonly label: string;
  readonly serial: string;
  readonly vendor: string;
  readonly model: string;
  readonly userPinLocked: boolean;
  readonly userPinFinalTry: boolean;
  readonly userPinCountLow: boolean;
  readonly userPinInitialized: boolean;
  /** Mechanism types that the slot lists, CKM numbers. */
  readonly mechanisms: readonly number[];
}

/** An AES key to be made on the token. */
export interface AesKeyRequest {
  readonly label: string;
  readonly idHex: string;
  readonly bits: 128 | 192 | 256;
  readonly extractable: boolean;
  readonly encrypt: boolean;
  readonly decrypt: boolean;
}

/** A token to be initialised. Holds PINs: wipe what carries it. */
export interface NewToken {
  readonly label: string;
  readonly soPin: string;
  readonly pin: string;
}
