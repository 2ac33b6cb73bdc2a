/** Says in the log which mapped keys do not serve, once their tokens can be asked, and keeps that up to date. */
import type { Log } from '../../domain/ports/log.ts';
import { everyGeneration } from '../../domain/xks/key-generations.ts';
import type { MappedKey } from '../../domain/xks/key-store.ts';
import { type KeyFinding, type KeySurveyOptions, surveyKeys } from './key-survey.ts';

export interface KeyWatchOptions extends Omit<KeySurveyOptions, 'tokens'> {
  /** Whether a token can be asked now. */
  readonly ready: (token: string) => boolean;
  readonly log: Log;
}

/**
 * One bad key must not stop the others: it is refused when used, and named here. Each token is surveyed as
 * soon as it is ready, however long that takes, and again from time to time, which costs its calls only for
 * keys that the directory does not remember. Runs until the signal aborts; never rejects.
 * @req X-09 X-41 X-49
 */
export async function watchKeys(options: KeyWatchOptions): Promise<void> {
  const mapped = options.stores.flatMap(everyGeneration);
  const tokens = new Set(
    [...mapped, ...options.healthKeys.map((key) => ({ key }))].map(({ key }) => key.token),
  );
  const said: Said = new Map();
  await Promise.all([...tokens].map((token) => watchToken(token, options, said)));
}

/** What the log has of a key now. */
type Said = Map<MappedKey, string>;

async function watchToken(token: string, options: KeyWatchOptions, said: Said): Promise<void> {
  const { signal, pause, ready } = options;
  while (!signal.aborted) {
    if (ready(token)) {
      const findings = await surveyKeys({ ...options, tokens: [token] });
      if (signal.aborted) return;
      for (const finding of findings) say(finding, options.log, said);
      await pause(SURVEY_EVERY_MS, signal);
    } else {
      await pause(READY_POLL_MS, signal);
    }
  }
}

function say({ pathPrefix, mapped, refusal, unknown }: KeyFinding, log: Log, said: Said): void {
  const reason = refusal ?? unknown;
  if (reason === undefined) {
    said.delete(mapped);
    return;
  }
  if (said.get(mapped) === reason) return;
  said.set(mapped, reason);
  const { externalKeyId, generation } = mapped;
  const fields = { pathPrefix, externalKeyId, generation, reason };
  if (refusal === undefined) log.warn('key.unknown', fields);
  else log.error('key.refused', fields);
}

const READY_POLL_MS = 100;
const SURVEY_EVERY_MS = 300_000;
