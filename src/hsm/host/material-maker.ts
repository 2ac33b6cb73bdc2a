/**
 * New key material: made in the token or taken in, wrapped, and proven to work before anybody has its exported key
 * token. What can be wrapped exists for no longer than that; what works afterwards cannot be.
 */
import type { Handle } from 'pkcs11js';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { MaterialOwner } from '../../domain/ports/key-vault.ts';
import { importPrivateKey } from '../asymmetric/import-private-key.ts';
import { curveScalar, rsaComponents } from '../asymmetric/private-components.ts';
import { wipeMaterial } from '../asymmetric/private-material.ts';
import { curvePublicKey, rsaPublicKey } from '../asymmetric/public-key.ts';
import { materialOfSeed } from '../asymmetric/seed-key.ts';
import {
  type ExportedKey,
  encodeExportedKey,
  macInput,
  type ParsedKey,
} from '../material/exported-key-token.ts';
import { publicMaterialId } from '../material/prf-inputs.ts';
import { destroyMaterial, generateSecret, importSecret, wrapMaterial } from '../pkcs11/material-objects.ts';
import {
  generatePair,
  importCurveKey,
  importRsaKey,
  type PublicNumbers,
  readPublicKey,
} from '../pkcs11/private-key-objects.ts';
import type { PrivateKeyShape } from '../pkcs11/private-key-shapes.ts';
import type { NewMaterialMessage, RewrapMessage } from '../wire/material-messages.ts';
import { contradiction } from './domain-keys.ts';
import { formOfMaterial } from './material-form.ts';
import type { SealKeys } from './seal-keys.ts';
import { randomOfToken } from './token-random.ts';
import type { MaterialPlace, WorkingMaterials } from './working-material.ts';

/** A request without the material. */
type NewKey = Omit<NewMaterialMessage, 'material'>;

export class MaterialMaker {
  readonly #place: MaterialPlace;
  readonly #materials: WorkingMaterials;
  readonly #sealKeys: SealKeys;

  constructor(place: MaterialPlace, materials: WorkingMaterials, sealKeys: SealKeys) {
    this.#place = place;
    this.#materials = materials;
    this.#sealKeys = sealKeys;
  }

  /** A secret, or a seed from the token's generator. */
  create(key: NewKey): Buffer {
    const form = formOfMaterial(key);
    const { library, sessions } = this.#place;
    if (form.is === 'secret')
      return this.#exportSecret(key, (owner) => generateSecret(library, owner, form.bytes));
    if (form.is === 'private') throw new HsmFault('internal', `a pair of spec ${key.spec} is made aside`);
    return this.#exportSeed(key, randomOfToken(library, sessions, form.bytes));
  }

  /** Seconds for RSA: beside the work of others. */
  async createPair(key: NewKey): Promise<Buffer> {
    const form = formOfMaterial(key);
    if (form.is !== 'private') throw new HsmFault('internal', `a key of spec ${key.spec} is no pair`);
    const { library, sessions } = this.#place;
    return await sessions.withSessionAside(async (session) => {
      const pair = await generatePair(library, session, form.shape);
      try {
        const publicKey = encodePublic(readPublicKey(library, session, pair.publicKey, form.shape));
        return this.#exportPrivate(key, pair.privateKey, publicKey);
      } finally {
        for (const handle of [pair.privateKey, pair.publicKey]) destroyMaterial(library, session, handle);
      }
    });
  }

  /** The caller wipes the material. Fault `usage` for what is no material of this kind. */
  import(key: NewKey, material: Uint8Array): Buffer {
    const form = formOfMaterial(key);
    if (form.is === 'secret') {
      if (material.length !== form.bytes) {
        throw new HsmFault(
          'usage',
          `a key of spec ${key.spec} has ${form.bytes} bytes, not ${material.length}`,
        );
      }
      const value = Buffer.from(material);
      try {
        return this.#exportSecret(key, (owner) => importSecret(this.#place.library, owner, value));
      } finally {
        value.fill(0);
      }
    }
    const parts = importPrivateKey(key.spec, material);
    try {
      if (form.is === 'seed') return this.#exportSeed(key, Buffer.from(parts.seed));
      const handle = this.#importPrivate(form.shape, parts.pkcs8);
      try {
        return this.#exportPrivate(key, handle, parts.publicKey);
      } finally {
        this.#materials.destroy(handle);
      }
    } finally {
      wipeMaterial(parts);
    }
  }

  /** Within one token: the material never leaves it, but for a seed, which this process seals anew. */
  rewrap({ from, to, generation, token }: RewrapMessage): Buffer {
    const key = this.#materials.authenticate(from, token);
    const form = formOfMaterial(key);
    if (form.is === 'seed') return this.#reseal(from, key, { to, generation });
    const handle = this.#materials.unwrap(from, key, { extractable: true });
    try {
      const bytes = form.is === 'secret' ? form.bytes : undefined;
      return this.#finish(to, { ...key, generation, wrapped: this.#wrap(to, handle, key.wrap, bytes) });
    } finally {
      this.#materials.destroy(handle);
    }
  }

  #exportSecret(key: NewKey, make: (owner: Handle) => Handle): Buffer {
    const form = formOfMaterial(key);
    const handle = this.#place.sessions.withOwner(make);
    try {
      const materialId = this.#materials.idOf(handle, key);
      const wrap = key.spec === 'SYMMETRIC_DEFAULT' ? 'kw' : 'kwp';
      const bytes = form.is === 'secret' ? form.bytes : undefined;
      const wrapped = this.#wrap(key.label, handle, wrap, bytes);
      return this.#finish(key.label, { ...facts(key), materialId, wrapped });
    } finally {
      this.#materials.destroy(handle);
    }
  }

  #exportPrivate(key: NewKey, handle: Handle, publicKey: Buffer): Buffer {
    const materialId = publicMaterialId(key, publicKey);
    const wrapped = this.#wrap(key.label, handle, 'kwp', undefined);
    return this.#finish(key.label, { ...facts(key), materialId, wrapped, publicKey });
  }

  /** Wipes the seed. */
  #exportSeed(key: NewKey, seed: Buffer): Buffer {
    try {
      const { publicKey, ...rest } = materialOfSeed(key.spec, seed);
      wipeMaterial({ ...rest, publicKey });
      const materialId = publicMaterialId(key, publicKey);
      const sealed = this.#sealKeys.sealSeed(key, seed);
      return this.#finish(key.label, { ...facts(key), materialId, wrapped: EMPTY, sealed, publicKey });
    } finally {
      seed.fill(0);
    }
  }

  #reseal(
    from: string,
    key: ParsedKey,
    { to, generation }: { readonly to: string; readonly generation: number },
  ): Buffer {
    const seed = this.#sealKeys.unsealSeed({ label: from, generation: key.generation }, key.sealed);
    const material = materialOfSeed(key.spec, seed);
    try {
      if (!material.publicKey.equals(key.publicKey)) {
        throw contradiction('a seed that was unsealed is not that of its public key');
      }
      const sealed = this.#sealKeys.sealSeed({ label: to, generation }, seed);
      return this.#finish(to, { ...key, generation, wrap: 'none', wrapped: EMPTY, sealed });
    } finally {
      seed.fill(0);
      wipeMaterial(material);
    }
  }

  #importPrivate(shape: PrivateKeyShape, pkcs8: Buffer): Handle {
    const { library, sessions } = this.#place;
    if (shape.keyType === 'EC') {
      const scalar = curveScalar(pkcs8);
      try {
        return sessions.withOwner((owner) => importCurveKey(library, owner, shape, scalar));
      } finally {
        scalar.fill(0);
      }
    }
    const numbers = rsaComponents(pkcs8);
    try {
      return sessions.withOwner((owner) => importRsaKey(library, owner, shape, numbers));
    } finally {
      for (const number of Object.values(numbers) as Buffer[]) number.fill(0);
    }
  }

  #wrap(label: string, material: Handle, wrap: ParsedKey['wrap'], bytes: number | undefined): Buffer {
    const { library, domainKeys } = this.#place;
    const mechanism = this.#materials.wrapMechanism(wrap);
    return domainKeys.withKey(label, 'domain', (session, wrapping) =>
      wrapMaterial(library, session, wrapping, { material, mechanism, bytes }),
    );
  }

  #finish(label: string, key: ExportedKey): Buffer {
    const body = encodeExportedKey(key);
    return Buffer.concat([body, this.#place.domainKeys.registryMac(label, macInput(body))]);
  }
}

function facts({
  account,
  keyId,
  spec,
  usage,
  generation,
}: NewKey): MaterialOwner & Pick<ExportedKey, 'spec' | 'usage' | 'generation'> {
  return { account, keyId, spec, usage, generation };
}

function encodePublic(numbers: PublicNumbers): Buffer {
  return numbers.keyType === 'RSA'
    ? rsaPublicKey(numbers.modulus, numbers.exponent)
    : curvePublicKey(numbers.curve, numbers.point);
}

const EMPTY = Buffer.alloc(0);
