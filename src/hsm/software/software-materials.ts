/**
 * Key material in this process's memory: from and to exported key tokens. What was unwrapped is remembered by the exact
 * bytes of its token; seeds are not, but unsealed for each use, as in a token's host.
 */
import { createHmac, createPrivateKey, type KeyObject } from 'node:crypto';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { MaterialKind, MaterialOwner, NewMaterial, VaultKey } from '../../domain/ports/key-vault.ts';
import { type PrivateMaterial, wipeMaterial } from '../asymmetric/private-material.ts';
import { BoundedCache } from '../material/bounded-cache.ts';
import {
  type ParsedKey,
  parseExportedKey,
  requireBinding,
  requireKind,
} from '../material/exported-key-token.ts';
import { macMaterialId, materialIdInput, publicMaterialId } from '../material/prf-inputs.ts';
import { type SecretForm, secretFormOf } from '../material/secret-material.ts';
import { type SoftwareDomain, takeOver } from './software-domain.ts';

export class SoftwareMaterials {
  readonly #domains: ReadonlyMap<number, SoftwareDomain>;
  readonly #current: SoftwareDomain;
  readonly #keys: BoundedCache<KeyObject>;

  constructor(domains: readonly SoftwareDomain[], current: SoftwareDomain, limit: number) {
    this.#domains = new Map(domains.map((domain) => [domain.generation, domain]));
    this.#current = current;
    this.#keys = new BoundedCache(limit, () => undefined);
  }

  /** Wipes the secret. */
  exportSecret(owner: MaterialOwner, kind: MaterialKind, form: SecretForm, secret: Buffer): NewMaterial {
    try {
      const mac = createHmac(form.hash, secret).update(materialIdInput(owner)).digest();
      const materialId = kind.spec === 'SYMMETRIC_DEFAULT' ? mac.toString('hex') : macMaterialId(mac);
      const token = this.#current.export({ wrapped: secret }, { ...owner, ...kind, materialId });
      return { materialId, token };
    } finally {
      secret.fill(0);
    }
  }

  /** Wipes the private half. */
  exportPrivate(owner: MaterialOwner, kind: MaterialKind, material: PrivateMaterial): NewMaterial {
    try {
      const { pkcs8, seed, publicKey } = material;
      const materialId = publicMaterialId(owner, publicKey);
      const parts = { wrapped: pkcs8, sealed: seed, publicKey };
      return { materialId, token: this.#current.export(parts, { ...owner, ...kind, materialId }) };
    } finally {
      wipeMaterial(material);
    }
  }

  /** The secret or the private key that was wrapped. Fault `corrupt` when the token is not of this key and kind. */
  key(key: VaultKey, kind: MaterialKind): KeyObject {
    const parsed = this.#parse(key, kind);
    const name = nameOf(key.token);
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const unwrapped = requireSome(this.#authentic(parsed).unwrap(parsed));
    const loaded = secretFormOf(kind) === undefined ? readPrivate(unwrapped) : takeOver(unwrapped);
    this.#keys.add(name, loaded);
    return loaded;
  }

  /** The seed that was sealed, which the caller wipes. Faults as for {@link key}. */
  seed(key: VaultKey, kind: MaterialKind): Buffer {
    const parsed = this.#parse(key, kind);
    return requireSome(this.#authentic(parsed).unseal(parsed));
  }

  /** SubjectPublicKeyInfo. Faults as for {@link key}, and `usage` when it has no public half. */
  publicKey(key: VaultKey, kind: MaterialKind): Uint8Array {
    const parsed = this.#parse(key, kind);
    this.#authentic(parsed);
    if (parsed.publicKey.length === 0) throw new HsmFault('usage', 'the key has no public half');
    return Uint8Array.from(parsed.publicKey);
  }

  /** The token under the current generation; undefined when it is already. */
  rewrap(key: VaultKey): Uint8Array | undefined {
    const parsed = parseExportedKey(key.token);
    requireBinding(parsed, key);
    if (parsed.generation === this.#current.generation) return undefined;
    const from = this.#authentic(parsed);
    const wrapped = from.unwrap(parsed);
    const sealed = from.unseal(parsed);
    try {
      return this.#current.export({ wrapped, sealed, publicKey: parsed.publicKey }, parsed);
    } finally {
      wrapped.fill(0);
      sealed.fill(0);
    }
  }

  forget(token: Uint8Array): void {
    this.#keys.delete(nameOf(token));
  }

  /** Fault `corrupt` for a generation that is none. */
  domain(generation: number): SoftwareDomain {
    const domain = this.#domains.get(generation);
    if (domain !== undefined) return domain;
    throw new HsmFault('corrupt', `the domain has no generation ${generation} of its keys`);
  }

  #parse(key: VaultKey, kind: MaterialKind): ParsedKey {
    const parsed = parseExportedKey(key.token);
    requireBinding(parsed, key);
    requireKind(parsed, kind);
    return parsed;
  }

  #authentic(parsed: ParsedKey): SoftwareDomain {
    const domain = this.domain(parsed.generation);
    domain.authenticate(parsed);
    return domain;
  }
}

function requireSome(material: Buffer): Buffer {
  if (material.length > 0) return material;
  throw new HsmFault('corrupt', 'the exported key token has its material in another form');
}

function readPrivate(pkcs8: Buffer): KeyObject {
  try {
    return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  } finally {
    pkcs8.fill(0);
  }
}

function nameOf(token: Uint8Array): string {
  return Buffer.from(token.buffer, token.byteOffset, token.length).toString('latin1');
}
