/** What an operator may see of a key: where it works, and what its material is wrapped under. Never material itself. */
import type { KeySpec, KeyState, KeyUsageType, OriginType } from '../kms/api/enums.ts';
import { keyArn } from '../kms/arn.ts';
import type { KeyVault } from '../ports/key-vault.ts';
import { algorithmsOf } from './algorithms.ts';
import type { KeyMaterial, KeyRecord } from './key-record.ts';
import { keyTypeOf } from './key-specs.ts';

/** In the token, in the process that talks to it, or in that of the engine. */
export type WorkSite = 'token' | 'host' | 'engine';

export interface KeyView {
  readonly keyId: string;
  readonly arn: string;
  readonly spec: KeySpec;
  readonly usage: KeyUsageType;
  readonly state: KeyState;
  readonly origin: OriginType;
  readonly materials: readonly MaterialView[];
  readonly algorithms: readonly AlgorithmView[];
}

export interface MaterialView {
  readonly materialId: string;
  readonly current: boolean;
  /** Of the domain's keys, which wrap it; absent where the exported key token is damaged. */
  readonly generation?: number;
}

export interface AlgorithmView {
  readonly algorithm: string;
  /** What needs the secret or private key. */
  readonly worksIn: WorkSite;
  /** What needs the public half alone, such as Verify. */
  readonly publicHalfIn?: WorkSite;
}

/** `generationOf` tells nothing of a damaged material. */
export function keyView(
  record: KeyRecord,
  vault: Pick<KeyVault, 'kind'>,
  generationOf: (material: KeyMaterial) => number | undefined,
): KeyView {
  const { keyId, spec, usage, state, origin, materials, currentMaterialId } = record;
  const hasPublicHalf = keyTypeOf(spec) === 'asymmetric';
  return {
    keyId,
    arn: keyArn(record),
    spec,
    usage,
    state,
    origin,
    materials: materials.map((material) => {
      const { materialId } = material;
      const generation = generationOf(material);
      const current = materialId === currentMaterialId;
      return { materialId, current, ...(generation !== undefined && { generation }) };
    }),
    algorithms: algorithmsOf(record).map(({ algorithm, place }) => ({
      algorithm,
      worksIn: vault.kind === 'software' ? 'engine' : place,
      ...(hasPublicHalf && { publicHalfIn: 'engine' as const }),
    })),
  };
}
