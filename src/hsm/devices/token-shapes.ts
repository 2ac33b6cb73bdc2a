/** What the two ends of a token host's connection and the PKCS#11 code between them tell each other of tokens and keys. */
import type { AeadScheme } from '../../domain/hsm/aead-scheme.ts';

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

/** A key to be made on the token: 256 bits, sensitive, not extractable, with the usages that its scheme needs. */
export interface NewKeyRequest {
  readonly label: string;
  readonly idHex: string;
  readonly scheme: AeadScheme;
}

/** A token to be initialised. Holds PINs: wipe what carries it. */
export interface NewToken {
  readonly label: string;
  readonly soPin: string;
  readonly pin: string;
}
