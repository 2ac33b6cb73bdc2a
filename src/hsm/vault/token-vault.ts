/**
 * The key vault over the tokens of a fleet. Each request carries what a token host needs for it, so that any host of the
 * token serves any request, and one that has just started knows as much as the others.
 */
import { Bug } from '../../domain/bug.ts';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { Entropy } from '../../domain/ports/entropy.ts';
import type { CallContext } from '../../domain/ports/hsm.ts';
import type {
  KeyVault,
  MaterialKind,
  MaterialOwner,
  NewMaterial,
  SealPurpose,
  VaultCiphertext,
  VaultKey,
} from '../../domain/ports/key-vault.ts';
import type { DomainGeneration, DomainRecord } from '../../domain/ports/record-store.ts';
import type { VaultTokens } from '../fleet.ts';
import { parseExportedKey, requireBinding } from '../material/exported-key-token.ts';
import { joinCiphertext, splitCiphertext } from '../material/message-text.ts';
import { IV_BYTES, NONCE_BYTES, sealBinding } from '../material/prf-inputs.ts';
import { encodeSealedText, MAX_SEALED_BYTES, parseSealedText, sealAad } from '../material/sealed-text.ts';
import { encodeJson } from '../wire/messages.ts';
import type { OperationName } from '../wire/operations.ts';
import { encodeNewMaterial, encodeRewrap, encodeVaultMessage } from '../wire/vault-messages.ts';

/** What the vault has to know of the domain. */
export type DomainInForce = Pick<DomainRecord, 'current' | 'generations'>;

export interface TokenVaultOptions {
  readonly tokens: VaultTokens;
  readonly entropy: Entropy;
  readonly domain: DomainInForce;
}

export class TokenVault implements KeyVault {
  readonly kind = 'token';
  readonly #tokens: VaultTokens;
  readonly #entropy: Entropy;
  #generations: ReadonlyMap<number, DomainGeneration>;
  #current: DomainGeneration;
  /** Generations that exported key tokens are wrapped under. */
  readonly #numbers = new WeakMap<VaultKey, number>();

  constructor({ tokens, entropy, domain }: TokenVaultOptions) {
    this.#tokens = tokens;
    this.#entropy = entropy;
    this.#generations = generationsOf(domain);
    this.#current = currentOf(domain);
  }

  /**
   * Finds the keys of all generations that are not retired on their tokens. Faults: `not-found`, `ambiguous`, `usage`
   * for a key that may do more or less than it must.
   */
  async check(context: CallContext): Promise<void> {
    for (const generation of this.#generations.values()) {
      if (generation.retiredMs === undefined) await this.#open(generation, context);
    }
  }

  /** Works with another record of the same domain from now on, once the keys that wrap have been found. Faults as for {@link check}. */
  async adopt(domain: DomainInForce, context: CallContext): Promise<void> {
    const current = currentOf(domain);
    await this.#open(current, context);
    this.#generations = generationsOf(domain);
    this.#current = current;
  }

  async create(key: MaterialOwner, kind: MaterialKind, context: CallContext): Promise<NewMaterial> {
    if (kind.spec !== 'SYMMETRIC_DEFAULT') return NOT_YET();
    const { label, number } = this.#current;
    const { account, keyId } = key;
    const body = encodeNewMaterial({ label, generation: number, account, keyId, material: EMPTY });
    return this.#newMaterial(key, await this.#call(this.#current, 'vaultCreate', body, { context }));
  }

  async import(
    key: MaterialOwner,
    kind: MaterialKind,
    material: Uint8Array,
    context: CallContext,
  ): Promise<NewMaterial> {
    if (kind.spec !== 'SYMMETRIC_DEFAULT') return NOT_YET();
    if (material.length !== MATERIAL_BYTES) throw new Bug(`a symmetric key has ${material.length} bytes`);
    const { label, number } = this.#current;
    const { account, keyId } = key;
    const body = encodeNewMaterial({ label, generation: number, account, keyId, material });
    try {
      return this.#newMaterial(key, await this.#call(this.#current, 'vaultImport', body, { context }));
    } finally {
      body.fill(0);
      material.fill(0);
    }
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

  async encrypt(
    key: VaultKey,
    message: Parameters<KeyVault['encrypt']>[1],
    context: CallContext,
  ): Promise<VaultCiphertext> {
    const generation = this.#generationOf(key);
    const parts = this.#freshParts();
    const { plaintext } = message;
    const { label } = generation;
    const body = encodeVaultMessage({
      label,
      of: key.token,
      ...parts,
      aad: message.aad(parts),
      input: plaintext,
    });
    const affinity = affinityOf(key.token);
    const sealed = await this.#call(generation, 'vaultEncrypt', body, { context, affinity });
    return { ...parts, ...splitCiphertext(sealed, plaintext.length) };
  }

  async decrypt(
    key: VaultKey,
    message: VaultCiphertext & { readonly aad: Uint8Array },
    context: CallContext,
  ): Promise<Uint8Array> {
    const generation = this.#generationOf(key);
    const { nonce, iv, aad, ciphertext } = message;
    const input = joinCiphertext(message);
    const body = encodeVaultMessage({ label: generation.label, of: key.token, nonce, iv, aad, input });
    const affinity = affinityOf(key.token);
    const plaintext = await this.#call(generation, 'vaultDecrypt', body, { context, affinity });
    return requireLength(plaintext, ciphertext.length);
  }

  async random(length: number, context: CallContext): Promise<Uint8Array> {
    const bytes = await this.#call(this.#current, 'vaultRandom', encodeJson({ length }), { context });
    return requireLength(bytes, length);
  }

  async seal(purpose: SealPurpose, text: Uint8Array, context: CallContext): Promise<Uint8Array> {
    if (text.length > MAX_SEALED_BYTES) throw new Bug(`${text.length} bytes are too many to be sealed`);
    const { label, number } = this.#current;
    const header = { ...this.#freshParts(), generation: number };
    const { nonce, iv } = header;
    const aad = sealAad(purpose, header);
    const body = encodeVaultMessage({ label, of: sealBinding(purpose), nonce, iv, aad, input: text });
    const sealed = await this.#call(this.#current, 'vaultSeal', body, { context });
    return encodeSealedText({ ...header, sealed });
  }

  async unseal(purpose: SealPurpose, sealed: Uint8Array, context: CallContext): Promise<Uint8Array> {
    const text = parseSealedText(sealed);
    const generation = this.#generation(text.generation);
    const { nonce, iv } = text;
    const { label } = generation;
    const aad = sealAad(purpose, text);
    const body = encodeVaultMessage({ label, of: sealBinding(purpose), nonce, iv, aad, input: text.sealed });
    return await this.#call(generation, 'vaultUnseal', body, { context });
  }

  generationOf(token: Uint8Array): number {
    return parseExportedKey(token).generation;
  }

  async rewrap(key: VaultKey, context: CallContext): Promise<Uint8Array | undefined> {
    const from = this.#generationOf(key);
    const to = this.#current;
    if (from.number === to.number) return undefined;
    if (from.token !== to.token) {
      const detail = `generation ${from.number} of the domain's keys is on token ${from.token}, and ${to.number} on ${to.token}: material never leaves a token, so import the older generation on ${to.token} from its shares`;
      throw new HsmFault('unsupported', detail);
    }
    const body = encodeRewrap({
      from: from.label,
      to: to.label,
      generation: to.number,
      token: key.token,
    });
    return await this.#call(to, 'vaultRewrap', body, { context, affinity: affinityOf(key.token) });
  }

  forget(tokens: readonly Uint8Array[]): void {
    for (const token of tokens) {
      for (const name of this.#tokenNames()) this.#tokens.tell(name, 'vaultForget', token);
    }
  }

  #newMaterial(key: MaterialOwner, token: Uint8Array): NewMaterial {
    const { materialId, ...parsed } = parseExportedKey(token);
    requireBinding({ ...parsed, materialId }, { ...key, materialId });
    return { materialId, token };
  }

  /** A key is looked into once for as long as somebody has it. */
  #generationOf(key: VaultKey): DomainGeneration {
    let number = this.#numbers.get(key);
    if (number === undefined) {
      const parsed = parseExportedKey(key.token);
      requireBinding(parsed, key);
      number = parsed.generation;
      this.#numbers.set(key, number);
    }
    return this.#generation(number);
  }

  #generation(number: number): DomainGeneration {
    const generation = this.#generations.get(number);
    if (generation !== undefined) return generation;
    throw new HsmFault('corrupt', `the domain has no generation ${number} of its keys`);
  }

  async #open({ token, label }: DomainGeneration, context: CallContext): Promise<void> {
    await this.#tokens.callNear(token, 'vaultOpen', encodeJson({ label }), { context });
  }

  #call(
    generation: DomainGeneration,
    operation: OperationName,
    body: Uint8Array,
    options: { readonly context: CallContext; readonly affinity?: number },
  ): Promise<Uint8Array> {
    return this.#tokens.callNear(generation.token, operation, body, options);
  }

  #tokenNames(): Set<string> {
    return new Set([...this.#generations.values()].map(({ token }) => token));
  }

  #freshParts(): { readonly nonce: Uint8Array; readonly iv: Uint8Array } {
    return { nonce: this.#entropy.randomBytes(NONCE_BYTES), iv: this.#entropy.randomBytes(IV_BYTES) };
  }
}

function generationsOf({ generations }: DomainInForce): ReadonlyMap<number, DomainGeneration> {
  return new Map(generations.map((generation) => [generation.number, generation]));
}

function currentOf({ current, generations }: DomainInForce): DomainGeneration {
  const found = generations.find(({ number }) => number === current);
  if (found === undefined) throw new Bug(`the domain has no generation ${current}, which is to wrap`);
  return found;
}

/** The end of the token's HMAC is as good as a hash of the token. */
function affinityOf(token: Uint8Array): number {
  return Buffer.from(token.buffer, token.byteOffset, token.length).readUInt32BE(token.length - 4);
}

function requireLength(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length === length) return bytes;
  throw new HsmFault('internal', `the token returned ${bytes.length} bytes, not ${length}`);
}

const MATERIAL_BYTES = 32;
const EMPTY = new Uint8Array(0);

const NOT_YET = (): Promise<never> =>
  Promise.reject(new HsmFault('unsupported', 'this vault works with symmetric keys alone'));
