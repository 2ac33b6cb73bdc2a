/**
 * The AWS KMS API over HTTP (awsJson1_1), and beside it the one call of STS that clients make to learn who they are.
 * Trusts nothing of a request before its signature; gives every request one answer and one log line.
 */
import type { Entropy } from '../../domain/ports/entropy.ts';
import { randomUuid } from '../../domain/uuid.ts';
import { SigningKeyCache } from '../../sigv4/signing-key-cache.ts';
import { cappedLog } from '../http/capped-log.ts';
import type { Exchange, ExchangeHandler } from '../http/exchange.ts';
import { isPing } from '../http/ping.ts';
import { answerStsQuery, stsAction } from '../sts/get-caller-identity.ts';
import { type Authenticated, authenticate } from './authenticate.ts';
import { finishWith, refuse, startWatchdog } from './conclude.ts';
import { decodeInput } from './decode-input.ts';
import { encodeOutput } from './encode-output.ts';
import { answerHeaders, errorBody, KMS_CONTENT_TYPE } from './error-body.ts';
import { parseJsonObject } from './json-type.ts';
import { type KmsEdgeServices, Passage } from './passage.ts';
import { requestedService } from './request-head.ts';

export type KmsEndpointOptions = Omit<KmsEdgeServices, 'cappedLog' | 'signingKeys'>;

/**
 * The handler of the engine's listener. `GET /ping` answers without authentication and without the engine, for load
 * balancers.
 */
export function createKmsEndpoint(options: KmsEndpointOptions): ExchangeHandler {
  const services: KmsEdgeServices = {
    ...options,
    cappedLog: cappedLog(options.log, 'kms'),
    signingKeys: new SigningKeyCache(),
  };
  return (exchange) =>
    isPing(exchange.rawUrl) ? answerPing(exchange, options.entropy) : answer(new Passage(services, exchange));
}

async function answer(passage: Passage): Promise<void> {
  try {
    const requested = requestedService(passage.exchange);
    passage.service = requested.service;
    if (requested.service === 'kms') passage.operation = requested.operation;
    const body = await readBody(passage);
    const answered =
      requested.service === 'kms'
        ? await answerKms(passage, requested.operation, body)
        : answerSts(passage, body);
    finishWith(passage, answered);
  } catch (error) {
    refuse(passage, error);
  }
}

/** The deadlines run from here: from the last byte of the request. */
async function readBody(passage: Passage): Promise<Uint8Array> {
  const { exchange, services } = passage;
  passage.stage = 'body';
  const body = await exchange.readBody(services.settings.bodyBytes);
  startWatchdog(passage, bodyEndMs(passage) + services.settings.replyDeadlineMs + keyMakingMs(passage));
  return body;
}

async function answerKms(
  passage: Passage,
  operation: Parameters<typeof decodeInput>[0],
  body: Uint8Array,
): Promise<string> {
  const { services, requestId } = passage;
  const json = parseJsonObject(body);
  const { caller, region } = knowCaller(passage, body);
  passage.stage = 'validation';
  const input = decodeInput(operation, json);
  passage.keyId = keyIdIn(input);
  passage.stage = 'engine';
  const deadlineMs = bodyEndMs(passage) + services.settings.engineDeadlineMs + keyMakingMs(passage);
  const call = { requestId, caller, region, deadlineMs, trace: passage.trace };
  const output = await services.engine.run(operation, input, call);
  passage.keyId = keyIdIn(output) ?? passage.keyId;
  passage.stage = 'answer';
  return encodeOutput(operation, output);
}

function answerSts(passage: Passage, body: Uint8Array): string {
  const action = stsAction(body);
  passage.operation = action.name;
  const { caller } = knowCaller(passage, body);
  passage.stage = 'answer';
  return answerStsQuery(action, caller, passage.requestId);
}

function knowCaller(passage: Passage, body: Uint8Array): Authenticated {
  const { exchange, services, service } = passage;
  passage.stage = 'authentication';
  const { method, rawUrl, rawHeaders } = exchange;
  passage.authenticated = authenticate(
    { method, rawUrl, rawHeaders, body },
    {
      service,
      credentials: services.credentials(),
      regions: services.settings.regions,
      open: services.settings.dangerOpen,
      nowMs: services.clock.nowMs(),
      signingKeys: services.signingKeys,
    },
  );
  return passage.authenticated;
}

function keyIdIn(members: object | undefined): string | undefined {
  if (members === undefined || !('keyId' in members)) return undefined;
  return typeof members.keyId === 'string' ? members.keyId : undefined;
}

function bodyEndMs({ exchange, services }: Passage): number {
  return exchange.bodyEndMs ?? services.clock.monotonicMs();
}

function keyMakingMs({ operation, services }: Passage): number {
  return operation !== undefined && MAKES_KEYS.has(operation) ? services.settings.keyMakingMs : 0;
}

function answerPing(exchange: Exchange, entropy: Entropy): void {
  if (exchange.method === 'GET' || exchange.method === 'HEAD') exchange.reply(200, '{"status":"ok"}');
  else {
    exchange.reply(405, errorBody('UnknownOperationException', undefined), {
      contentType: KMS_CONTENT_TYPE,
      headers: { ...answerHeaders(randomUuid(entropy)), Allow: 'GET, HEAD' },
    });
  }
}

const MAKES_KEYS: ReadonlySet<string> = new Set([
  'CreateKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
]);
