/**
 * One log line for each request: who asked for what, how it ended, how long it took. Bodies, secrets and
 * signatures have no field here. Metadata appears once the signature has vouched for it.
 */
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { LogFields } from '../../domain/ports/log.ts';
import { XksFault, type XksFaultName } from '../../domain/xks/xks-fault.ts';
import { SigV4Fault } from '../../sigv4/sigv4-fault.ts';
import { claimedCredential } from '../http/claimed-credential.ts';
import type { Passage } from './passage.ts';

/** How a request ended. */
export interface Outcome {
  readonly status: number;
  readonly errorName?: XksFaultName;
  readonly detail?: string;
  readonly error?: unknown;
}

/**
 * Writes the line at `info`; failures of ours at `error`, and refusals of a caller's identity, which someone
 * must look into, at `warn`. A caller that has authenticated gets a line for each request; of all others only
 * so many a second are written.
 * @req X-17 X-68 X-69 X-70
 */
export function logRequest(passage: Passage, outcome: Outcome): void {
  const fields = requestFields(passage, outcome);
  const { log, cappedLog } = passage.services;
  const { caller }: Partial<Passage> = passage;
  if (outcome.status >= 500 && outcome.status !== 501) log.error('request', fields);
  else if (caller === undefined) cappedLog.write(outcome.status === 401 ? 'warn' : 'info', 'request', fields);
  else if (outcome.status === 403) log.warn('request', fields);
  else log.info('request', fields);
}

/** What came after the answer was given, such as a token's reply past the deadline. */
export function logLate(passage: Passage, error: unknown): void {
  const { log } = passage.services;
  log.debug('request.late', { ...identity(passage), stage: passage.stage, cause: describeError(error) });
}

/** @req X-70 */
export function measureRequest(passage: Passage, errorName: string): void {
  const { route, entry }: Partial<Passage> = passage;
  passage.services.meter.request({
    // A path that is not ours must not become a label: anyone could make any number of them.
    operation: entry === undefined ? UNKNOWN : (route?.operation ?? UNKNOWN),
    pathPrefix: entry?.store.pathPrefix ?? UNKNOWN,
    errorName,
    seconds: (passage.endedMs - passage.exchange.startedMs) / 1000,
  });
}

/** Built field by field: this is done for every request. */
function requestFields(passage: Passage, { status, errorName, detail, error }: Outcome): LogFields {
  const { exchange, trace, endedMs } = passage;
  const { mapped, metadata, caller }: Partial<Passage> = passage;
  const fields = identity(passage);
  if (caller !== undefined) {
    fields['region'] = caller.region;
    fields['accessKeyId'] = caller.accessKeyId;
  }
  if (metadata !== undefined) Object.assign(fields, metadata.attributes);
  if (metadata?.others !== undefined) fields['otherMetadata'] = metadata.others;
  if (mapped !== undefined) {
    fields['token'] = mapped.key.token;
    // Tells when nobody needs an older generation any more.
    fields['keyGeneration'] = mapped.generation;
  }
  if (trace.host !== undefined) fields['host'] = trace.host;
  fields['remoteAddress'] = exchange.remoteAddress;
  if (exchange.tlsClientSubject !== undefined) fields['tlsClientSubject'] = exchange.tlsClientSubject;
  fields['outcome'] = status === 200 ? 'success' : 'error';
  fields['status'] = status;
  if (errorName !== undefined) Object.assign(fields, { errorName, detail, stage: passage.stage });
  if (error !== undefined) Object.assign(fields, reasonOf(error));
  if (error instanceof SigV4Fault) Object.assign(fields, claimedCredential(exchange.rawHeaders));
  const totalMs = roundMs(endedMs - exchange.startedMs);
  fields['durations'] =
    trace.host === undefined
      ? { totalMs }
      : { totalMs, queueMs: roundMs(trace.queueMs), tokenMs: roundMs(trace.tokenMs) };
  return fields;
}

function identity(passage: Passage): Record<string, unknown> {
  const { route, entry, metadata }: Partial<Passage> = passage;
  if (route === undefined || entry === undefined) {
    return {
      operation: UNKNOWN,
      method: passage.exchange.method,
      rawUrl: passage.exchange.rawUrl.slice(0, MAX_URL),
    };
  }
  const fields: Record<string, unknown> = {
    kmsRequestId: metadata?.attributes.kmsRequestId,
    operation: route.operation,
    pathPrefix: route.pathPrefix,
  };
  if (route.externalKeyId !== '') fields['externalKeyId'] = route.externalKeyId;
  return fields;
}

/** What the operator needs beyond the client's answer. */
function reasonOf(error: unknown): LogFields {
  if (error instanceof SigV4Fault) return { reason: error.code, ...error.logFields };
  if (error instanceof HsmFault) return { reason: error.code, ...causeOf(error) };
  if (error instanceof XksFault) return { ...error.logFields, ...causeOf(error) };
  return { cause: describeError(error) };
}

function causeOf(error: Error): LogFields {
  return error.cause === undefined ? {} : { cause: describeError(error.cause) };
}

/** An error and its causes in one text; those that nobody foresaw with their stack. */
function describeError(error: unknown): string {
  if (!(error instanceof Error)) return `a ${typeof error} was thrown`;
  const foreseen = error instanceof HsmFault || error instanceof XksFault || error instanceof SigV4Fault;
  const text = foreseen ? `${error.name} ${error.message}` : (error.stack ?? error.message);
  return error.cause === undefined ? text : `${text} <- ${describeError(error.cause)}`;
}

function roundMs(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

const UNKNOWN = 'unknown';
const MAX_URL = 512;
