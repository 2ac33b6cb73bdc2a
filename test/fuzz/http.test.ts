import { createHmac, randomBytes } from 'node:crypto';
import http from 'node:http';
import net from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CREDENTIAL, PREFIX } from '../support/proxy-config.ts';
import {
  decryptBody,
  encryptBody,
  metadata,
  post,
  type RunningProxy,
  startProxy,
} from '../support/running-proxy.ts';
import { SeededRandom } from '../support/seeded-random.ts';

const COUNT = Number(process.env['HTTP_FUZZ_COUNT'] ?? 30_000);
const SEED = Number(process.env['HTTP_FUZZ_SEED'] ?? Date.now() % 2 ** 31);
/** Requests that are not HTTP any more go over sockets of their own. */
const RAW_SHARE = 0.1;

/** Every answer that the API documents, and no other. */
const DOCUMENTED = new Set([
  '200 ',
  '400 ValidationException',
  '400 InvalidStateException',
  '400 InvalidCiphertextException',
  '400 InvalidKeyUsageException',
  '401 AuthenticationFailedException',
  '403 AccessDeniedException',
  '404 KeyNotFoundException',
  '404 InvalidUriPathException',
  '405 UnsupportedOperationException',
  '501 UnsupportedOperationException',
  '503 DependencyTimeoutException',
]);

let proxy: RunningProxy;
const plaintext = randomBytes(40);
let sealed: Record<string, unknown>;
const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });

beforeAll(async () => {
  proxy = await startProxy();
  sealed = (await proxy.post('keys/foo/encrypt', encryptBody(plaintext))).body;
});
afterAll(async () => {
  agent.destroy();
  await proxy[Symbol.asyncDispose]();
});

it(`X-48 X-57: each of ${COUNT} damaged requests gets one documented answer, and none a wrong plaintext`, async () => {
  const answers = new Map<string, number>();
  let sent = 0;
  const worker = async (number: number) => {
    const random = new SeededRandom(SEED + number);
    while (sent < COUNT) {
      sent += 1;
      const answer = random.chance(RAW_SHARE) ? await sendRaw(random) : await sendDamaged(random);
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 16 }, (_, index) => worker(index)));
  const requests = proxy.lines.filter(({ event }) => event === 'request');
  const signed = requests.filter(({ fields }) => fields['accessKeyId'] !== undefined);
  const parsed = signed.filter(({ fields }) => fields['errorName'] !== 'ValidationException');
  const served = requests.filter(({ fields }) => fields['status'] === 200);
  console.log(
    `http: seed ${SEED}, ${sent} requests; answers ${JSON.stringify(Object.fromEntries(answers))}; ` +
      `${share(signed.length, sent)} passed SigV4, ${share(parsed.length, sent)} JSON and fields, ${share(served.length, sent)} were served`,
  );
  expect([...answers.keys()].filter((answer) => !DOCUMENTED.has(answer) && answer !== 'closed')).toEqual([]);
  expect(signed.length).toBeGreaterThan(sent / 10);
  expect(parsed.length).toBeGreaterThan(sent / 20);
  const after = await proxy.post('keys/foo/decrypt', decryptBody(sealed));
  expect(after.body).toEqual({ plaintext: plaintext.toString('base64') });
});

function share(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)} %`;
}

/** Mostly signed after the damage, so that the layers behind the signature meet it too. */
async function sendDamaged(random: SeededRandom): Promise<string> {
  const path = aPath(random);
  const body = aBody(random);
  const credential = random.chance(0.1) ? { ...CREDENTIAL, secretAccessKey: 'x' } : CREDENTIAL;
  const region = random.chance(0.05) ? 'eu-west-1' : 'us-east-1';
  const answer = await post(proxy.authority, path, body, { agent, credential, region });
  if (answer.body['plaintext'] !== undefined)
    expect(answer.body['plaintext']).toBe(plaintext.toString('base64'));
  expect(answer.text).not.toContain('\n');
  return `${answer.status} ${answer.body['errorName'] ?? ''}`;
}

function aPath(random: SeededRandom): string {
  const path = `${PREFIX}/kms/xks/v1/${random.pick(['keys/foo/encrypt', 'keys/foo/decrypt', 'keys/foo/decrypt', 'keys/foo/metadata', 'health'])}`;
  if (random.chance(0.85)) return path;
  return random.pick([
    `${path}/`,
    path.slice(0, -2),
    `/x${path}`,
    path.replace('foo', random.pick(['bar', '..', '%2e', 'f'.repeat(200)])),
    `${path}?a=b`,
  ]);
}

function aBody(random: SeededRandom): string {
  const body: Record<string, unknown> = random.pick([
    encryptBody(plaintext, {
      additionalAuthenticatedData: 'AAAA',
      ciphertextDataIntegrityValueAlgorithm: 'SHA_256',
    }),
    decryptBody(sealed),
    decryptBody(sealed),
    { requestMetadata: metadata('DescribeKey') },
  ]);
  const changes = random.integer(3);
  for (let change = 0; change < changes; change += 1) damageField(body, random);
  const text = JSON.stringify(body);
  if (random.chance(0.85)) return text;
  const at = random.integer(text.length);
  return (
    text.slice(0, at) +
    random.pick(['"', '}', ',', '\\u0000', '\u0000', 'é', '']) +
    text.slice(at + random.integer(3))
  );
}

function damageField(body: Record<string, unknown>, random: SeededRandom): void {
  const name = random.pick([...Object.keys(body), 'ciphertextMetadata', 'extra']);
  const before = body[name];
  if (typeof before === 'object' && before !== null && !Array.isArray(before) && random.chance(0.7)) {
    damageField(before as Record<string, unknown>, random);
    return;
  }
  body[name] = random.pick<unknown>([
    undefined,
    null,
    7,
    [],
    {},
    '',
    'A',
    'AAAA',
    'AQEAAQ==',
    '-_-_',
    random.bytes(random.integer(40)).toString('base64'),
    typeof before === 'string' ? `${before.slice(0, -4)}AAAA` : 'SHA_256',
    Buffer.alloc(random.pick([4300, 4301, 8192, 8193, 20_000]), 1).toString('base64'),
  ]);
}

/** Bytes on a socket: a signed request with flipped, lost and doubled bytes. `closed` is an answer too. */
function sendRaw(random: SeededRandom): Promise<string> {
  const bytes = rawRequest(random);
  const edits = random.integer(4);
  let damaged = bytes;
  for (let edit = 0; edit < edits; edit += 1) {
    const at = random.integer(damaged.length);
    const length = random.integer(4);
    damaged = Buffer.concat([
      damaged.subarray(0, at),
      random.bytes(random.integer(4)),
      damaged.subarray(at + length),
    ]);
  }
  const [host, port] = proxy.authority.split(':') as [string, string];
  return new Promise((resolve) => {
    const socket = net.connect(Number(port), host);
    let text = '';
    const done = () => resolve(/^HTTP\/1\.1 (\d+)/.test(text) ? statusAndName(text) : 'closed');
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', done).on('close', done);
    socket.end(damaged);
  });
}

function statusAndName(text: string): string {
  const name = /"errorName":"(\w+)"/.exec(text)?.[1] ?? '';
  const status = text.slice(9, 12);
  // The listener's own refusals of what is not HTTP: their status varies, their name does not.
  return name === 'ValidationException' ? `400 ${name}` : `${status} ${name}`;
}

function rawRequest(random: SeededRandom): Buffer {
  const body = aBody(random);
  const signature = createHmac('sha256', 'k').update(body).digest('hex');
  const head = [
    `POST ${aPath(random)} HTTP/1.1`,
    `Host: ${proxy.authority}`,
    'Connection: close',
    'X-Amz-Date: 20260101T000000Z',
    `Authorization: AWS4-HMAC-SHA256 Credential=${CREDENTIAL.accessKeyId}/20260101/us-east-1/kms-xks-proxy/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}
