/** The domain's keys of one generation in this process's memory: wrap, seal and authenticate as a token does. */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { Entropy } from '../../domain/ports/entropy.ts';
import { deriveDomainKeys } from '../material/domain-secret.ts';
import { usualWrap } from '../material/exported-key-numbers.ts';
import {
  type ExportedKey,
  encodeExportedKey,
  macInput,
  type ParsedKey,
} from '../material/exported-key-token.ts';
import { SoftwareSeal } from './software-seal.ts';

/** What an exported key token is to hold, before it is wrapped and sealed. */
export interface MaterialParts {
  readonly wrapped: Uint8Array;
  readonly sealed?: Uint8Array;
  readonly publicKey?: Uint8Array;
}

export class SoftwareDomain {
  readonly generation: number;
  readonly seal: SoftwareSeal;
  readonly #domain: KeyObject;
  readonly #registry: KeyObject;

  /** `secret`: 32 bytes; the caller may wipe them afterwards. */
  constructor(generation: number, secret: Uint8Array, entropy: Entropy) {
    const values = deriveDomainKeys(secret);
    this.generation = generation;
    this.#domain = takeOver(values.domain);
    this.#registry = takeOver(values.registry);
    this.seal = new SoftwareSeal(generation, takeOver(values.seal), entropy);
  }

  /** The exported key token of this material, which the caller wipes. */
  export(
    { wrapped, sealed = EMPTY, publicKey = EMPTY }: MaterialParts,
    key: Omit<ExportedKey, 'generation' | 'wrap' | keyof MaterialParts>,
  ): Uint8Array {
    const wrap = usualWrap(key, wrapped);
    const body = encodeExportedKey({
      ...key,
      generation: this.generation,
      wrap,
      wrapped: wrap === 'none' ? EMPTY : this.#wrap(wrap, wrapped),
      sealed: sealed.length === 0 ? EMPTY : this.seal.seal('private-key', sealed),
      publicKey,
    });
    return Buffer.concat([body, this.#mac(body)]);
  }

  /** Fault `corrupt` for a token that this domain did not make. */
  authenticate({ body, mac }: ParsedKey): void {
    if (timingSafeEqual(this.#mac(body), mac)) return;
    throw new HsmFault('corrupt', 'the exported key token does not authenticate');
  }

  /** What was wrapped into an authentic token, which the caller wipes. */
  unwrap({ wrap, wrapped }: ParsedKey): Buffer {
    if (wrap === 'none') return Buffer.alloc(0);
    const { cipher, iv } = WRAPS[wrap];
    const decipher = createDecipheriv(cipher, this.#domain, iv);
    const material = decipher.update(wrapped);
    decipher.final();
    return material;
  }

  /** The seed in an authentic token, which the caller wipes. */
  unseal({ sealed }: ParsedKey): Buffer {
    return sealed.length === 0 ? Buffer.alloc(0) : this.seal.unseal('private-key', sealed);
  }

  #wrap(wrap: keyof typeof WRAPS, material: Uint8Array): Buffer {
    const { cipher, iv } = WRAPS[wrap];
    const wrapping = createCipheriv(cipher, this.#domain, iv);
    return Buffer.concat([wrapping.update(material), wrapping.final()]);
  }

  #mac(body: Uint8Array): Buffer {
    return createHmac('sha256', this.#registry).update(macInput(body)).digest();
  }
}

/** Copies the bytes into a key object and wipes them. */
export function takeOver(bytes: Buffer): KeyObject {
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}

/** RFC 3394, section 2.2.3.1; RFC 5649, section 3. */
const WRAPS = {
  kw: { cipher: 'id-aes256-wrap', iv: Buffer.alloc(8, 0xa6) },
  kwp: { cipher: 'id-aes256-wrap-pad', iv: Buffer.from('a65959a6', 'hex') },
} as const;
const EMPTY = new Uint8Array(0);
