/** Keys of every kind in the vault under test: one of each is made when it is first asked for. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { ALGORITHMS, type AlgorithmRow } from '../../../src/domain/key/algorithms.ts';
import { KEY_KINDS } from '../../../src/domain/key/key-specs.ts';
import type { KeySpec } from '../../../src/domain/kms/api/enums.ts';
import type { MaterialKind, VaultKey } from '../../../src/domain/ports/key-vault.ts';
import { ALICE, context, type VaultRig } from '../key-vault-contract.ts';

export class KindRig {
  readonly kinds: readonly MaterialKind[];
  readonly rows: readonly AlgorithmRow[];
  /** Kinds of keys that have a public half. */
  readonly pairs: readonly MaterialKind[];
  readonly #rig: () => VaultRig;
  readonly #keys = new Map<string, Promise<VaultKey>>();

  /** `without`: specs that the vault under test cannot have. */
  constructor(rig: () => VaultRig, without: readonly KeySpec[]) {
    const has = ({ spec }: { readonly spec: KeySpec }) =>
      spec !== 'SYMMETRIC_DEFAULT' && !without.includes(spec);
    this.#rig = rig;
    this.kinds = KEY_KINDS.filter(has).map(({ spec, usage }) => ({ spec, usage }));
    this.pairs = this.kinds.filter(({ usage }) => usage !== 'GENERATE_VERIFY_MAC');
    this.rows = ALGORITHMS.filter(has);
  }

  get vaults(): VaultRig {
    return this.#rig();
  }

  rowsOf<K extends AlgorithmRow['kind']>(...kinds: readonly K[]): Extract<AlgorithmRow, { kind: K }>[] {
    return this.rows.filter((row): row is Extract<AlgorithmRow, { kind: K }> =>
      (kinds as readonly string[]).includes(row.kind),
    );
  }

  /** The key of this kind, of the vault's first generation. */
  key({ spec, usage }: MaterialKind): Promise<VaultKey> {
    const name = `${spec} ${usage}`;
    const made = this.#keys.get(name) ?? this.newKey({ spec, usage });
    this.#keys.set(name, made);
    return made;
  }

  async newKey(kind: MaterialKind): Promise<VaultKey> {
    return { ...ALICE, ...(await this.vaults.first.create(ALICE, kind, context())) };
  }

  async importKey(kind: MaterialKind, material: Uint8Array): Promise<VaultKey> {
    const given = Uint8Array.from(material);
    return { ...ALICE, ...(await this.vaults.first.import(ALICE, kind, given, context())) };
  }

  async publicKey(key: VaultKey, kind: MaterialKind): Promise<KeyObject> {
    const der = Buffer.from(await this.vaults.first.publicKey(key, kind, context()));
    return createPublicKey({ key: der, format: 'der', type: 'spki' });
  }
}
