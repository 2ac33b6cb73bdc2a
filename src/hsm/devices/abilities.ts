/**
 * What a token can do for AWS KMS, put together from what its probe found: for external key stores by encryption
 * scheme, and for the keys of a KMS by key spec and algorithm, with the way round where there is one.
 */
import type { AeadScheme } from '../../domain/hsm/aead-scheme.ts';
import {
  MAX_AAD_BYTES,
  MAX_METADATA_BYTES,
  MAX_PLAINTEXT_BYTES,
  TAG_BYTES,
} from '../../domain/xks/limits.ts';
import type { Capability, Feature, FeatureFinding } from './features.ts';
import { KMS_KEY_SPECS, type Way } from './kms-key-specs.ts';
import type { DeviceProfile } from './profile.ts';

export interface Ability {
  /** `listed`: the token says so, and it could not be tried. */
  readonly verdict: 'can' | 'listed' | 'cannot';
  readonly why: string;
  /** What serves instead; empty when nothing needs to, or nothing does. */
  readonly wayRound: string;
}

export interface SchemeAbility extends Ability {
  readonly scheme: AeadScheme;
}

export interface KeySpecAbility extends Ability {
  readonly keySpec: string;
  readonly algorithm: string;
}

/** For external key stores: AES-256-GCM by the token, or under keys that it derives for each message. */
export function xksAbilities(findings: readonly FeatureFinding[], profile: DeviceProfile): SchemeAbility[] {
  const abilities = SCHEMES.map(({ scheme, feature }) => {
    const ability = plainAbility(findings, feature);
    return { scheme, ...(scheme === 'native-gcm' ? withinOneCall(ability, profile) : ability) };
  });
  const instead = schemeInstead(abilities);
  return abilities.map((each) => (each.verdict === 'cannot' ? { ...each, wayRound: instead } : each));
}

/** For the keys of a KMS, in the order of its documentation. */
export function kmsAbilities(findings: readonly FeatureFinding[], profile: DeviceProfile): KeySpecAbility[] {
  const schemes = xksAbilities(findings, profile);
  const ways: Record<Way, string> = {
    derived: schemeInstead(schemes),
    'raw-rsa': plainAbility(findings, 'rsa-raw').verdict === 'cannot' ? '' : RAW_RSA,
    sealed: schemes.some(({ verdict }) => verdict !== 'cannot') ? SEALED : '',
  };
  return KMS_KEY_SPECS.flatMap(({ keySpec, bits, algorithms }) =>
    algorithms.map(({ algorithm, feature, roundabout }) => {
      const ability = abilityOf(findings, feature, bits);
      const way = roundabout.map((each) => ways[each]).find((each) => each !== '') ?? '';
      return { keySpec, algorithm, ...ability, wayRound: ability.verdict === 'cannot' ? way : '' };
    }),
  );
}

function plainAbility(findings: readonly FeatureFinding[], feature: Feature): Ability {
  return abilityOf(findings, feature, undefined);
}

function abilityOf(
  findings: readonly FeatureFinding[],
  feature: Feature | undefined,
  bits: number | undefined,
): Ability {
  const found = findings.find((each) => each.feature === feature);
  if (found === undefined)
    return { verdict: 'cannot', why: 'no mechanism for it is looked for', wayRound: '' };
  const { capability, why, keyBits } = found;
  if (CANNOT.has(capability)) return { verdict: 'cannot', why, wayRound: '' };
  if (bits !== undefined && keyBits !== undefined && (bits < keyBits.min || bits > keyBits.max)) {
    const sizes = `the token makes keys of ${keyBits.min} to ${keyBits.max} bits`;
    return { verdict: 'cannot', why: sizes, wayRound: '' };
  }
  if (capability === 'listed') return { verdict: 'listed', why, wayRound: '' };
  return { verdict: 'can', why: bits === undefined ? 'tried' : 'tried with 2048 bits', wayRound: '' };
}

/** With native GCM, plaintext and associated data go through one call. */
function withinOneCall(ability: Ability, { maxDataBytes }: DeviceProfile): Ability {
  if (ability.verdict === 'cannot' || maxDataBytes === undefined || maxDataBytes >= LARGEST_CALL_BYTES) {
    return ability;
  }
  const why = `one call takes ${maxDataBytes} bytes, and one of AWS KMS may need ${LARGEST_CALL_BYTES}`;
  return { verdict: 'cannot', why, wayRound: '' };
}

/** The best scheme that works, as a way round; tried ones before listed ones. */
function schemeInstead(abilities: readonly SchemeAbility[]): string {
  const derived = abilities.filter(({ scheme }) => scheme !== 'native-gcm');
  const best =
    derived.find(({ verdict }) => verdict === 'can') ?? derived.find(({ verdict }) => verdict === 'listed');
  return best === undefined
    ? ''
    : `keys of scheme ${best.scheme}, from which the token derives one for each message`;
}

const CANNOT: ReadonlySet<Capability> = new Set(['missing', 'refused', 'wrong']);
const RAW_RSA = 'raw RSA in the token (CKM_RSA_X_509), padding in this process';
const SEALED = 'a seed that the token seals, at work in the memory of its host: lower assurance';

/** Plaintext, tag, and u16 ‖ AAD ‖ u8 ‖ metadata. */
const LARGEST_CALL_BYTES = MAX_PLAINTEXT_BYTES + TAG_BYTES + 2 + MAX_AAD_BYTES + 1 + MAX_METADATA_BYTES;

/** In the order in which they are to be preferred. */
const SCHEMES: readonly { readonly scheme: AeadScheme; readonly feature: Feature }[] = [
  { scheme: 'native-gcm', feature: 'aes-gcm' },
  { scheme: 'hmac', feature: 'hmac-sha256' },
  { scheme: 'cmac', feature: 'aes-cmac' },
  { scheme: 'cbc-mac', feature: 'aes-cbc' },
];
