/** The domain's keys of one generation in this process's memory: wraps and authenticates as a token does. */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto';
import { HsmFault } from '../../domain/hsm-fault.ts';
import { deriveDomainKeys } from '../material/domain-secret.ts';
import {
  type ExportedKey,
  encodeExportedKey,
  macInput,
  type ParsedKey,
} from '../material/exported-key-token.ts';

export class SoftwareDomain {
  readonly generation: number;
  readonly seal: KeyObject;
  readonly #domain: KeyObject;
  readonly #registry: KeyObject;

  /** `secret`: 32 bytes; the caller may wipe them afterwards. */
  constructor(generation: number, secret: Uint8Array) {
    const values = deriveDomainKeys(secret);
    this.generation = generation;
    this.#domain = takeOver(values.domain);
    this.#registry = takeOver(values.registry);
    this.seal = takeOver(values.seal);
  }

  /** The exported key token of this material. */
  export(material: Uint8Array, key: Omit<ExportedKey, 'generation' | 'wrapped'>): Uint8Array {
    const cipher = createCipheriv(AES_KEY_WRAP, this.#domain, RFC_3394_IV);
    const wrapped = Buffer.concat([cipher.update(material), cipher.final()]);
    const body = encodeExportedKey({ ...key, generation: this.generation, wrapped });
    return Buffer.concat([body, hmac(this.#registry, macInput(body))]);
  }

  /** The material, which the caller wipes. Fault `corrupt` for a token that this domain did not make. */
  unwrap({ body, mac, wrapped }: ParsedKey): Buffer {
    if (!timingSafeEqual(hmac(this.#registry, macInput(body)), mac)) {
      throw new HsmFault('corrupt', 'the exported key token does not authenticate');
    }
    const decipher = createDecipheriv(AES_KEY_WRAP, this.#domain, RFC_3394_IV);
    const material = decipher.update(wrapped);
    decipher.final();
    return material;
  }
}

export function hmac(key: KeyObject, input: Uint8Array): Buffer {
  return createHmac('sha256', key).update(input).digest();
}

/** Copies the bytes into a key object and wipes them. */
export function takeOver(bytes: Buffer): KeyObject {
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}

const AES_KEY_WRAP = 'id-aes256-wrap';
/** RFC 3394, section 2.2.3.1. */
const RFC_3394_IV = Buffer.alloc(8, 0xa6);
