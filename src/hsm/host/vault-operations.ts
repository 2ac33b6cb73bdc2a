/**
 * What a token host does for a key vault: the domain's keys and all key material stay in the token, the key of a single
 * message comes out of it, is used once in this process and wiped. Nothing is kept that the next request does not
 * bring along, so any host of the token can serve it.
 */
import { HsmFault } from '../../domain/hsm-fault.ts';
import { type GcmText, openOnce, sealOnce } from '../aead/one-time-gcm.ts';
import { derivationInput } from '../material/prf-inputs.ts';
import {
  decodeNewMaterial,
  decodeRewrap,
  type NewMaterialMessage,
  type RewrapMessage,
} from '../wire/material-messages.ts';
import { decodeJson } from '../wire/messages.ts';
import type { OperationName } from '../wire/operations.ts';
import { decodeVaultMessage, type VaultMessage } from '../wire/vault-messages.ts';
import { deriveFrom, withWiped } from './derived-key.ts';
import { contradiction, DomainKeys } from './domain-keys.ts';
import { KeyWork } from './key-work.ts';
import { MaterialMaker } from './material-maker.ts';
import { SealKeys } from './seal-keys.ts';
import { isStale } from './stale-handle.ts';
import { randomOfToken } from './token-random.ts';
import { type MaterialPlace, type WorkingMaterial, WorkingMaterials } from './working-material.ts';

export type VaultOperationName = Extract<OperationName, `vault${string}`>;

type Answer = Uint8Array | Promise<Uint8Array>;

export class VaultOperations {
  readonly #place: MaterialPlace;
  readonly #materials: WorkingMaterials;
  readonly #sealKeys: SealKeys;
  readonly #maker: MaterialMaker;
  readonly #keyWork: KeyWork;
  readonly #work: Readonly<Record<VaultOperationName, (body: Uint8Array) => Answer>>;

  constructor(
    place: Omit<MaterialPlace, 'domainKeys'> & { readonly keys: ConstructorParameters<typeof DomainKeys>[1] },
  ) {
    this.#place = { ...place, domainKeys: new DomainKeys(place.library, place.keys) };
    this.#materials = new WorkingMaterials(this.#place);
    this.#sealKeys = new SealKeys(place.library, this.#place.domainKeys);
    this.#maker = new MaterialMaker(this.#place, this.#materials, this.#sealKeys);
    this.#keyWork = new KeyWork(this.#place, this.#materials, this.#sealKeys);
    this.#work = { ...this.#symmetricWork, ...this.#keyWork.work };
  }

  run(operation: VaultOperationName, body: Uint8Array): Answer {
    return this.#work[operation](body);
  }

  readonly #symmetricWork = {
    vaultOpen: (body: Uint8Array) => {
      this.#place.domainKeys.open(decodeJson<{ label: string }>(body).label);
      return EMPTY;
    },
    vaultCreate: (body: Uint8Array) => this.#create(decodeNewMaterial(body)),
    vaultCreatePair: (body: Uint8Array) => this.#createPair(decodeNewMaterial(body)),
    vaultImport: (body: Uint8Array) => {
      const message = decodeNewMaterial(body);
      try {
        return this.#proven(message.label, this.#maker.import(message, message.material));
      } finally {
        body.fill(0);
      }
    },
    vaultRewrap: (body: Uint8Array) => this.#rewrap(decodeRewrap(body)),
    vaultEncrypt: (body: Uint8Array) => this.#withMessageKey(decodeVaultMessage(body), sealOnce),
    vaultDecrypt: (body: Uint8Array) => this.#decrypt(decodeVaultMessage(body)),
    vaultSeal: (body: Uint8Array) => this.#sealKeys.seal(decodeVaultMessage(body)),
    vaultUnseal: (body: Uint8Array) => this.#sealKeys.unseal(decodeVaultMessage(body)),
    vaultRandom: (body: Uint8Array) => {
      const { library, sessions } = this.#place;
      return randomOfToken(library, sessions, decodeJson<{ length: number }>(body).length);
    },
    vaultForget: (body: Uint8Array) => {
      this.#materials.drop(body);
      return EMPTY;
    },
  } satisfies Partial<Record<VaultOperationName, (body: Uint8Array) => Answer>>;

  /** Also loads what was made, since the next request will want it. */
  #create(message: NewMaterialMessage): Answer {
    return this.#proven(message.label, this.#maker.create(message));
  }

  async #createPair(message: NewMaterialMessage): Promise<Uint8Array> {
    return await this.#proven(message.label, await this.#maker.createPair(message));
  }

  /** Shows that what was wrapped can be used, while nobody has it yet. */
  #proven(label: string, token: Buffer): Answer {
    const proof = this.#keyWork.prove(label, token);
    return proof === undefined ? token : proof.then(() => token);
  }

  #rewrap(message: RewrapMessage): Answer {
    const old = Buffer.from(message.token);
    const proven = this.#proven(message.to, this.#maker.rewrap(message));
    if (proven instanceof Promise) {
      return proven.then((token) => {
        this.#materials.drop(old);
        return token;
      });
    }
    this.#materials.drop(old);
    return proven;
  }

  /** A tag that does not fit is believed when the material has just shown that it is itself, and not before. */
  #decrypt(message: VaultMessage): Buffer {
    try {
      return this.#withMessageKey(message, openOnce);
    } catch (error) {
      if (!isCorrupt(error) || this.#answersAsItself(message)) throw error;
    }
    this.#materials.drop(message.of);
    try {
      return this.#withMessageKey(message, openOnce);
    } catch (error) {
      if (!isCorrupt(error) || this.#answersAsItself(message)) throw error;
      throw contradiction('the token computes otherwise than before with the same key');
    }
  }

  #answersAsItself({ label, of }: VaultMessage): boolean {
    try {
      const { handle, key } = this.#materials.load(label, of);
      return handle !== undefined && this.#materials.isItself(handle, key);
    } catch (error) {
      if (isStale(error)) return false;
      throw error;
    }
  }

  #withMessageKey(message: VaultMessage, work: OneTimeWork): Buffer {
    const { nonce, iv, label, of } = message;
    const derive = ({ handle, key, binding }: WorkingMaterial): Buffer => {
      if (handle === undefined || key.spec !== 'SYMMETRIC_DEFAULT') {
        throw new HsmFault('usage', `a key of spec ${key.spec} encrypts no messages`);
      }
      const inputs = [derivationInput('message', { binding, nonce, iv })];
      const { library, sessions } = this.#place;
      return sessions.withSession((session) =>
        deriveFrom(library, session, handle, { scheme: 'hmac', inputs }),
      );
    };
    return withWiped(this.#withFreshHandle(label, of, derive), (key) => work(key, message));
  }

  /** An object that is gone is unwrapped once more. */
  #withFreshHandle<T>(label: string, token: Uint8Array, use: (material: WorkingMaterial) => T): T {
    try {
      return use(this.#materials.load(label, token));
    } catch (error) {
      if (!isStale(error)) throw error;
    }
    this.#materials.drop(token);
    try {
      return use(this.#materials.load(label, token));
    } catch (error) {
      throw isStale(error) ? error.blaming('ambiguous', 'unavailable') : error;
    }
  }
}

type OneTimeWork = (key: Buffer, text: GcmText) => Buffer;

function isCorrupt(error: unknown): boolean {
  return error instanceof HsmFault && error.code === 'corrupt';
}

const EMPTY = new Uint8Array(0);
