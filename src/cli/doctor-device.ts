/** What the doctor says of a device: what it can do for AWS KMS, what not, why, and the way round. */
import {
  type Ability,
  type KeySpecAbility,
  kmsAbilities,
  type SchemeAbility,
  xksAbilities,
} from '../hsm/devices/abilities.ts';
import { isEmulated } from '../hsm/devices/emulation.ts';
import type { FeatureFinding } from '../hsm/devices/features.ts';
import type { DeviceProfile } from '../hsm/devices/profile.ts';
import { textTable } from './text-table.ts';

/** `emulated`: the filter that stands for the device lets it through, which proves nothing of the device. */
export type Reported<A extends Ability> = Omit<A, 'verdict'> & {
  readonly verdict: A['verdict'] | 'emulated';
};

export interface DeviceReport {
  /** Name of the token in the configuration. */
  readonly token: string;
  readonly vendor: string;
  readonly model: string;
  /** Name of the profile. */
  readonly profile: string;
  /** For external key stores, the best scheme first. */
  readonly xks: readonly Reported<SchemeAbility>[];
  readonly kms: readonly Reported<KeySpecAbility>[];
  /** What an operator of this kind of device has to know. */
  readonly notes: readonly string[];
}

export interface ProbedDevice {
  readonly token: string;
  readonly vendor: string;
  readonly model: string;
  readonly profile: DeviceProfile;
  readonly features: readonly FeatureFinding[];
}

export function deviceReport({ token, vendor, model, profile, features }: ProbedDevice): DeviceReport {
  return {
    ...{ token, vendor, model, profile: profile.name },
    xks: xksAbilities(features, profile).map((ability) => reported(ability, vendor)),
    kms: kmsAbilities(features, profile).map((ability) => reported(ability, vendor)),
    notes: profile.notes,
  };
}

function reported<A extends Ability>(ability: A, vendor: string): Reported<A> {
  if (!isEmulated({ vendor }) || ability.verdict === 'cannot') return ability;
  return { ...ability, verdict: 'emulated' };
}

/** The report as tables; key specs of which the same is true share a line. */
export function deviceText({ token, vendor, model, profile, xks, kms, notes }: DeviceReport): string {
  const schemes = xks.map(({ scheme, ...ability }) => [scheme, ...cells(ability)]);
  const keySpecs = grouped(kms).map(({ keySpecs: specs, algorithm, ...ability }) => [
    specs.join(' '),
    algorithm,
    ...cells(ability),
  ]);
  return [
    `device of token ${token}: ${vendor} ${model}, profile ${profile}`,
    '',
    textTable(['EXTERNAL KEY STORE', ...HEADINGS], schemes),
    textTable(['KEY SPEC', 'ALGORITHM', ...HEADINGS], keySpecs),
    ...notes.map((note) => `note: ${note}`),
    '',
  ].join('\n');
}

function cells({ verdict, why, wayRound }: Reported<Ability>): string[] {
  return [VERDICTS[verdict], why, wayRound];
}

interface Group extends Reported<Ability> {
  readonly keySpecs: string[];
  readonly algorithm: string;
}

function grouped(abilities: readonly Reported<KeySpecAbility>[]): Group[] {
  const groups = new Map<string, Group>();
  for (const { keySpec, ...ability } of abilities) {
    const name = JSON.stringify(ability);
    const group = groups.get(name) ?? { ...ability, keySpecs: [] };
    group.keySpecs.push(keySpec);
    groups.set(name, group);
  }
  return [...groups.values()];
}

const HEADINGS = ['VERDICT', 'WHY', 'WAY ROUND'];
const VERDICTS: Readonly<Record<Reported<Ability>['verdict'], string>> = {
  can: 'can',
  listed: 'listed only',
  emulated: 'emulated',
  cannot: "can't",
};
