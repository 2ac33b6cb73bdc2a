/**
 * The order in which a request is checked, cheapest and least revealing first. The handler walks this table
 * from top to bottom; a request that breaks several rules gets the answer of the first row it breaks.
 */
import { XksFault, type XksFaultName } from '../../domain/xks/xks-fault.ts';
import { authorizeCall } from '../../engine/xks/authorize-call.ts';
import { enforceCiphertextForm, openingGeneration } from '../../engine/xks/ciphertext-form.ts';
import { decrypt } from '../../engine/xks/decrypt.ts';
import { encrypt } from '../../engine/xks/encrypt.ts';
import { findKey } from '../../engine/xks/find-key.ts';
import { getHealthStatus } from '../../engine/xks/get-health-status.ts';
import { getKeyMetadata } from '../../engine/xks/get-key-metadata.ts';
import {
  lookAtKey,
  requireEnabledKey,
  requireEnabledStore,
  requireUsage,
} from '../../engine/xks/key-state.ts';
import { enforceSizeLimits } from '../../engine/xks/size-limits.ts';
import { verifySignature } from '../../sigv4/verify.ts';
import { startWatchdog } from './conclude.ts';
import { MethodNotAllowed } from './error-answer.ts';
import { parseJsonObject } from './json-fields.ts';
import type { Passage } from './passage.ts';
import { decryptReply, encryptReply, healthReply, keyMetadataReply } from './replies.ts';
import { parseDecryptInput, parseEncryptInput } from './request-input.ts';
import { parseRequestMetadata } from './request-metadata.ts';
import { parseRoute, XKS_OPERATIONS, type XksOperation } from './route.ts';

/** One row. `run` throws what `answer` names, or whatever the layer below has to say. */
export interface Check {
  readonly name: string;
  readonly answer: `${number} ${XksFaultName}`;
  readonly requirements: string;
  readonly operations: readonly XksOperation[];
  readonly run: (passage: Passage) => void | Promise<void>;
}

const ALL = XKS_OPERATIONS;
const ON_KEYS: readonly XksOperation[] = ['GetKeyMetadata', 'Encrypt', 'Decrypt'];
const CRYPTO: readonly XksOperation[] = ['Encrypt', 'Decrypt'];
const DECRYPT: readonly XksOperation[] = ['Decrypt'];

// biome-ignore format: a table
export const ORDER_OF_CHECKS: readonly Check[] = [
  { name: 'path',            answer: '404 InvalidUriPathException',       requirements: 'X-06 X-55',      operations: ALL,     run: checkPath },
  { name: 'method',          answer: '405 UnsupportedOperationException', requirements: 'X-04 X-05',      operations: ALL,     run: checkMethod },
  { name: 'body size',       answer: '501 UnsupportedOperationException', requirements: 'X-57',           operations: ALL,     run: readBody },
  { name: 'signature',       answer: '401 AuthenticationFailedException', requirements: 'X-52 X-61',      operations: ALL,     run: checkSignature },
  { name: 'quota',           answer: '429 ThrottlingException',           requirements: 'X-11 X-56',      operations: ON_KEYS, run: checkQuota },
  { name: 'fields',          answer: '400 ValidationException',           requirements: 'X-13 X-48',      operations: ALL,     run: parseBody },
  { name: 'key map',         answer: '404 KeyNotFoundException',          requirements: 'X-09 X-54',      operations: ON_KEYS, run: lookUpKey },
  { name: 'policy',          answer: '403 AccessDeniedException',         requirements: 'X-42 X-53',      operations: ON_KEYS, run: checkPolicy },
  { name: 'size limits',     answer: '501 UnsupportedOperationException', requirements: 'X-24 X-37 X-57', operations: CRYPTO,  run: checkSizes },
  { name: 'store state',     answer: '400 InvalidStateException',         requirements: 'X-49',           operations: ALL,     run: checkStore },
  { name: 'key state',       answer: '400 InvalidStateException',         requirements: 'X-23 X-49',      operations: CRYPTO,  run: checkKeyState },
  { name: 'key object',      answer: '400 InvalidStateException',         requirements: 'X-20 X-49',      operations: ON_KEYS, run: checkKeyObject },
  { name: 'key usage',       answer: '400 InvalidKeyUsageException',      requirements: 'X-51',           operations: CRYPTO,  run: checkUsage },
  { name: 'ciphertext form', answer: '400 InvalidCiphertextException',    requirements: 'X-37 X-38 X-50', operations: DECRYPT, run: checkCiphertextForm },
  { name: 'operation',       answer: '503 DependencyTimeoutException',    requirements: 'X-58 X-59',      operations: ALL,     run: operate },
];

/**
 * An unknown path and an unknown prefix look alike, and no credential has been looked at.
 * @req X-06 X-55
 */
function checkPath(passage: Passage): void {
  const route = parseRoute(passage.exchange.rawUrl);
  const entry = route === undefined ? undefined : passage.services.prefixes().find(route.pathPrefix);
  if (route === undefined || entry === undefined) {
    throw new XksFault('InvalidUriPathException', 'This proxy serves nothing at this path.');
  }
  passage.route = route;
  passage.entry = entry;
}

/** @req X-05 */
function checkMethod(passage: Passage): void {
  if (passage.exchange.method !== 'POST') throw new MethodNotAllowed(passage.exchange.method, 'POST');
}

/**
 * The deadlines run from here: from the last byte of the request.
 * @req X-57 X-58
 */
async function readBody(passage: Passage): Promise<void> {
  const { exchange, services, entry } = passage;
  passage.body = await exchange.readBody(services.settings.bodyBytes);
  const bodyEndMs = exchange.bodyEndMs ?? services.clock.monotonicMs();
  passage.context = {
    tenant: entry.store.tenant,
    deadlineMs: bodyEndMs + services.settings.tokenDeadlineMs,
    trace: passage.trace,
  };
  startWatchdog(passage, bodyEndMs + services.settings.replyDeadlineMs);
}

/** @req X-52 X-61 X-63 X-66 */
function checkSignature(passage: Passage): void {
  const { exchange, services, entry } = passage;
  passage.caller = verifySignature(
    { method: exchange.method, rawUrl: exchange.rawUrl, rawHeaders: exchange.rawHeaders, body: passage.body },
    {
      service: SIGNING_SERVICE,
      regions: entry.store.regions,
      nowMs: services.clock.nowMs(),
      maxSkewMs: MAX_SKEW_MS,
      secretFor: entry.secretFor,
      signingKeys: services.signingKeys,
    },
  );
}

/**
 * Not for health: a busy key store must not look like one that is down.
 * @req X-11 X-56
 */
function checkQuota({ entry, services }: Passage): void {
  if (entry.quota.take(services.clock.monotonicMs())) return;
  throw new XksFault(
    'ThrottlingException',
    `This key store is over its quota of ${entry.quota.perSecond} requests per second.`,
  );
}

/**
 * Metadata first, so that the log can name a request whose other fields are wrong.
 * @req X-13 X-48
 */
function parseBody(passage: Passage): void {
  const body = parseJsonObject(passage.body);
  const { operation } = passage.route;
  passage.metadata = parseRequestMetadata(operation, body, passage.caller);
  if (operation === 'Encrypt') passage.encryptInput = parseEncryptInput(body);
  if (operation === 'Decrypt') passage.decryptInput = parseDecryptInput(body);
}

function lookUpKey(passage: Passage): void {
  passage.mapped = findKey(passage.entry.store, passage.route.externalKeyId);
}

/** Never walked for health. @req X-42 X-53 */
function checkPolicy({ entry, route, metadata }: Passage): void {
  authorizeCall(entry.store, route.externalKeyId, metadata.attributes);
}

function checkSizes({ route, encryptInput, decryptInput }: Passage): void {
  if (route.operation === 'Encrypt') {
    enforceSizeLimits('plaintext', encryptInput.plaintext, encryptInput.aad);
  } else {
    enforceSizeLimits('ciphertext', decryptInput.ciphertext, decryptInput.aad);
  }
}

function checkStore({ entry }: Passage): void {
  requireEnabledStore(entry.store);
}

function checkKeyState({ mapped }: Passage): void {
  requireEnabledKey(mapped);
}

/** What is wrong with one generation of a key must not stop what another made. @req X-38 */
async function checkKeyObject(passage: Passage): Promise<void> {
  const { services, entry, route, context, decryptInput } = passage;
  if (route.operation === 'Decrypt') {
    passage.mapped = openingGeneration(entry.store, passage.mapped, decryptInput.metadata);
  }
  const { mapped } = passage;
  passage.key = await lookAtKey(services.engine, entry.claims, entry.store, mapped, context);
}

function checkUsage({ key, route }: Passage): void {
  requireUsage(key, route.operation === 'Encrypt' ? 'ENCRYPT' : 'DECRYPT');
}

function checkCiphertextForm({ entry, mapped, decryptInput }: Passage): void {
  enforceCiphertextForm(entry.store, mapped, decryptInput);
}

function operate(passage: Passage): void | Promise<void> {
  return OPERATE[passage.route.operation](passage);
}

/** @req X-04 */
const OPERATE: Readonly<Record<XksOperation, (passage: Passage) => void | Promise<void>>> = {
  GetKeyMetadata: (passage) => {
    passage.replyBody = keyMetadataReply(getKeyMetadata(passage.key));
  },
  Encrypt: async (passage) => {
    const { services, key, encryptInput, context } = passage;
    passage.replyBody = encryptReply(await encrypt(services.engine, key, encryptInput, context));
  },
  Decrypt: async (passage) => {
    const { services, key, decryptInput, context } = passage;
    passage.replyBody = decryptReply(await decrypt(services.engine, key, decryptInput, context));
  },
  GetHealthStatus: (passage) => {
    const { services, entry } = passage;
    passage.replyBody = healthReply(getHealthStatus(services.engine, entry.tokens), services.settings);
  },
};

const SIGNING_SERVICE = 'kms-xks-proxy';
const MAX_SKEW_MS = 300_000;
