/**
 * The key vault over the tokens of a fleet. Each request carries what a token host needs for it, so that any host of the
 * token serves any request, and one that has just started knows as much as the others.
 */
import { Bug } from '../../domain/bug.ts';
import { HsmFault } from '../../domain/hsm-fault.ts';
import {
  type AgreementRow,
  type AlgorithmRow,
  algorithmsOf,
  type EncapsulationRow,
  type MacRow,
  type RsaEncryptionRow,
  type WorkPlace,
} from '../../domain/key/algorithms.ts';
import { SYMMETRIC } from '../../domain/key/key-specs.ts';
import type { Entropy } from '../../domain/ports/entropy.ts';
import type { CallContext } from '../../domain/ports/hsm.ts';
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
import { ecdsaDer } from '../asymmetric/ecdsa-signature.ts';
import { requireSigningInput } from '../asymmetric/signing-input.ts';
import type { VaultTokens } from '../fleet.ts';
import { parseExportedKey, requireBinding, requireKind } from '../material/exported-key-token.ts';
import { joinCiphertext, splitCiphertext } from '../material/message-text.ts';
import { IV_BYTES, NONCE_BYTES, publicMaterialId, sealBinding } from '../material/prf-inputs.ts';
import { encodeSealedText, MAX_SEALED_BYTES, parseSealedText, sealAad } from '../material/sealed-text.ts';
import { secretFormOf } from '../material/secret-material.ts';
import { encodeNewMaterial, encodeRewrap, type NewMaterialMessage } from '../wire/material-messages.ts';
import { encodeJson } from '../wire/messages.ts';
import type { OperationName } from '../wire/operations.ts';
import { encodeVaultMessage } from '../wire/vault-messages.ts';
import { DomainCalls, type DomainInForce } from './domain-calls.ts';

export interface TokenVaultOptions {
  readonly tokens: VaultTokens;
  readonly entropy: Entropy;
  readonly domain: DomainInForce;
}

export class TokenVault implements KeyVault {
  readonly kind = 'token';
  readonly #calls: DomainCalls;
  readonly #entropy: Entropy;
  /** As a token host has authenticated them. */
  readonly #publicKeys = new WeakMap<VaultKey, Uint8Array>();

  constructor({ tokens, entropy, domain }: TokenVaultOptions) {
    this.#calls = new DomainCalls(tokens, domain);
    this.#entropy = entropy;
  }

  /**
   * Finds the keys of all generations that are not retired on their tokens. Faults: `not-found`, `ambiguous`, `usage`
   * for a key that may do more or less than it must.
   */
  async check(context: CallContext): Promise<void> {
    for (const generation of this.#calls.generations) {
      if (generation.retiredMs === undefined) await this.#calls.open(generation, context);
    }
  }

  /** Works with another record of the same domain from now on, once the keys that wrap have been found. Faults as for {@link check}. */
  adopt(domain: DomainInForce, context: CallContext): Promise<void> {
    return this.#calls.adopt(domain, context);
  }

  async create(key: MaterialOwner, kind: MaterialKind, context: CallContext): Promise<NewMaterial> {
    const operation = privateKeyWorksIn(kind) === 'token' ? 'vaultCreatePair' : 'vaultCreate';
    return await this.#make(operation, encodeNewMaterial(this.#newKey(key, kind, EMPTY)), {
      key,
      kind,
      context,
    });
  }

  async import(
    key: MaterialOwner,
    kind: MaterialKind,
    material: Uint8Array,
    context: CallContext,
  ): Promise<NewMaterial> {
    const body = encodeNewMaterial(this.#newKey(key, kind, material));
    try {
      return await this.#make('vaultImport', body, { key, kind, context });
    } finally {
      body.fill(0);
      material.fill(0);
    }
  }

  async publicKey(key: VaultKey, kind: MaterialKind, context: CallContext): Promise<Uint8Array> {
    const generation = this.#calls.generationOf(key, kind);
    const known = this.#publicKeys.get(key);
    if (known !== undefined) return known;
    const work = { algorithm: '', form: 'message', input: EMPTY, context } as const;
    const publicKey = await this.#calls.use('vaultPublicKey', key, generation, work);
    if (publicMaterialId(key, publicKey) !== key.materialId) {
      throw new HsmFault('corrupt', 'the public key is not that of the material');
    }
    this.#publicKeys.set(key, publicKey);
    return publicKey;
  }

  async sign(key: VaultKey, request: SigningRequest, context: CallContext): Promise<Uint8Array> {
    requireSigningInput(request);
    const { row, form, input } = request;
    const generation = this.#calls.generationOf(key, row);
    const operation = row.lane === 'fast' ? 'vaultSign' : 'vaultSignSlowly';
    const work = { algorithm: row.algorithm, form, input, context };
    const signature = await this.#calls.use(operation, key, generation, work);
    return row.kind === 'ecdsa' ? ecdsaDer(signature, row.fieldBytes) : signature;
  }

  async mac(key: VaultKey, row: MacRow, message: Uint8Array, context: CallContext): Promise<Uint8Array> {
    const mac = await this.#use('vaultMac', key, row, message, context);
    return requireLength(mac, row.macBytes);
  }

  async decryptRsa(
    key: VaultKey,
    row: RsaEncryptionRow,
    ciphertext: Uint8Array,
    context: CallContext,
  ): Promise<Uint8Array> {
    return await this.#use('vaultDecryptRsa', key, row, ciphertext, context);
  }

  async agree(key: VaultKey, row: AgreementRow, peer: Uint8Array, context: CallContext): Promise<Uint8Array> {
    return requireLength(await this.#use('vaultAgree', key, row, peer, context), row.fieldBytes);
  }

  async decapsulate(
    key: VaultKey,
    row: EncapsulationRow,
    ciphertext: Uint8Array,
    context: CallContext,
  ): Promise<Uint8Array> {
    return await this.#use('vaultDecapsulate', key, row, ciphertext, context);
  }

  async encrypt(
    key: VaultKey,
    message: Parameters<KeyVault['encrypt']>[1],
    context: CallContext,
  ): Promise<VaultCiphertext> {
    const generation = this.#calls.generationOf(key, SYMMETRIC);
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
    const sealed = await this.#calls.call(generation, 'vaultEncrypt', body, { context, near: key });
    return { ...parts, ...splitCiphertext(sealed, plaintext.length) };
  }

  async decrypt(
    key: VaultKey,
    message: VaultCiphertext & { readonly aad: Uint8Array },
    context: CallContext,
  ): Promise<Uint8Array> {
    const generation = this.#calls.generationOf(key, SYMMETRIC);
    const { nonce, iv, aad, ciphertext } = message;
    const input = joinCiphertext(message);
    const body = encodeVaultMessage({ label: generation.label, of: key.token, nonce, iv, aad, input });
    const plaintext = await this.#calls.call(generation, 'vaultDecrypt', body, { context, near: key });
    return requireLength(plaintext, ciphertext.length);
  }

  async random(length: number, context: CallContext): Promise<Uint8Array> {
    const bytes = await this.#calls.call(this.#calls.current, 'vaultRandom', encodeJson({ length }), {
      context,
    });
    return requireLength(bytes, length);
  }

  async seal(purpose: SealPurpose, text: Uint8Array, context: CallContext): Promise<Uint8Array> {
    if (text.length > MAX_SEALED_BYTES) throw new Bug(`${text.length} bytes are too many to be sealed`);
    const { label, number } = this.#calls.current;
    const header = { ...this.#freshParts(), generation: number };
    const { nonce, iv } = header;
    const aad = sealAad(purpose, header);
    const body = encodeVaultMessage({ label, of: sealBinding(purpose), nonce, iv, aad, input: text });
    const sealed = await this.#calls.call(this.#calls.current, 'vaultSeal', body, { context });
    return encodeSealedText({ ...header, sealed });
  }

  async unseal(purpose: SealPurpose, sealed: Uint8Array, context: CallContext): Promise<Uint8Array> {
    const text = parseSealedText(sealed);
    const generation = this.#calls.generation(text.generation);
    const { nonce, iv } = text;
    const { label } = generation;
    const aad = sealAad(purpose, text);
    const body = encodeVaultMessage({ label, of: sealBinding(purpose), nonce, iv, aad, input: text.sealed });
    return await this.#calls.call(generation, 'vaultUnseal', body, { context });
  }

  generationOf(token: Uint8Array): number {
    return parseExportedKey(token).generation;
  }

  async rewrap(key: VaultKey, context: CallContext): Promise<Uint8Array | undefined> {
    const { generation: from } = this.#calls.known(key);
    const to = this.#calls.current;
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
    return await this.#calls.call(to, 'vaultRewrap', body, { context, near: key });
  }

  forget(tokens: readonly Uint8Array[]): void {
    for (const token of tokens) this.#calls.tellAll('vaultForget', token);
  }

  #newKey({ account, keyId }: MaterialOwner, kind: MaterialKind, material: Uint8Array): NewMaterialMessage {
    const { label, number } = this.#calls.current;
    const { spec, usage } = kind;
    return { label, generation: number, account, keyId, spec, usage, material };
  }

  /** What the token lacks is said with its name, and with what was to be made. */
  async #make(
    operation: 'vaultCreate' | 'vaultCreatePair' | 'vaultImport',
    body: Uint8Array,
    {
      key,
      kind,
      context,
    }: { readonly key: MaterialOwner; readonly kind: MaterialKind; readonly context: CallContext },
  ): Promise<NewMaterial> {
    try {
      const token = await this.#calls.call(this.#calls.current, operation, body, { context });
      const parsed = parseExportedKey(token);
      const { materialId } = parsed;
      requireBinding(parsed, { ...key, materialId });
      requireKind(parsed, kind);
      return { materialId, token };
    } catch (error) {
      if (!(error instanceof HsmFault) || error.code !== 'unsupported') throw error;
      const { token } = this.#calls.current;
      const detail = `token ${token} has no keys of spec ${kind.spec} for ${kind.usage}: ${error.detail}`;
      throw new HsmFault('unsupported', detail, { cause: error });
    }
  }

  #use(
    operation: OperationName,
    key: VaultKey,
    row: AlgorithmRow,
    input: Uint8Array,
    context: CallContext,
  ): Promise<Uint8Array> {
    const work = { algorithm: row.algorithm, form: 'message', input, context } as const;
    return this.#calls.use(operation, key, this.#calls.generationOf(key, row), work);
  }

  #freshParts(): { readonly nonce: Uint8Array; readonly iv: Uint8Array } {
    return { nonce: this.#entropy.randomBytes(NONCE_BYTES), iv: this.#entropy.randomBytes(IV_BYTES) };
  }
}

/** Undefined for a secret. */
function privateKeyWorksIn(kind: MaterialKind): WorkPlace | undefined {
  if (secretFormOf(kind) !== undefined) return undefined;
  return algorithmsOf(kind)[0]?.place;
}

function requireLength(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length === length) return bytes;
  throw new HsmFault('internal', `the token returned ${bytes.length} bytes, not ${length}`);
}

const EMPTY = new Uint8Array(0);
