/** The end of a request: the first answer wins, and is logged and measured once. */
import { KmsFault } from '../../domain/kms/kms-fault.ts';
import { BodyIncomplete, BodyTooLarge } from '../http/exchange.ts';
import { STS_CONTENT_TYPE, stsErrorAnswer } from '../sts/sts-error.ts';
import { answerHeaders, errorBody, KMS_CONTENT_TYPE } from './error-body.ts';
import { httpStatus } from './error-table.ts';
import type { Passage } from './passage.ts';
import { logLate, logRequest, measureRequest } from './request-log.ts';
import { TIMED_OUT, toFault } from './to-fault.ts';

/** `proven` callers may keep their connection idle. */
export function finishWith(passage: Passage, body: string): void {
  if (passage.finished) {
    logLate(passage, undefined);
    return;
  }
  close(passage);
  passage.exchange.reply(200, body, {
    contentType: passage.service === 'kms' ? KMS_CONTENT_TYPE : STS_CONTENT_TYPE,
    headers: answerHeaders(passage.requestId),
    proven: passage.authenticated?.verified === true,
  });
  logRequest(passage, { status: 200 });
  measureRequest(passage, '');
}

export function refuse(passage: Passage, error: unknown): void {
  const fault = toFault(error);
  if (passage.finished) {
    logLate(passage, fault);
    return;
  }
  close(passage);
  const answer = passage.service === 'kms' ? kmsErrorAnswer(fault) : stsErrorAnswer(fault, passage.requestId);
  passage.exchange.reply(answer.status, answer.body, {
    contentType: answer.contentType,
    headers: answerHeaders(passage.requestId),
    proven: passage.authenticated?.verified === true,
    close: error instanceof BodyTooLarge || error instanceof BodyIncomplete,
  });
  logRequest(passage, { status: answer.status, fault });
  measureRequest(passage, fault.code);
}

/** Answers at the reply deadline whatever the request is waiting for. The work goes on; it may still have its effect. */
export function startWatchdog(passage: Passage, deadlineMs: number): void {
  const delayMs = Math.max(0, Math.ceil(deadlineMs - passage.services.clock.monotonicMs()));
  passage.watchdog = setTimeout(giveUp, delayMs, passage);
}

function giveUp(passage: Passage): void {
  refuse(passage, new KmsFault('DependencyTimeoutException', TIMED_OUT));
}

function close(passage: Passage): void {
  passage.finished = true;
  passage.endedMs = passage.services.clock.monotonicMs();
  clearTimeout(passage.watchdog);
}

function kmsErrorAnswer(fault: KmsFault): { status: number; body: string; contentType: string } {
  return {
    status: httpStatus(fault.code),
    body: errorBody(fault.code, fault.detail),
    contentType: KMS_CONTENT_TYPE,
  };
}
