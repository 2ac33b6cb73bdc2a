/** The end of a request: the first answer wins, and is logged and measured once. */
import { XksFault } from '../../domain/xks/xks-fault.ts';
import { BodyIncomplete, BodyTooLarge } from '../http/exchange.ts';
import { errorAnswer, errorBody } from './error-answer.ts';
import type { Passage } from './passage.ts';
import { logLate, logRequest, measureRequest } from './request-log.ts';

/** @req X-01 X-70 */
export function finishWith(passage: Passage, body: string): void {
  close(passage);
  passage.exchange.reply(200, body, { proven: true });
  logRequest(passage, { status: 200 });
  measureRequest(passage, '');
}

/** @req X-47 X-59 X-70 */
export function refuse(passage: Passage, error: unknown): void {
  if (passage.finished) {
    logLate(passage, error);
    return;
  }
  close(passage);
  const answered = errorAnswer(error);
  passage.exchange.reply(answered.status, errorBody(answered), {
    headers: answered.headers,
    proven: (passage as Partial<Passage>).caller !== undefined,
    close: error instanceof BodyTooLarge || error instanceof BodyIncomplete,
  });
  logRequest(passage, {
    status: answered.status,
    errorName: answered.errorName,
    detail: answered.message,
    error,
  });
  measureRequest(passage, answered.errorName);
}

/**
 * Answers at the reply deadline whatever the request is waiting for. The work goes on and its result is
 * dropped; KMS has no use for it.
 * @req X-46 X-58
 */
export function startWatchdog(passage: Passage, deadlineMs: number): void {
  const delayMs = Math.max(0, Math.ceil(deadlineMs - passage.services.clock.monotonicMs()));
  passage.watchdog = setTimeout(giveUp, delayMs, passage);
}

function giveUp(passage: Passage): void {
  refuse(
    passage,
    new XksFault('DependencyTimeoutException', 'The hardware security module did not answer in time.', {
      logFields: { stage: passage.stage },
    }),
  );
}

function close(passage: Passage): void {
  passage.finished = true;
  passage.endedMs = passage.services.clock.monotonicMs();
  clearTimeout(passage.watchdog);
}
