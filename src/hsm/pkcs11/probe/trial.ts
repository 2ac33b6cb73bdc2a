/**
 * Trying one mechanism with throw-away keys. Mechanism lists lie in both directions, so what counts is a known
 * answer; where no key may be made, the list is all there is.
 */
import type { Handle, PKCS11 } from 'pkcs11js';
import type { Trial } from '../../devices/features.ts';
import type { DeviceProfile } from '../../devices/profile.ts';
import { WrongLength } from '../aes-gcm.ts';
import { Pkcs11Failure } from '../pkcs11-failure.ts';
import type { SessionPool } from '../session-pool.ts';
import { MECHANISMS, type MechanismName } from './mechanisms.ts';
import { NoTrialKey, ThrowAwayKeys } from './throw-away-keys.ts';

export interface ProbePlace {
  readonly library: PKCS11;
  readonly slot: Handle;
  /** Of a token that is logged in. */
  readonly sessions: SessionPool;
  /** As the token lists them. */
  readonly mechanisms: readonly number[];
  readonly profile: DeviceProfile;
}

/** Says what was wrong with the answer; empty when nothing was. */
export type Attempt = (keys: ThrowAwayKeys) => string;

/**
 * Throws the Pkcs11Failure of trouble that says nothing of the mechanism: whoever asks decides whether to come
 * again.
 */
export function tryMechanism(place: ProbePlace, mechanism: MechanismName, attempt: Attempt): Trial {
  return withoutTrying(place, mechanism) ?? withThrowAwayKeys(place, (keys) => judge(() => attempt(keys)));
}

/** As {@link tryMechanism}, but what goes wrong twice is taken for what the token says of the mechanism. */
export function tryPatiently(place: ProbePlace, mechanism: MechanismName, attempt: Attempt): Trial {
  return twice(() => tryMechanism(place, mechanism, attempt), 'refused');
}

/** What can be said without a key; undefined when it takes one. */
export function withoutTrying(
  { mechanisms, profile }: ProbePlace,
  mechanism: MechanismName,
): Trial | undefined {
  const number = MECHANISMS[mechanism];
  if (!mechanisms.includes(number) && !profile.unlistedMechanisms.includes(number)) {
    return { capability: 'missing', why: `${mechanism} is not in the token's list` };
  }
  if (profile.sessionKeys) return undefined;
  return { capability: 'listed', why: `${profile.name} makes no throw-away keys to try it with` };
}

/** Lends keys whose session, and they with it, is gone afterwards. */
export function withThrowAwayKeys<T>({ library, sessions }: ProbePlace, use: (keys: ThrowAwayKeys) => T): T {
  return sessions.withOwnSession((session) => {
    const keys = new ThrowAwayKeys(library, session);
    try {
      return use(keys);
    } finally {
      keys.destroyAll();
    }
  });
}

/** An attempt's end as a finding. Throws trouble of the moment. */
export function judge(attempt: () => string): Trial {
  try {
    const wrong = attempt();
    return wrong === '' ? TESTED : { capability: 'wrong', why: wrong };
  } catch (error) {
    // Without a key to test with, the list is all there is; with one, a mechanism that is refused is none.
    if (error instanceof NoTrialKey) return { capability: 'listed', why: error.message };
    if (error instanceof Pkcs11Failure && isRefusal(error))
      return { capability: 'refused', why: error.origin };
    if (isAboutAnswer(error)) return { capability: 'wrong', why: `its answer is malformed (${error.code})` };
    throw error;
  }
}

/** Makes a trial again when trouble comes between, and then believes the trouble; a lost token is thrown all the same. */
export function twice(trial: () => Trial, believed: 'refused' | 'listed'): Trial {
  try {
    return trial();
  } catch (error) {
    if (!isPassing(error)) throw error;
  }
  try {
    return trial();
  } catch (error) {
    if (!isPassing(error)) throw error;
    return { capability: believed, why: error.origin };
  }
}

function isPassing(error: unknown): error is Pkcs11Failure {
  return error instanceof Pkcs11Failure && error.blame !== 'host';
}

/** The value speaks of the request: the same one would be refused again. */
function isRefusal(failure: Pkcs11Failure): boolean {
  const { blame, value } = failure;
  return (
    blame === 'data' || blame === 'key' || ARGUMENTS_REFUSED.has(value) || failure instanceof WrongLength
  );
}

/** From Node.js, which was given what the token answered. */
function isAboutAnswer(error: unknown): error is Error & { code: string } {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_');
}

/** CKR_ARGUMENTS_BAD, CKR_DATA_INVALID, CKR_DATA_LEN_RANGE. */
const ARGUMENTS_REFUSED: ReadonlySet<number> = new Set([0x07, 0x20, 0x21]);

const TESTED: Trial = { capability: 'tested', why: '' };
