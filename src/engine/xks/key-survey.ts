/** Looks at every generation of every mapped key in the background, gently enough that callers do not notice. */
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { KeyDescription, KeyDirectory, TokenKey } from '../../domain/ports/hsm.ts';
import { admitKey } from '../../domain/xks/key-admission.ts';
import { everyGeneration } from '../../domain/xks/key-generations.ts';
import type { CryptoUsage, KeyStore, MappedKey } from '../../domain/xks/key-store.ts';
import { isAbsent } from './absent-key.ts';
import { ObjectClaims } from './object-claims.ts';

/** What a caller of this key would meet. Both reasons are clauses that end a sentence about it. */
export interface KeyFinding {
  readonly pathPrefix: string;
  readonly mapped: MappedKey;
  /** Empty when the key is refused or unknown. */
  readonly usages: readonly CryptoUsage[];
  /** Why the key is refused; undefined when it serves or is unknown. */
  readonly refusal: string | undefined;
  /** Why its token could not be asked; undefined when it could. */
  readonly unknown: string | undefined;
}

export interface KeySurveyOptions {
  readonly stores: readonly KeyStore[];
  /** The key that each token's health checks use: no external key may share its object. */
  readonly healthKeys: readonly TokenKey[];
  /** Names of the tokens to ask. */
  readonly tokens: readonly string[];
  readonly directory: KeyDirectory;
  readonly clock: Clock;
  /** Resolves after the time, or as soon as the signal aborts; never rejects. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Ends the survey early; what was not asked by then is unknown. */
  readonly signal: AbortSignal;
}

/**
 * One finding for each generation of a mapped key on these tokens, and for each other that was described before, in the
 * order of the stores. Never rejects. Each token is asked at most four things at a time, in the fair-share
 * class of the proxy itself; one that is busy or away is asked again later. All that is found goes into the
 * {@link ObjectClaims} of the stores.
 * @req X-09 X-23 X-41 X-49
 */
export async function surveyKeys(options: KeySurveyOptions): Promise<readonly KeyFinding[]> {
  const claims = new ObjectClaims(options.stores);
  const failures = new Map<MappedKey, Failure>();
  await Promise.all(
    options.tokens.map((token) => askToken(looksAt(token, options, claims, failures), options)),
  );
  return options.stores.flatMap((store) =>
    everyGeneration(store).flatMap((mapped) =>
      findingOf(store.pathPrefix, mapped, claims, failures.get(mapped)),
    ),
  );
}

interface Failure {
  readonly code: 'refusal' | 'unknown';
  readonly reason: string;
}

/** One question to a token and what becomes of the answer. */
interface Look {
  readonly key: TokenKey;
  readonly found: (description: KeyDescription) => void;
  readonly failed: (error: unknown) => void;
}

function looksAt(
  token: string,
  { stores, healthKeys }: KeySurveyOptions,
  claims: ObjectClaims,
  failures: Map<MappedKey, Failure>,
): Look[] {
  const looks: Look[] = [];
  for (const key of healthKeys.filter((each) => each.token === token)) {
    looks.push({
      key,
      found: (description) => claims.claimHealthKey(key, description),
      failed: (error) => {
        if (isAbsent(error)) claims.claimHealthKey(key, undefined);
      },
    });
  }
  for (const store of stores) {
    for (const mapped of everyGeneration(store).filter(({ key }) => key.token === token)) {
      looks.push({
        key: mapped.key,
        found: (description) => claims.claim(store.pathPrefix, mapped, description),
        failed: (error) => {
          failures.set(mapped, failureOf(error));
          if (isAbsent(error)) claims.release(mapped);
        },
      });
    }
  }
  return looks;
}

/** Sweeps until every question has its answer; gives up when several sweeps in a row bring none. */
async function askToken(looks: readonly Look[], options: KeySurveyOptions): Promise<void> {
  let open = looks;
  let lastError: unknown = new HsmFault('unavailable', 'it was not asked');
  let idleSweeps = 0;
  while (open.length > 0 && idleSweeps < PAUSES_MS.length && !options.signal.aborted) {
    const swept = await sweep(open, options);
    idleSweeps = swept.open.length < open.length ? 0 : idleSweeps + 1;
    open = swept.open;
    if (open.length === 0) return;
    lastError = swept.error ?? lastError;
    const pauseMs = PAUSES_MS[idleSweeps];
    if (pauseMs !== undefined) await options.pause(pauseMs, options.signal);
  }
  for (const look of open) look.failed(lastError);
}

/** Asks until the token first says that it cannot answer now. What failed goes to the end of what is left. */
async function sweep(
  looks: readonly Look[],
  { directory, clock, signal }: KeySurveyOptions,
): Promise<{ readonly open: readonly Look[]; readonly error: unknown }> {
  const waiting = looks.values();
  const again: Look[] = [];
  let transient: unknown;
  const worker = async (): Promise<void> => {
    while (transient === undefined && !signal.aborted) {
      const { value: look } = waiting.next();
      if (look === undefined) return;
      try {
        const deadlineMs = clock.monotonicMs() + LOOK_MS;
        look.found(await directory.describe(look.key, { tenant: OWN_TENANT, deadlineMs }));
      } catch (error) {
        if (isTransient(error)) {
          transient = error;
          again.push(look);
        } else {
          look.failed(error);
        }
      }
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  return { open: [...waiting, ...again], error: transient };
}

function findingOf(
  pathPrefix: string,
  mapped: MappedKey,
  claims: ObjectClaims,
  failure: Failure | undefined,
): KeyFinding[] {
  const nothing = { pathPrefix, mapped, usages: [], refusal: undefined, unknown: undefined };
  const description = claims.descriptionOf(mapped);
  if (failure?.code === 'refusal') return [{ ...nothing, refusal: failure.reason }];
  if (description === undefined)
    return failure === undefined ? [] : [{ ...nothing, unknown: failure.reason }];
  const admission = admitKey(mapped, description);
  const refusal = admission.admitted ? claims.refusal(mapped) : admission.reason;
  return [
    { ...nothing, usages: admission.admitted && refusal === undefined ? admission.usages : [], refusal },
  ];
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof HsmFault)) return { code: 'refusal', reason: 'looking at it failed' };
  const reason = `the token answered ${error.code}: ${error.detail}`;
  return { code: isTransient(error) ? 'unknown' : 'refusal', reason };
}

/** The token said nothing about the key. */
function isTransient(error: unknown): boolean {
  return error instanceof HsmFault && ['busy', 'timeout', 'unavailable'].includes(error.code);
}

/** The class of the proxy's own calls; key stores have theirs from 1 on. */
const OWN_TENANT = 0;
const AT_A_TIME = 4;
const LOOK_MS = 2_000;
/** After a sweep with answers, then after one, two … sweeps without; there is no pause after the last. */
const PAUSES_MS = [250, 1_000, 2_000, 4_000, 8_000, 15_000];
