/** The doctor's look at tokens and keys: one login for each token, under the PIN latch of the proxy. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PortcullisConfig, TokenConfig } from '../config/portcullis-config.ts';
import type { AeadScheme } from '../domain/hsm/aead-scheme.ts';
import { selectorText } from '../domain/hsm/key-selector.ts';
import { HsmFault } from '../domain/hsm-fault.ts';
import type { KeyDescription } from '../domain/ports/hsm.ts';
import { everyGeneration, keyPlace } from '../domain/xks/key-generations.ts';
import { objectUsages, schemeRefusal } from '../domain/xks/scheme-fitness.ts';
import { type KeyFinding, surveyKeys } from '../engine/xks/key-survey.ts';
import type { SchemeAbility } from '../hsm/devices/abilities.ts';
import { isEmulated } from '../hsm/devices/emulation.ts';
import { SCHEME_MECHANISMS } from '../hsm/devices/scheme-mechanisms.ts';
import type { OpenedToken } from '../hsm/devices/token-shapes.ts';
import { CliFault } from './cli-fault.ts';
import { type DeviceReport, deviceReport, type Reported } from './doctor-device.ts';
import { type DoctorFinding, found } from './doctor-finding.ts';
import { onlyKey } from './key-choice.ts';
import { attestedText } from './key-text.ts';
import { withConfiguredToken } from './token-access.ts';

export interface TokenExamination {
  readonly findings: readonly DoctorFinding[];
  /** What the keys behind reachable tokens are fit for. */
  readonly keys: readonly KeyFinding[];
  /** Every secret key of each reachable token. */
  readonly lists: ReadonlyMap<string, readonly KeyDescription[]>;
  /** What each reachable token can do. */
  readonly devices: readonly DeviceReport[];
}

/** Never rejects for what is wrong with a token: that becomes a finding. */
export async function examineTokens(config: PortcullisConfig): Promise<TokenExamination> {
  const findings: DoctorFinding[] = [];
  const lists = new Map<string, readonly KeyDescription[]>();
  const devices: DeviceReport[] = [];
  for (const token of config.tokens) {
    const subject = `token ${token.name}`;
    try {
      const { info, keys, features } = await withConfiguredToken({ config, token }, async (opened) => {
        const { admin } = opened;
        return { info: opened.info, keys: await admin.listKeys(), features: await admin.probe() };
      });
      const { vendor, model } = info;
      const device = deviceReport({ token: token.name, vendor, model, profile: token.profile, features });
      lists.set(token.name, keys);
      devices.push(device);
      findings.push(
        ...(isEmulated(info) ? [found(subject, 'warning', EMULATED)] : []),
        pinFinding(subject, info, keys.length),
        ...device.xks
          .filter(({ scheme }) => schemesInUse(config, token).has(scheme))
          .map((ability) => schemeFinding(subject, ability)),
        healthKeyFinding(subject, token, keys),
      );
    } catch (error) {
      if (!(error instanceof HsmFault) && !(error instanceof CliFault)) throw error;
      findings.push(found(subject, 'problem', error.message));
    }
  }
  const keys = await surveyKeys({
    stores: config.keyStores,
    healthKeys: config.tokens.map(({ name, healthKey }) => ({ token: name, selector: healthKey })),
    tokens: [...lists.keys()],
    directory: {
      describe: async ({ token, selector }) => onlyKey(lists.get(token) ?? [], selector),
      refresh: () => false,
    },
    clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() },
    pause: (ms) => sleep(ms),
    signal: new AbortController().signal,
  });
  return { findings: [...findings, ...keys.map(keyFinding)], keys, lists, devices };
}

function pinFinding(subject: string, info: OpenedToken, keys: number): DoctorFinding {
  const { label, serial, vendor, model } = info;
  const text = `'${label}', serial ${serial}, ${vendor} ${model}: PIN accepted, ${keys} secret keys`;
  return found(subject, 'ok', text);
}

/** Those of the token's health key and of every key that is mapped to it. */
function schemesInUse(
  { keyStores }: PortcullisConfig,
  { name, healthKey }: TokenConfig,
): ReadonlySet<AeadScheme> {
  const mapped = keyStores.flatMap(everyGeneration).filter(({ key }) => key.token === name);
  return new Set([healthKey.scheme, ...mapped.map(({ scheme }) => scheme)]);
}

function schemeFinding(
  subject: string,
  { scheme, verdict, why, wayRound }: Reported<SchemeAbility>,
): DoctorFinding {
  const { name } = SCHEME_MECHANISMS[scheme];
  if (verdict === 'can') return found(subject, 'ok', `does ${name}, for scheme ${scheme}`);
  if (verdict === 'emulated') return found(subject, 'ok', `emulated: ${name}, for scheme ${scheme}`);
  if (verdict === 'listed') return found(subject, 'ok', `lists ${name}, for scheme ${scheme}: ${why}`);
  const instead = wayRound === '' ? 'nor what any other scheme needs' : `make ${wayRound}`;
  return found(subject, 'problem', `cannot do ${name}, which scheme ${scheme} needs: ${why}; ${instead}`);
}

function healthKeyFinding(
  subject: string,
  { healthKey }: TokenConfig,
  keys: readonly KeyDescription[],
): DoctorFinding {
  const name = `health key ${selectorText(healthKey)}`;
  const { scheme } = healthKey;
  try {
    const key = onlyKey(keys, healthKey);
    // A health key protects nothing, so nobody has to give a word for its length.
    const refusal = schemeRefusal(scheme, key.tried === true ? { ...key, bits: 256 } : key);
    if (refusal !== undefined) return found(subject, 'problem', `${name} is unfit: ${refusal}`);
    return objectUsages(scheme, key).length === 2
      ? found(subject, 'ok', `${name} fits scheme ${scheme}`)
      : found(subject, 'problem', `${name} may not both encrypt and decrypt`);
  } catch (error) {
    if (!(error instanceof HsmFault)) throw error;
    return found(subject, 'problem', `${name}: ${error.detail}; make one with keys create`);
  }
}

const EMULATED = 'emulated: nothing that is found here says anything of a real device';

function keyFinding({ pathPrefix, mapped, usages, refusal, unknown }: KeyFinding): DoctorFinding {
  const subject = `key ${keyPlace(mapped)} of ${pathPrefix || '/'}`;
  if (refusal !== undefined) return found(subject, 'problem', `refused: ${refusal}`);
  if (unknown !== undefined) return found(subject, 'problem', `unknown: ${unknown}`);
  const missing = [...mapped.usages].filter((usage) => !usages.includes(usage));
  if (missing.length > 0) {
    return found(
      subject,
      'warning',
      `its attributes do not allow it to ${missing.join(' and ').toLowerCase()}`,
    );
  }
  const fit = `fit to ${usages.join(' and ').toLowerCase()}, scheme ${mapped.scheme}`;
  return found(subject, 'ok', `${fit}${attestedText(mapped)}`);
}
