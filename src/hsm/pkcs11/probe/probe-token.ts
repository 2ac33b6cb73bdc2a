/**
 * What a token can do: all of it, for the doctor, or what serving AWS KMS rests on, for the start. Runs on a
 * token that is logged in and leaves nothing on it.
 */
import type { FeatureFinding, Trial } from '../../devices/features.ts';
import { probeEllipticCurves } from './elliptic-trials.ts';
import { tryGcm } from './gcm-trial.ts';
import { probeRsa } from './rsa-trials.ts';
import { tryCbc, tryCmac, tryHmac } from './symmetric-trials.ts';
import { type ProbePlace, twice, withoutTrying } from './trial.ts';

/** What each scheme of encryption for external key stores rests on. */
export interface SchemeTrials {
  readonly gcm: Trial;
  readonly hmac: Trial;
  readonly cmac: Trial;
  readonly cbc: Trial;
}

/**
 * The result holds for the host's life. So trouble with GCM is thrown, for the start to be made again; the others,
 * of which the token's keys may need none, are then merely not tested.
 */
export function probeSchemes(place: ProbePlace): SchemeTrials {
  return {
    gcm: tryGcm(place),
    hmac: twice(() => tryHmac(place, 'CKM_SHA256_HMAC'), 'listed'),
    cmac: twice(() => tryCmac(place), 'listed'),
    cbc: twice(() => tryCbc(place), 'listed'),
  };
}

/** Everything, which takes seconds on a slow device. Throws a Pkcs11Failure when the token is lost on the way. */
export function probeToken(place: ProbePlace): FeatureFinding[] {
  return [
    { feature: 'aes-gcm', ...twice(() => tryGcm(place), 'refused') },
    { feature: 'hmac-sha256', ...twice(() => tryHmac(place, 'CKM_SHA256_HMAC'), 'refused') },
    { feature: 'aes-cmac', ...twice(() => tryCmac(place), 'refused') },
    { feature: 'aes-cbc', ...twice(() => tryCbc(place), 'refused') },
    { feature: 'hmac-sha224', ...twice(() => tryHmac(place, 'CKM_SHA224_HMAC'), 'refused') },
    { feature: 'hmac-sha384', ...twice(() => tryHmac(place, 'CKM_SHA384_HMAC'), 'refused') },
    { feature: 'hmac-sha512', ...twice(() => tryHmac(place, 'CKM_SHA512_HMAC'), 'refused') },
    ...probeRsa(place),
    ...probeEllipticCurves(place),
    { feature: 'ml-dsa', ...(withoutTrying(place, 'CKM_ML_DSA') ?? UNTRIED) },
  ];
}

const UNTRIED: Trial = { capability: 'listed', why: 'this program has no trial of it' };
