/**
 * What a token host does for a key vault: the domain's keys and all key material stay in the token, the key of a single
 * message comes out of it, is used once in this process and wiped. Nothing is kept that the next request does not
 * bring along, so any host of the token can serve it.
 */
import type { Handle } from 'pkcs11js';
import { HsmFault } from '../../domain/hsm-fault.ts';
import { type GcmText, openOnce, sealOnce } from '../aead/one-time-gcm.ts';
import { type ExportedKey, encodeExportedKey, macInput } from '../material/exported-key-token.ts';
import { derivationInput, materialIdInput } from '../material/prf-inputs.ts';
import { isStaleHandle } from '../pkcs11/ckr.ts';
import { generateMaterial, importMaterial, wrapMaterial } from '../pkcs11/material-objects.ts';
import { callPkcs11, Pkcs11Failure } from '../pkcs11/pkcs11-failure.ts';
import { EXPORTABLE_MATERIAL } from '../pkcs11/vault-templates.ts';
import { decodeJson } from '../wire/messages.ts';
import type { OperationName } from '../wire/operations.ts';
import {
  decodeNewMaterial,
  decodeRewrap,
  decodeVaultMessage,
  type NewMaterialMessage,
  type VaultMessage,
} from '../wire/vault-messages.ts';
import { deriveFrom, withWiped } from './derived-key.ts';
import { contradiction, DomainKeys } from './domain-keys.ts';
import { type MaterialPlace, type WorkingMaterial, WorkingMaterials } from './working-material.ts';

export type VaultOperationName = Extract<OperationName, `vault${string}`>;

export class VaultOperations {
  readonly #place: MaterialPlace;
  readonly #materials: WorkingMaterials;

  constructor(
    place: Omit<MaterialPlace, 'domainKeys'> & { readonly keys: ConstructorParameters<typeof DomainKeys>[1] },
  ) {
    this.#place = { ...place, domainKeys: new DomainKeys(place.library, place.keys) };
    this.#materials = new WorkingMaterials(this.#place);
  }

  run(operation: VaultOperationName, body: Uint8Array): Uint8Array {
    return this.#work[operation](body);
  }

  readonly #work: Readonly<Record<VaultOperationName, (body: Uint8Array) => Uint8Array>> = {
    vaultOpen: (body) => {
      this.#place.domainKeys.open(decodeJson<{ label: string }>(body).label);
      return EMPTY;
    },
    vaultCreate: (body) => {
      const { library } = this.#place;
      return this.#export(decodeNewMaterial(body), (owner) => generateMaterial(library, owner));
    },
    vaultImport: (body) => {
      const message = decodeNewMaterial(body);
      const material = Buffer.from(message.material);
      try {
        return this.#export(message, (owner) => importMaterial(this.#place.library, owner, material));
      } finally {
        material.fill(0);
        body.fill(0);
      }
    },
    vaultEncrypt: (body) => this.#withMessageKey(decodeVaultMessage(body), sealOnce),
    vaultDecrypt: (body) => this.#decrypt(decodeVaultMessage(body)),
    vaultSeal: (body) => this.#withSealKey(decodeVaultMessage(body), sealOnce),
    vaultUnseal: (body) => this.#unseal(decodeVaultMessage(body)),
    vaultRandom: (body) => this.#random(decodeJson<{ length: number }>(body).length),
    vaultForget: (body) => {
      this.#materials.drop(body);
      return EMPTY;
    },
    vaultRewrap: (body) => this.#rewrap(decodeRewrap(body)),
  };

  /** The material can be wrapped until its token exists, and is destroyed then; it comes back as one that cannot. */
  #export(message: NewMaterialMessage, make: (owner: Handle) => Handle): Uint8Array {
    const { account, keyId, label, generation } = message;
    const handle = this.#place.sessions.withOwner(make);
    let token: Buffer;
    try {
      const materialId = this.#materials.idOf(handle, materialIdInput({ account, keyId }));
      token = this.#wrap(label, handle, { account, keyId, materialId, generation, ...SYMMETRIC });
    } finally {
      this.#materials.destroy(handle);
    }
    // Proves that what was wrapped can be used, while nobody has it yet; and the next request will want it.
    this.#materials.load(label, token);
    return token;
  }

  #wrap(label: string, material: Handle, key: Omit<ExportedKey, 'wrapped'>): Buffer {
    const { library, domainKeys } = this.#place;
    const wrapped = domainKeys.withKey(label, 'domain', (session, wrapping) =>
      wrapMaterial(library, session, wrapping, material),
    );
    const body = encodeExportedKey({ ...key, wrapped });
    return Buffer.concat([body, domainKeys.registryMac(label, macInput(body))]);
  }

  /** Within one token: the material never leaves it. */
  #rewrap({ from, to, generation, token }: ReturnType<typeof decodeRewrap>): Uint8Array {
    const key = this.#materials.authenticate(from, token);
    const handle = this.#materials.unwrap(from, key, EXPORTABLE_MATERIAL);
    let rewrapped: Buffer;
    try {
      rewrapped = this.#wrap(to, handle, { ...key, generation });
    } finally {
      this.#materials.destroy(handle);
    }
    this.#materials.load(to, rewrapped);
    this.#materials.drop(token);
    return rewrapped;
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
      return this.#materials.isSound(this.#materials.load(label, of));
    } catch (error) {
      if (isStale(error)) return false;
      throw error;
    }
  }

  #withMessageKey(message: VaultMessage, work: OneTimeWork): Buffer {
    const { nonce, iv, label, of } = message;
    const derive = ({ handle, binding }: WorkingMaterial): Buffer => {
      const input = derivationInput('message', { binding, nonce, iv });
      return this.#place.sessions.withSession((session) => this.#derive(session, handle, input));
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

  #withSealKey(message: VaultMessage, work: OneTimeWork): Buffer {
    const { label, of, nonce, iv } = message;
    const input = derivationInput('seal', { binding: of, nonce, iv });
    this.#place.domainKeys.witness(label);
    const derived = this.#place.domainKeys.withKey(label, 'seal', (session, key) =>
      this.#derive(session, key, input),
    );
    return withWiped(derived, (key) => work(key, message));
  }

  #unseal(message: VaultMessage): Buffer {
    try {
      return this.#withSealKey(message, openOnce);
    } catch (error) {
      if (isCorrupt(error)) this.#place.domainKeys.requireSound(message.label);
      throw error;
    }
  }

  #derive(session: Handle, key: Handle, input: Buffer): Buffer {
    return deriveFrom(this.#place.library, session, key, { scheme: 'hmac', inputs: [input] });
  }

  #random(length: number): Buffer {
    const { library, sessions } = this.#place;
    const bytes = Buffer.alloc(length);
    sessions.withSession((session) =>
      callPkcs11('C_GenerateRandom', () => library.C_GenerateRandom(session, bytes)),
    );
    if (length >= TELLING_BYTES && bytes.every((byte) => byte === bytes[0])) {
      throw contradiction('the random bytes of the token are all the same');
    }
    return bytes;
  }
}

type OneTimeWork = (key: Buffer, text: GcmText) => Buffer;

function isCorrupt(error: unknown): boolean {
  return error instanceof HsmFault && error.code === 'corrupt';
}

function isStale(error: unknown): error is Pkcs11Failure {
  return error instanceof Pkcs11Failure && isStaleHandle(error.value);
}

const SYMMETRIC = { spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT' } as const;
/** So many equal bytes are no chance: 2^-120. */
const TELLING_BYTES = 16;
const EMPTY = new Uint8Array(0);
