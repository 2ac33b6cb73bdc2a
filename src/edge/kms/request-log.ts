/**
 * One log line for each request: who asked for what, how it ended, how long it took. Bodies, secrets and signatures
 * have no field here, and neither have the texts of validation, which quote what was sent.
 */
import type { KmsFault } from '../../domain/kms/kms-fault.ts';
import type { LogFields } from '../../domain/ports/log.ts';
import { claimedCredential } from '../http/claimed-credential.ts';
import type { Passage } from './passage.ts';

export interface Outcome {
  readonly status: number;
  readonly fault?: KmsFault;
}

/**
 * Writes the line at `info`; failures of ours at `error`. A caller that has authenticated gets a line for each
 * request; of all others only so many a second are written, at `warn`.
 */
export function logRequest(passage: Passage, outcome: Outcome): void {
  const fields = requestFields(passage, outcome);
  const { log, cappedLog } = passage.services;
  if (outcome.status >= 500) log.error('request', fields);
  else if (passage.authenticated === undefined) cappedLog.write('warn', 'request', fields);
  else log.info('request', fields);
}

export function measureRequest(passage: Passage, errorName: string): void {
  passage.services.meter.kmsRequest({
    operation: passage.operation ?? 'unknown',
    errorName,
    seconds: (passage.endedMs - passage.exchange.startedMs) / 1000,
  });
}

/** What came after the answer was given, such as the engine's result past the deadline. */
export function logLate(passage: Passage, fault: KmsFault | undefined): void {
  passage.services.log.debug('request.late', {
    requestId: passage.requestId,
    operation: passage.operation,
    ...(fault !== undefined && faultFields(fault)),
  });
}

/** Built field by field: this is done for every request. */
function requestFields(passage: Passage, { status, fault }: Outcome): LogFields {
  const { exchange, authenticated, trace } = passage;
  const fields: Record<string, unknown> = {
    requestId: passage.requestId,
    service: passage.service,
    operation: passage.operation ?? 'unknown',
  };
  if (authenticated === undefined) {
    Object.assign(fields, claimedCredential(exchange.rawHeaders));
  } else {
    const { caller, region } = authenticated;
    fields['account'] = caller.account;
    fields['region'] = region;
    fields['principalArn'] = caller.principalArn;
    if (authenticated.verified || ACCESS_KEY_ID.test(caller.accessKeyId)) {
      fields['accessKeyId'] = caller.accessKeyId;
    }
    if (!authenticated.verified) fields['verified'] = false;
  }
  if (passage.keyId !== undefined) fields['keyId'] = passage.keyId;
  fields['remoteAddress'] = exchange.remoteAddress;
  if (exchange.tlsClientSubject !== undefined) fields['tlsClientSubject'] = exchange.tlsClientSubject;
  fields['outcome'] = fault === undefined ? 'success' : 'error';
  fields['status'] = status;
  if (fault !== undefined) Object.assign(fields, faultFields(fault), { stage: passage.stage });
  const totalMs = roundMs(passage.endedMs - exchange.startedMs);
  fields['durations'] =
    trace.host === undefined
      ? { totalMs }
      : { totalMs, queueMs: roundMs(trace.queueMs), tokenMs: roundMs(trace.tokenMs) };
  return fields;
}

function faultFields(fault: KmsFault): LogFields {
  return {
    errorName: fault.code,
    ...(fault.detail !== undefined && fault.code !== 'ValidationException' && { detail: fault.detail }),
    ...fault.logFields,
    ...(fault.cause !== undefined && { cause: fault.cause }),
  };
}

function roundMs(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** What anyone may write there unverified: shorter than a secret access key that was pasted in its place. */
const ACCESS_KEY_ID = /^[A-Za-z0-9]{1,32}$/;
