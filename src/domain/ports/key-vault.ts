/**
 * The engine's way to key material: made, wrapped and used inside of a token, or of what stands in for one. Material
 * leaves a vault as an exported key token only, which the vault alone can open and which is bound to its key.
 * Methods reject with an `HsmFault` and with nothing else.
 */
import type {
  AgreementRow,
  EncapsulationRow,
  MacRow,
  RsaEncryptionRow,
  SignatureRow,
} from '../key/algorithms.ts';
import type { KeyKind } from '../key/key-specs.ts';
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

/** Whose material it is, before it has an id. */
export type MaterialOwner = Omit<MaterialBinding, 'materialId'>;

/** What the material is for: a spec and a usage that a key can have together. */
export type MaterialKind = Pick<KeyKind, 'spec' | 'usage'>;

/** What is signed, with what. */
export interface SigningRequest {
  readonly row: SignatureRow;
  /**
   * `digest` for RSA and ECDSA, and for Ed25519ph, which hashes it once more; `message` for Ed25519 and ML-DSA; `mu`
   * for ML-DSA where the caller has computed μ (FIPS 204, 6.2).
   */
  readonly form: 'digest' | 'message' | 'mu';
  /** At most 4 096 bytes; a digest and μ have the row's length. */
  readonly input: Uint8Array;
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

  /**
   * New key material of this kind, made where it will be used; from the token's generator where it works in the host.
   * Fault `full` when there is no room, `unsupported` for a kind that this vault cannot have.
   */
  create(key: MaterialOwner, kind: MaterialKind, context: CallContext): Promise<NewMaterial>;

  /**
   * Takes in material that came from outside and wipes it: 32 bytes for a symmetric key, as many as the MAC for an HMAC
   * key, else PKCS#8 DER (RFC 5958; ML-DSA and ML-KEM with their seed: RFC 9881, RFC 9935). The same material for the
   * same key has the same material id, for another key another one. Fault `usage` for what is no key of this kind.
   */
  import(
    key: MaterialOwner,
    kind: MaterialKind,
    material: Uint8Array,
    context: CallContext,
  ): Promise<NewMaterial>;

  /** SubjectPublicKeyInfo, DER, authenticated as this key's, and as of this kind. Fault `corrupt` where it is not. */
  publicKey(key: VaultKey, kind: MaterialKind, context: CallContext): Promise<Uint8Array>;

  /** The signature as the API has it: I2OSP for RSA, the DER of ECDSA-Sig-Value, else as RFC 8032 and FIPS 204. */
  sign(key: VaultKey, request: SigningRequest, context: CallContext): Promise<Uint8Array>;

  /** All bytes of the HMAC. */
  mac(key: VaultKey, row: MacRow, message: Uint8Array, context: CallContext): Promise<Uint8Array>;

  /**
   * What was encrypted to the public half of an RSA key; the caller wipes it. Fault `corrupt` when the padding is not
   * right, for whatever reason, in the same time.
   */
  decryptRsa(
    key: VaultKey,
    row: RsaEncryptionRow,
    ciphertext: Uint8Array,
    context: CallContext,
  ): Promise<Uint8Array>;

  /**
   * The secret shared with the holder of a public key, which the caller has made sure to be a point of the row's curve:
   * uncompressed, `04 ‖ x ‖ y`. The caller wipes it.
   */
  agree(key: VaultKey, row: AgreementRow, peer: Uint8Array, context: CallContext): Promise<Uint8Array>;

  /**
   * 32 bytes, which the caller wipes; for a ciphertext of the right length that was not made for this key, other ones
   * (FIPS 203, implicit rejection).
   */
  decapsulate(
    key: VaultKey,
    row: EncapsulationRow,
    ciphertext: Uint8Array,
    context: CallContext,
  ): Promise<Uint8Array>;

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
