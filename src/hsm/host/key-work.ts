/**
 * What private keys and MAC keys do: most of it in the token, beside the work of others where it takes milliseconds; what
 * no token does, in this process, from a seed that is unsealed for one use and wiped. What an RSA key did is
 * checked by its public key before it leaves: what is wrong speaks of the token, never of what it was given. Of ECDSA no
 * such check is quick enough: there the key has proven itself when it was unwrapped.
 */
import type { Handle } from 'pkcs11js';
import { Bug } from '../../domain/bug.ts';
import { HsmFault } from '../../domain/hsm-fault.ts';
import {
  type AlgorithmRow,
  algorithmsOf,
  type EcdsaRow,
  type RsaSignatureRow,
  type SignatureRow,
} from '../../domain/key/algorithms.ts';
import { signEdwards } from '../asymmetric/edwards.ts';
import { signMlDsa } from '../asymmetric/ml-dsa.ts';
import { decapsulateMlKem } from '../asymmetric/ml-kem.ts';
import { digestInfo } from '../asymmetric/pkcs1-encoding.ts';
import { wipeMaterial } from '../asymmetric/private-material.ts';
import { curveKey } from '../asymmetric/public-key.ts';
import { materialOfSeed } from '../asymmetric/seed-key.ts';
import { requireSigningInput } from '../asymmetric/signing-input.ts';
import type { ParsedKey } from '../material/exported-key-token.ts';
import {
  agreeAside,
  agreeNow,
  decryptAside,
  ecdsaSignature,
  macOf,
  type PrivateCall,
  pkcs1Signature,
  pssSignature,
  rsaDecryption,
  signAside,
  signNow,
} from '../pkcs11/private-key-calls.ts';
import { decodeKeyWork, type KeyWorkMessage } from '../wire/key-work-messages.ts';
import { contradiction } from './domain-keys.ts';
import { doesNotDecrypt, oaepUnpad } from './oaep.ts';
import { isBelowModulus, isRootOf, isSignatureOf, powerOf } from './rsa-check.ts';
import type { SealKeys } from './seal-keys.ts';
import { isStale } from './stale-handle.ts';
import type { MaterialPlace, WorkingMaterial, WorkingMaterials } from './working-material.ts';

export class KeyWork {
  readonly #place: MaterialPlace;
  readonly #materials: WorkingMaterials;
  readonly #sealKeys: SealKeys;

  constructor(place: MaterialPlace, materials: WorkingMaterials, sealKeys: SealKeys) {
    this.#place = place;
    this.#materials = materials;
    this.#sealKeys = sealKeys;
  }

  readonly work = {
    vaultPublicKey: (body: Uint8Array) => this.#publicKey(decodeKeyWork(body)),
    vaultMac: (body: Uint8Array) => this.#mac(decodeKeyWork(body)),
    vaultSign: (body: Uint8Array) => this.#sign(decodeKeyWork(body), 'now'),
    vaultSignSlowly: (body: Uint8Array) => this.#sign(decodeKeyWork(body), 'aside'),
    vaultDecryptRsa: (body: Uint8Array) => this.#decryptRsa(decodeKeyWork(body)),
    vaultAgree: (body: Uint8Array) => this.#agree(decodeKeyWork(body)),
    vaultDecapsulate: (body: Uint8Array) => this.#decapsulate(decodeKeyWork(body)),
  } as const;

  /** As the registry key has confirmed it. */
  #publicKey({ label, of }: KeyWorkMessage): Uint8Array {
    const { publicKey } = this.#materials.authenticate(label, of);
    if (publicKey.length > 0) return publicKey;
    throw new HsmFault('usage', 'a key of this kind has no public half');
  }

  #mac(message: KeyWorkMessage): Uint8Array {
    return this.#withFresh(message, (material) => {
      const row = rowOf(material, message, ['hmac']);
      return this.#signNow(handleOf(material), macOf(row, message.input));
    });
  }

  #sign(message: KeyWorkMessage, when: 'now' | 'aside'): Uint8Array | Promise<Uint8Array> {
    const material = this.#materials.load(message.label, message.of);
    const row: SignatureRow = rowOf(material, message, SIGNING);
    requireSigningInput({ row, form: message.form, input: message.input });
    switch (row.kind) {
      case 'ed25519':
      case 'ed25519ph':
        return signEdwards(this.#seedOf(message, material), { ...message, row });
      case 'ml-dsa':
        return signMlDsa(this.#seedOf(message, material), { ...message, row });
      case 'ecdsa':
        return when === 'now' ? this.#ecdsaNow(message, row) : this.#ecdsaAside(message, row);
      case 'rsa-pkcs1':
      case 'rsa-pss':
        return this.#rsaSignature(message, row);
    }
  }

  #ecdsaNow(message: KeyWorkMessage, row: EcdsaRow): Uint8Array {
    const call = ecdsaSignature(row, message.input);
    return this.#withFresh(message, (material) => this.#signNow(handleOf(material), call));
  }

  #ecdsaAside(message: KeyWorkMessage, row: EcdsaRow): Promise<Uint8Array> {
    const call = ecdsaSignature(row, message.input);
    return this.#unprovenAside(message, (handle) => this.#signAside(handle, call));
  }

  #rsaSignature(message: KeyName & Pick<KeyWorkMessage, 'input'>, row: RsaSignatureRow): Promise<Uint8Array> {
    const { input } = message;
    const call =
      row.kind === 'rsa-pkcs1' ? pkcs1Signature(row, digestInfo(row.hash, input)) : pssSignature(row, input);
    return this.#provenAside(message, {
      work: ({ handle }) => this.#signAside(needed(handle), call),
      isRight: (signature, { publicKey }) => isSignatureOf(needed(publicKey), row, input, signature),
    });
  }

  /**
   * Throws, or rejects, unless a new key does what it is for. A secret and a key on a curve have shown that when they were
   * unwrapped: of them nothing is left to wait for.
   */
  prove(label: string, token: Uint8Array): Promise<unknown> | undefined {
    const { key, form, publicKey } = this.#materials.load(label, token);
    if (form.is === 'seed') this.#proveSeed(label, key);
    if (form.is !== 'private' || form.shape.keyType !== 'RSA') return undefined;
    const { modulusBytes, usage } = form.shape;
    const message = { label, of: token };
    if (usage === 'DECRYPT')
      return this.#root(message, powerOf(needed(publicKey), paddedProbe(modulusBytes)));
    const row: AlgorithmRow | undefined = algorithmsOf(key)[0];
    if (row?.kind !== 'rsa-pkcs1') throw new Bug(`a key of spec ${key.spec} does not sign like this`);
    return this.#rsaSignature({ ...message, input: Buffer.alloc(row.digestBytes) }, row);
  }

  #proveSeed(label: string, key: ParsedKey): void {
    const seed = this.#sealKeys.unsealSeed({ label, generation: key.generation }, key.sealed);
    const material = materialOfSeed(key.spec, seed);
    seed.fill(0);
    wipeMaterial(material);
    if (!material.publicKey.equals(key.publicKey)) {
      throw contradiction('a seed that was unsealed is not that of its public key');
    }
  }

  /** c^d mod n, checked; the caller wipes it. */
  #root(message: KeyName, ciphertext: Buffer): Promise<Buffer> {
    const call = rsaDecryption(ciphertext);
    return this.#provenAside(message, {
      work: ({ handle }) =>
        this.#place.sessions.withSessionAside((session) =>
          decryptAside(this.#place.library, session, needed(handle), call),
        ),
      isRight: (root, { publicKey }) => isRootOf(needed(publicKey), root, ciphertext),
    });
  }

  async #decryptRsa(message: KeyWorkMessage): Promise<Uint8Array> {
    const material = this.#materials.load(message.label, message.of);
    const row = rowOf(material, message, ['rsa-oaep']);
    const ciphertext = Buffer.from(message.input);
    if (!isBelowModulus(needed(material.publicKey), ciphertext)) {
      throw doesNotDecrypt();
    }
    const padded = await this.#root(message, ciphertext);
    try {
      return oaepUnpad(padded, row.hash);
    } finally {
      padded.fill(0);
    }
  }

  /** On the longer curves it takes milliseconds. */
  #agree(message: KeyWorkMessage): Uint8Array | Promise<Uint8Array> {
    const row = rowOf(this.#materials.load(message.label, message.of), message, ['ecdh']);
    // A token that takes what is no point of the curve would give its key away.
    curveKey(row.curve, message.input);
    const agreement = { peer: Buffer.from(message.input), fieldBytes: row.fieldBytes };
    const { library, sessions } = this.#place;
    if (row.fieldBytes <= QUICK_FIELD_BYTES) {
      return this.#withFresh(message, ({ handle }) =>
        sessions.withSession((session) => agreeNow(library, session, needed(handle), agreement)),
      );
    }
    return this.#unprovenAside(message, (handle) =>
      sessions.withSessionAside((session) => agreeAside(library, session, handle, agreement)),
    );
  }

  #decapsulate(message: KeyWorkMessage): Uint8Array {
    const material = this.#materials.load(message.label, message.of);
    const row = rowOf(material, message, ['ml-kem']);
    return decapsulateMlKem(this.#seedOf(message, material), row, message.input);
  }

  /** The caller wipes it, once. */
  #seedOf({ label }: KeyWorkMessage, { key }: WorkingMaterial): Buffer {
    return this.#sealKeys.unsealSeed({ label, generation: key.generation }, key.sealed);
  }

  #signNow(handle: Handle, call: PrivateCall): Buffer {
    const { library, sessions } = this.#place;
    return sessions.withSession((session) => signNow(library, session, handle, call));
  }

  #signAside(handle: Handle, call: PrivateCall): Promise<Buffer> {
    const { library, sessions } = this.#place;
    return sessions.withSessionAside((session) => signAside(library, session, handle, call));
  }

  /** An object that is gone is unwrapped once more. */
  #withFresh<T>({ label, of }: KeyName, use: (material: WorkingMaterial) => T): T {
    try {
      return use(this.#materials.load(label, of));
    } catch (error) {
      if (!isStale(error)) throw error;
    }
    this.#materials.drop(of);
    try {
      return use(this.#materials.load(label, of));
    } catch (error) {
      throw isStale(error) ? error.blaming('ambiguous', 'unavailable') : error;
    }
  }

  async #withFreshAside<T>(
    { label, of }: KeyName,
    use: (material: WorkingMaterial) => Promise<T>,
  ): Promise<T> {
    const lent = async (): Promise<T> => {
      const material = this.#materials.load(label, of);
      return await this.#materials.lend(material, () => use(material));
    };
    try {
      return await lent();
    } catch (error) {
      if (!isStale(error)) throw error;
    }
    this.#materials.drop(of);
    try {
      return await lent();
    } catch (error) {
      throw isStale(error) ? error.blaming('ambiguous', 'unavailable') : error;
    }
  }

  /** Work whose outcome nothing here checks: it may be another object's where all objects were lost meanwhile. */
  #unprovenAside(message: KeyName, use: (handle: Handle) => Promise<Buffer>): Promise<Buffer> {
    const { sessions } = this.#place;
    return this.#withFreshAside(message, async (material) => {
      const { ownerNumber } = sessions;
      const outcome = await use(handleOf(material));
      if (sessions.ownerNumber === ownerNumber) return outcome;
      outcome.fill(0);
      throw contradiction('the objects of the token were lost while it worked with one of them');
    });
  }

  /** Work whose outcome is checked; what is wrong is done once more, with the key unwrapped anew. */
  async #provenAside(message: KeyName, { work, isRight }: ProvenWork): Promise<Buffer> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const { outcome, right } = await this.#withFreshAside(message, async (material) => {
        const made = await work(material);
        return { outcome: made, right: isRight(made, material) };
      });
      if (right) return outcome;
      outcome.fill(0);
      this.#materials.drop(message.of);
    }
    throw contradiction('what the token computed with a private key does not fit its public key');
  }
}

type KeyName = Pick<KeyWorkMessage, 'label' | 'of'>;

interface ProvenWork {
  readonly work: (material: WorkingMaterial) => Promise<Buffer>;
  readonly isRight: (outcome: Buffer, material: WorkingMaterial) => boolean;
}

/** The row that the request names, of the kind that the key's own token names, if it does this work. */
function rowOf<K extends AlgorithmRow['kind']>(
  { key }: WorkingMaterial,
  { algorithm }: KeyWorkMessage,
  kinds: readonly K[],
): Extract<AlgorithmRow, { readonly kind: K }> {
  const rows: readonly AlgorithmRow[] = algorithmsOf(key);
  const row = rows.find((each) => each.algorithm === algorithm);
  if (row !== undefined && (kinds as readonly string[]).includes(row.kind)) return row as never;
  throw new HsmFault('usage', `a key of spec ${key.spec} for ${key.usage} does no ${algorithm} like this`);
}

function handleOf({ handle }: WorkingMaterial): Handle {
  return needed(handle);
}

function needed<T>(value: T | undefined): T {
  if (value !== undefined) return value;
  throw new HsmFault('corrupt', 'the exported key token lacks a part that its kind of key needs');
}

/**
 * With a zero in front, as all that OAEP pads: a token that leaves it out would show by another fault which ciphertexts
 * decrypt to something like that.
 */
function paddedProbe(modulusBytes: number): Buffer {
  return Buffer.alloc(modulusBytes, 1).fill(0, 0, 1);
}

const SIGNING = ['rsa-pkcs1', 'rsa-pss', 'ecdsa', 'ed25519', 'ed25519ph', 'ml-dsa'] as const;
const ATTEMPTS = 2;
const QUICK_FIELD_BYTES = 32;
