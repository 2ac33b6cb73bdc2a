/**
 * Calls to the tokens of a domain: which generation of its keys an exported key token names, on which token that is, and
 * to which of the token's hosts a key is drawn.
 */
import { Bug } from '../../domain/bug.ts';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { CallContext } from '../../domain/ports/hsm.ts';
import type { MaterialKind, VaultKey } from '../../domain/ports/key-vault.ts';
import type { DomainGeneration, DomainRecord } from '../../domain/ports/record-store.ts';
import type { VaultTokens } from '../fleet.ts';
import { parseExportedKey, requireBinding, requireKind } from '../material/exported-key-token.ts';
import { encodeKeyWork, type KeyWorkMessage } from '../wire/key-work-messages.ts';
import { encodeJson } from '../wire/messages.ts';
import type { OperationName } from '../wire/operations.ts';

/** What a vault has to know of the domain. */
export type DomainInForce = Pick<DomainRecord, 'current' | 'generations'>;

/** What an exported key token says of itself; the token host believes it once it has authenticated it. */
export interface KnownKey extends MaterialKind {
  readonly generation: DomainGeneration;
}

export class DomainCalls {
  readonly #tokens: VaultTokens;
  #generations: ReadonlyMap<number, DomainGeneration>;
  #current: DomainGeneration;
  /** A key is looked into once for as long as somebody has it. */
  readonly #keys = new WeakMap<VaultKey, MaterialKind & { readonly number: number }>();

  constructor(tokens: VaultTokens, domain: DomainInForce) {
    this.#tokens = tokens;
    this.#generations = generationsOf(domain);
    this.#current = currentOf(domain);
  }

  /** The generation that wraps and seals. */
  get current(): DomainGeneration {
    return this.#current;
  }

  get generations(): Iterable<DomainGeneration> {
    return this.#generations.values();
  }

  /** Faults: `not-found`, `ambiguous`, `usage` for a key that may do more or less than it must. */
  async open({ token, label }: DomainGeneration, context: CallContext): Promise<void> {
    await this.#tokens.callNear(token, 'vaultOpen', encodeJson({ label }), { context });
  }

  /** Works with another record of the same domain from now on, once the keys that wrap have been found. */
  async adopt(domain: DomainInForce, context: CallContext): Promise<void> {
    const current = currentOf(domain);
    await this.open(current, context);
    this.#generations = generationsOf(domain);
    this.#current = current;
  }

  /** Fault `corrupt` for a generation that the domain has not. */
  generation(number: number): DomainGeneration {
    const generation = this.#generations.get(number);
    if (generation !== undefined) return generation;
    throw new HsmFault('corrupt', `the domain has no generation ${number} of its keys`);
  }

  /** Fault `corrupt` for what is no exported key token, or is that of another key. */
  known(key: VaultKey): KnownKey {
    let known = this.#keys.get(key);
    if (known === undefined) {
      const parsed = parseExportedKey(key.token);
      requireBinding(parsed, key);
      known = { number: parsed.generation, spec: parsed.spec, usage: parsed.usage };
      this.#keys.set(key, known);
    }
    const { number, spec, usage } = known;
    return { generation: this.generation(number), spec, usage };
  }

  /** The same for a key that has to be of this kind. */
  generationOf(key: VaultKey, kind: MaterialKind): DomainGeneration {
    const known = this.known(key);
    requireKind(known, kind);
    return known.generation;
  }

  /** To a host of the generation's token; `near`: to one that may know this key already. */
  call(
    generation: DomainGeneration,
    operation: OperationName,
    body: Uint8Array,
    { context, near }: { readonly context: CallContext; readonly near?: VaultKey },
  ): Promise<Uint8Array> {
    const affinity = near === undefined ? {} : { affinity: affinityOf(near.token) };
    return this.#tokens.callNear(generation.token, operation, body, { context, ...affinity });
  }

  /** One use of a private key or a MAC key. */
  use(
    operation: OperationName,
    key: VaultKey,
    generation: DomainGeneration,
    { context, ...work }: KeyUse & { readonly context: CallContext },
  ): Promise<Uint8Array> {
    const body = encodeKeyWork({ ...work, label: generation.label, of: key.token });
    return this.call(generation, operation, body, { context, near: key });
  }

  /** Lets every host of every token know. Nobody waits for it. */
  tellAll(operation: OperationName, body: Uint8Array): void {
    const names = new Set([...this.generations].map(({ token }) => token));
    for (const name of names) this.#tokens.tell(name, operation, body);
  }
}

export type KeyUse = Pick<KeyWorkMessage, 'algorithm' | 'form' | 'input'>;

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
