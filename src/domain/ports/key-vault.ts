/**
 * The engine's way to key material: made, wrapped and used inside of a token, or of what stands in for one. Material
 * leaves a vault as an exported key token only, which the vault alone can open and which is bound to its key.
 * Methods reject with an `HsmFault` and with nothing else.
 */
import type { CallContext } from './hsm.ts';

/** To what an exported key token, and everything that is encrypted under its material, is bound. */
export interface MaterialBinding {
  readonly account: string;
  readonly keyId: string;
  /** 64 lower-case hex digits. */
  readonly materialId: string;
}

/** What one version of a key's material is, where it is used. */
export interface VaultKey extends MaterialBinding {
  /** The exported key token. */
  readonly token: Uint8Array;
}

export interface NewMaterial {
  readonly materialId: string;
  readonly token: Uint8Array;
}

/** AES-256-GCM under a key that is derived for this message (SP 800-108, counter mode, HMAC-SHA-256). */
export interface VaultCiphertext {
  /** 16 bytes: what the message's key is derived with. */
  readonly nonce: Uint8Array;
  /** 12 bytes. */
  readonly iv: Uint8Array;
  readonly ciphertext: Uint8Array;
  /** 16 bytes. */
  readonly tag: Uint8Array;
}

/** Which of the secrets that the engine keeps is sealed: one purpose never opens what another one sealed. */
export type SealPurpose =
  | 'marker'
  | 'grant-token'
  | 'import-token'
  | 'import-wrapping-key'
  | 'xks-secret'
  | 'seed';

export interface KeyVault {
  /** Where key material is while it works: for operators, and for what is refused in the open. */
  readonly kind: 'token' | 'software';

  /** 32 random bytes made where they will be used. Fault `full` when there is no room. */
  createSymmetric(key: Omit<MaterialBinding, 'materialId'>, context: CallContext): Promise<NewMaterial>;

  /**
   * Takes in 32 bytes that came from outside and wipes them. The same bytes for the same key have the same
   * material id, for another key another one.
   */
  importSymmetric(
    key: Omit<MaterialBinding, 'materialId'>,
    material: Uint8Array,
    context: CallContext,
  ): Promise<NewMaterial>;

  /** `aad` is authenticated as it is, and nothing else of the message: what must be bound belongs in it. */
  encrypt(
    key: VaultKey,
    message: {
      readonly plaintext: Uint8Array;
      readonly aad: (parts: { nonce: Uint8Array; iv: Uint8Array }) => Uint8Array;
    },
    context: CallContext,
  ): Promise<VaultCiphertext>;

  /** Fault `corrupt` when anything does not authenticate, and only then. The plaintext is the caller's to wipe. */
  decrypt(
    key: VaultKey,
    message: VaultCiphertext & { readonly aad: Uint8Array },
    context: CallContext,
  ): Promise<Uint8Array>;

  /** 1 to 1 024 bytes from the token's generator. */
  random(length: number, context: CallContext): Promise<Uint8Array>;

  /** Encrypts under the seal key, bound to the purpose; any length up to 32 KiB. */
  seal(purpose: SealPurpose, text: Uint8Array, context: CallContext): Promise<Uint8Array>;
  /** Fault `corrupt` for everything that {@link seal} did not make for this purpose. */
  unseal(purpose: SealPurpose, sealed: Uint8Array, context: CallContext): Promise<Uint8Array>;

  /** The domain key generation that a token is wrapped under. Fault `corrupt` for what is none. */
  generationOf(token: Uint8Array): number;
  /** The same material wrapped under the current generation; undefined when it is already. */
  rewrap(key: VaultKey, context: CallContext): Promise<Uint8Array | undefined>;
  /** Forgets what it keeps of these materials, since their key is gone. */
  forget(tokens: readonly Uint8Array[]): void;
}
