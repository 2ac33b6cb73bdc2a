/**
 * A vault in this process's memory, for machines without a PKCS#11 module and for tests: the same formats as in a
 * token, so that what one made the other opens if they share their secrets, and none of a token's protection. What key
 * pairs need is loaded by the first call that needs it: most tests of other programs have symmetric keys alone.
 */
import { createHmac, diffieHellman } from 'node:crypto';
import { Bug } from '../../domain/bug.ts';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type {
  AgreementRow,
  EncapsulationRow,
  MacRow,
  RsaEncryptionRow,
} from '../../domain/key/algorithms.ts';
import { SYMMETRIC } from '../../domain/key/key-specs.ts';
import type { Entropy } from '../../domain/ports/entropy.ts';
import type {
  KeyVault,
  MaterialKind,
  MaterialOwner,
  NewMaterial,
  SealPurpose,
  SigningRequest,
  VaultCiphertext,
  VaultKey,
} from '../../domain/ports/key-vault.ts';
import { openOnce, sealOnce } from '../aead/one-time-gcm.ts';
import { curveKey } from '../asymmetric/public-key.ts';
import { requireSigningInput } from '../asymmetric/signing-input.ts';
import { DOMAIN_SECRET_BYTES } from '../material/domain-secret.ts';
import { parseExportedKey } from '../material/exported-key-token.ts';
import { joinCiphertext, splitCiphertext } from '../material/message-text.ts';
import { materialBinding } from '../material/prf-inputs.ts';
import { parseSealedText } from '../material/sealed-text.ts';
import { secretFormOf } from '../material/secret-material.ts';
import { decryptRsaOaep } from './decrypt-rsa.ts';
import { freshParts, withDerived } from './derived-key.ts';
import { SoftwareDomain } from './software-domain.ts';
import { SoftwareMaterials } from './software-materials.ts';

export interface SoftwareVaultOptions {
  readonly entropy: Entropy;
  /** Generations of the domain's keys, the current one last. Unless given: one, of a random secret. */
  readonly generations?: readonly SoftwareGeneration[];
  /** Materials that are kept unwrapped. */
  readonly cachedKeys?: number;
}

export interface SoftwareGeneration {
  readonly number: number;
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

export class SoftwareVault implements KeyVault {
  readonly kind = 'software';
  readonly #entropy: Entropy;
  readonly #current: SoftwareDomain;
  readonly #materials: SoftwareMaterials;

  constructor({ entropy, generations, cachedKeys = CACHED_KEYS }: SoftwareVaultOptions) {
    this.#entropy = entropy;
    const given = generations ?? [{ number: 1, secret: entropy.randomBytes(DOMAIN_SECRET_BYTES) }];
    const domains = given.map(({ number, secret }) => new SoftwareDomain(number, secret, entropy));
    const current = domains.at(-1);
    if (current === undefined) throw new Bug('a vault needs a generation of domain keys');
    this.#current = current;
    this.#materials = new SoftwareMaterials(domains, current, cachedKeys);
  }

  async create(key: MaterialOwner, kind: MaterialKind): Promise<NewMaterial> {
    const secret = secretFormOf(kind);
    if (secret === undefined) {
      const { newKeyPair } = await import('./new-key-pair.ts');
      return this.#materials.exportPrivate(key, kind, await newKeyPair(kind.spec, this.#entropy));
    }
    const bytes = this.#entropy.randomBytes(secret.bytes);
    return this.#materials.exportSecret(key, kind, secret, bytesOf(bytes));
  }

  async import(key: MaterialOwner, kind: MaterialKind, material: Uint8Array): Promise<NewMaterial> {
    try {
      const secret = secretFormOf(kind);
      if (secret === undefined) {
        const { importPrivateKey } = await import('../asymmetric/import-private-key.ts');
        return this.#materials.exportPrivate(key, kind, importPrivateKey(kind.spec, material));
      }
      if (material.length === secret.bytes) {
        return this.#materials.exportSecret(key, kind, secret, bytesOf(material));
      }
      throw new HsmFault('usage', `the material of a key of spec ${kind.spec} has ${secret.bytes} bytes`);
    } finally {
      material.fill(0);
    }
  }

  async publicKey(key: VaultKey, kind: MaterialKind): Promise<Uint8Array> {
    return this.#materials.publicKey(key, kind);
  }

  async sign(key: VaultKey, request: SigningRequest): Promise<Uint8Array> {
    requireSigningInput(request);
    const { row, input } = request;
    switch (row.kind) {
      case 'rsa-pkcs1':
      case 'rsa-pss': {
        const { signRsa } = await import('./sign-digest.ts');
        return signRsa(this.#materials.key(key, row), row, input, this.#entropy);
      }
      case 'ecdsa': {
        const { signEcdsa } = await import('./sign-digest.ts');
        return signEcdsa(this.#materials.key(key, row), row, input);
      }
      case 'ed25519':
      case 'ed25519ph': {
        const { signEdwards } = await import('../asymmetric/edwards.ts');
        return signEdwards(this.#materials.seed(key, row), { ...request, row });
      }
      case 'ml-dsa': {
        const { signMlDsa } = await import('../asymmetric/ml-dsa.ts');
        return signMlDsa(this.#materials.seed(key, row), { ...request, row });
      }
    }
  }

  async mac(key: VaultKey, row: MacRow, message: Uint8Array): Promise<Uint8Array> {
    return createHmac(row.hash, this.#materials.key(key, row)).update(message).digest();
  }

  async decryptRsa(key: VaultKey, row: RsaEncryptionRow, ciphertext: Uint8Array): Promise<Uint8Array> {
    return decryptRsaOaep(this.#materials.key(key, row), row, ciphertext);
  }

  async agree(key: VaultKey, row: AgreementRow, peer: Uint8Array): Promise<Uint8Array> {
    const privateKey = this.#materials.key(key, row);
    return diffieHellman({ privateKey, publicKey: curveKey(row.curve, peer) });
  }

  async decapsulate(key: VaultKey, row: EncapsulationRow, ciphertext: Uint8Array): Promise<Uint8Array> {
    const { decapsulateMlKem } = await import('../asymmetric/ml-kem.ts');
    return decapsulateMlKem(this.#materials.seed(key, row), row, ciphertext);
  }

  async encrypt(key: VaultKey, message: Parameters<KeyVault['encrypt']>[1]): Promise<VaultCiphertext> {
    const parts = freshParts(this.#entropy);
    const aad = message.aad(parts);
    const derivation = { kind: 'message', parts: { ...parts, binding: materialBinding(key) } } as const;
    const sealed = withDerived(this.#materials.key(key, SYMMETRIC), derivation, (once) =>
      sealOnce(once, { iv: parts.iv, aad, input: message.plaintext }),
    );
    return { ...parts, ...splitCiphertext(sealed, message.plaintext.length) };
  }

  async decrypt(
    key: VaultKey,
    { aad, ...message }: VaultCiphertext & { readonly aad: Uint8Array },
  ): Promise<Uint8Array> {
    const input = joinCiphertext(message);
    const { nonce, iv } = message;
    const parts = { nonce, iv, binding: materialBinding(key) };
    return withDerived(this.#materials.key(key, SYMMETRIC), { kind: 'message', parts }, (once) =>
      openOnce(once, { iv, aad, input }),
    );
  }

  async random(length: number): Promise<Uint8Array> {
    return this.#entropy.randomBytes(length);
  }

  async seal(purpose: SealPurpose, text: Uint8Array): Promise<Uint8Array> {
    return this.#current.seal.seal(purpose, text);
  }

  async unseal(purpose: SealPurpose, sealed: Uint8Array): Promise<Uint8Array> {
    return this.#materials.domain(parseSealedText(sealed).generation).seal.unseal(purpose, sealed);
  }

  generationOf(token: Uint8Array): number {
    return parseExportedKey(token).generation;
  }

  async rewrap(key: VaultKey): Promise<Uint8Array | undefined> {
    return this.#materials.rewrap(key);
  }

  forget(tokens: readonly Uint8Array[]): void {
    for (const token of tokens) this.#materials.forget(token);
  }
}

function bytesOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

const CACHED_KEYS = 10_000;
