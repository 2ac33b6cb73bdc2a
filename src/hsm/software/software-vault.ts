/**
 * A vault in this process's memory, for machines without a PKCS#11 module and for tests: the same formats as in a
 * token, so that what one made the other opens if they share their secrets, and none of a token's protection.
 */
import type { KeyObject } from 'node:crypto';
import { Bug } from '../../domain/bug.ts';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { Entropy } from '../../domain/ports/entropy.ts';
import type {
  KeyVault,
  MaterialKind,
  MaterialOwner,
  NewMaterial,
  SealPurpose,
  VaultCiphertext,
  VaultKey,
} from '../../domain/ports/key-vault.ts';
import { openOnce, sealOnce } from '../aead/one-time-gcm.ts';
import { BoundedCache } from '../material/bounded-cache.ts';
import { DOMAIN_SECRET_BYTES } from '../material/domain-secret.ts';
import { parseExportedKey, requireBinding } from '../material/exported-key-token.ts';
import { joinCiphertext, splitCiphertext } from '../material/message-text.ts';
import {
  type DerivationKind,
  type DerivationParts,
  derivationInput,
  IV_BYTES,
  materialBinding,
  materialIdInput,
  NONCE_BYTES,
  sealBinding,
} from '../material/prf-inputs.ts';
import { encodeSealedText, MAX_SEALED_BYTES, parseSealedText, sealAad } from '../material/sealed-text.ts';
import { hmac, SoftwareDomain, takeOver } from './software-domain.ts';

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
  readonly #domains: ReadonlyMap<number, SoftwareDomain>;
  readonly #current: SoftwareDomain;
  readonly #materials: BoundedCache<KeyObject>;

  constructor({ entropy, generations, cachedKeys = CACHED_KEYS }: SoftwareVaultOptions) {
    this.#entropy = entropy;
    const given = generations ?? [{ number: 1, secret: entropy.randomBytes(DOMAIN_SECRET_BYTES) }];
    const domains = given.map(({ number, secret }) => new SoftwareDomain(number, secret));
    const current = domains.at(-1);
    if (current === undefined) throw new Bug('a vault needs a generation of domain keys');
    this.#current = current;
    this.#domains = new Map(domains.map((domain) => [domain.generation, domain]));
    this.#materials = new BoundedCache(cachedKeys, () => undefined);
  }

  async create(key: MaterialOwner, kind: MaterialKind): Promise<NewMaterial> {
    if (kind.spec !== 'SYMMETRIC_DEFAULT') return NOT_YET();
    return this.#export(key, this.#entropy.randomBytes(MATERIAL_BYTES));
  }

  async import(key: MaterialOwner, kind: MaterialKind, material: Uint8Array): Promise<NewMaterial> {
    if (kind.spec !== 'SYMMETRIC_DEFAULT') return NOT_YET();
    if (material.length !== MATERIAL_BYTES) throw new Bug(`a symmetric key has ${material.length} bytes`);
    return this.#export(key, material);
  }

  publicKey(): Promise<Uint8Array> {
    return NOT_YET();
  }
  sign(): Promise<Uint8Array> {
    return NOT_YET();
  }
  mac(): Promise<Uint8Array> {
    return NOT_YET();
  }
  decryptRsa(): Promise<Uint8Array> {
    return NOT_YET();
  }
  agree(): Promise<Uint8Array> {
    return NOT_YET();
  }
  decapsulate(): Promise<Uint8Array> {
    return NOT_YET();
  }

  async encrypt(key: VaultKey, message: Parameters<KeyVault['encrypt']>[1]): Promise<VaultCiphertext> {
    const parts = this.#freshParts();
    const aad = message.aad(parts);
    const binding = materialBinding(key);
    const derivation = { kind: 'message', parts: { ...parts, binding } } as const;
    const sealed = withDerived(this.#material(key), derivation, (once) =>
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
    return withDerived(this.#material(key), { kind: 'message', parts }, (once) =>
      openOnce(once, { iv, aad, input }),
    );
  }

  async random(length: number): Promise<Uint8Array> {
    return this.#entropy.randomBytes(length);
  }

  async seal(purpose: SealPurpose, text: Uint8Array): Promise<Uint8Array> {
    if (text.length > MAX_SEALED_BYTES) throw new Bug(`${text.length} bytes are too many to be sealed`);
    const header = { ...this.#freshParts(), generation: this.#current.generation };
    const parts = { nonce: header.nonce, iv: header.iv, binding: sealBinding(purpose) };
    const sealed = withDerived(this.#current.seal, { kind: 'seal', parts }, (once) =>
      sealOnce(once, { iv: header.iv, aad: sealAad(purpose, header), input: text }),
    );
    return encodeSealedText({ ...header, sealed });
  }

  async unseal(purpose: SealPurpose, sealed: Uint8Array): Promise<Uint8Array> {
    const text = parseSealedText(sealed);
    const { nonce, iv } = text;
    const parts = { nonce, iv, binding: sealBinding(purpose) };
    return withDerived(this.#domain(text.generation).seal, { kind: 'seal', parts }, (once) =>
      openOnce(once, { iv, aad: sealAad(purpose, text), input: text.sealed }),
    );
  }

  generationOf(token: Uint8Array): number {
    return parseExportedKey(token).generation;
  }

  async rewrap(key: VaultKey): Promise<Uint8Array | undefined> {
    const parsed = parseExportedKey(key.token);
    requireBinding(parsed, key);
    if (parsed.generation === this.#current.generation) return undefined;
    const material = this.#domain(parsed.generation).unwrap(parsed);
    try {
      return this.#current.export(material, parsed);
    } finally {
      material.fill(0);
    }
  }

  forget(tokens: readonly Uint8Array[]): void {
    for (const token of tokens) this.#materials.delete(nameOf(token));
  }

  /** Wipes the material. */
  #export(key: MaterialOwner, material: Uint8Array): NewMaterial {
    try {
      const bytes = Buffer.from(material.buffer, material.byteOffset, material.length);
      const materialId = hmac(takeOver(Buffer.from(bytes)), materialIdInput(key)).toString('hex');
      const token = this.#current.export(bytes, { ...key, materialId, ...SYMMETRIC });
      return { materialId, token };
    } finally {
      material.fill(0);
    }
  }

  #material(key: VaultKey): KeyObject {
    const parsed = parseExportedKey(key.token);
    requireBinding(parsed, key);
    const name = nameOf(key.token);
    const known = this.#materials.get(name);
    if (known !== undefined) return known;
    const material = takeOver(this.#domain(parsed.generation).unwrap(parsed));
    this.#materials.add(name, material);
    return material;
  }

  #domain(generation: number): SoftwareDomain {
    const domain = this.#domains.get(generation);
    if (domain !== undefined) return domain;
    throw new HsmFault('corrupt', `the domain has no generation ${generation} of its keys`);
  }

  #freshParts(): { readonly nonce: Uint8Array; readonly iv: Uint8Array } {
    return { nonce: this.#entropy.randomBytes(NONCE_BYTES), iv: this.#entropy.randomBytes(IV_BYTES) };
  }
}

function withDerived<T>(
  key: KeyObject,
  { kind, parts }: { readonly kind: DerivationKind; readonly parts: DerivationParts },
  work: (once: Buffer) => T,
): T {
  const once = hmac(key, derivationInput(kind, parts));
  try {
    return work(once);
  } finally {
    once.fill(0);
  }
}

function nameOf(token: Uint8Array): string {
  return Buffer.from(token.buffer, token.byteOffset, token.length).toString('latin1');
}

const SYMMETRIC = { spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT' } as const;
const MATERIAL_BYTES = 32;
const CACHED_KEYS = 10_000;

const NOT_YET = (): Promise<never> =>
  Promise.reject(new HsmFault('unsupported', 'this vault works with symmetric keys alone'));
