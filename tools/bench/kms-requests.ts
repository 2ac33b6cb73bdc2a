/** Requests of the KMS API, to be signed by {@link signedRequest}. */
import { randomBytes } from 'node:crypto';
import { CREDENTIAL } from '../../test/support/proxy-config.ts';
import { BenchFault } from './bench-fault.ts';
import type { KmsOperation, KmsRun } from './kms-run.ts';
import { RawConnection, type Target } from './raw-connection.ts';
import { PLAINTEXT_BYTES, type RequestOrder, signedRequest } from './signed-requests.ts';

interface RunningEngine {
  readonly target: Target;
  readonly authority: string;
}

/** One for each key id in turn; no request is another one's twin. */
export function encryptKeys(authority: string, keyIds: readonly string[]): RequestOrder[] {
  return keyIds.map((KeyId) =>
    order(authority, 'Encrypt', { KeyId, Plaintext: randomBytes(PLAINTEXT_BYTES).toString('base64') }),
  );
}

/** One for each answer of an Encrypt: the blob alone says which key opens it. */
function decryptBlobs(authority: string, answers: readonly string[]): RequestOrder[] {
  return answers.map((answer) => {
    const { CiphertextBlob } = JSON.parse(answer) as { CiphertextBlob: string };
    return order(authority, 'Decrypt', { CiphertextBlob });
  });
}

function generateDataKeys(authority: string, keyIds: readonly string[]): RequestOrder[] {
  return keyIds.map((KeyId) => order(authority, 'GenerateDataKey', { KeyId, KeySpec: 'AES_256' }));
}

/** For every operation; what Decrypt takes is encrypted for it. */
export async function ordersFor(
  engine: RunningEngine,
  keyIds: readonly string[],
): Promise<Readonly<Record<KmsOperation, RequestOrder[]>>> {
  const Encrypt = encryptKeys(engine.authority, keyIds);
  return {
    Encrypt,
    Decrypt: decryptBlobs(engine.authority, await answersOf(engine, Encrypt)),
    GenerateDataKey: generateDataKeys(engine.authority, keyIds),
  };
}

/** Of an Encrypt on the wire. */
export async function messageSizes(
  engine: RunningEngine,
  orders: readonly RequestOrder[],
): Promise<KmsRun['message']> {
  const [order] = orders;
  if (order === undefined) throw new BenchFault('there is no request to send');
  const [answer = ''] = await answersOf(engine, [order]);
  return {
    plaintextBytes: PLAINTEXT_BYTES,
    requestBytes: Buffer.byteLength(signedRequest(order, CREDENTIAL)),
    replyBodyBytes: Buffer.byteLength(answer),
  };
}

/** One after the other, as long as there are any; others may take from the same source. */
export async function sendAll({ target }: RunningEngine, orders: Iterator<RequestOrder>): Promise<void> {
  const connection = await RawConnection.open(target);
  for (let next = orders.next(); next.done !== true; next = orders.next()) {
    await sendOne(connection, next.value);
  }
  connection.close();
}

async function answersOf({ target }: RunningEngine, orders: readonly RequestOrder[]): Promise<string[]> {
  const connection = await RawConnection.open(target);
  const bodies: string[] = [];
  for (const order of orders) bodies.push(await sendOne(connection, order));
  connection.close();
  return bodies;
}

async function sendOne(connection: RawConnection, order: RequestOrder): Promise<string> {
  const send = () => connection.send(signedRequest(order, CREDENTIAL));
  let answer = await send();
  // A busy machine costs a deadline now and then; these answers are not measured.
  for (let more = SETUP_TRIES; answer.status !== 200 && more > 0; more -= 1) answer = await send();
  if (answer.status !== 200) throw new BenchFault(`the engine answered ${answer.status}: ${answer.body}`);
  return answer.body;
}

/** In turn, as often as it takes. */
export function repeated(keyIds: readonly string[], count: number): string[] {
  return Array.from({ length: count }, (_, index) => keyIds[index % keyIds.length] ?? '');
}

/** Drawn with replacement: most keys come once, some again and again, as with real chance. */
export function drawn(keyIds: readonly string[], count: number): string[] {
  return Array.from({ length: count }, () => keyIds[Math.floor(Math.random() * keyIds.length)] ?? '');
}

function order(authority: string, operation: KmsOperation, input: object): RequestOrder {
  const body = JSON.stringify({ ...input, EncryptionContext: CONTEXT });
  return { authority, path: '/', body, target: `TrentService.${operation}` };
}

const CONTEXT = { purpose: 'bench', table: 'orders' };
const SETUP_TRIES = 5;
