import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../../src/domain/secret.ts';
import { SigningKeyCache } from '../../../src/sigv4/signing-key-cache.ts';
import { SigV4Fault } from '../../../src/sigv4/sigv4-fault.ts';
import { verifySignature } from '../../../src/sigv4/verify.ts';

const run = promisify(execFile);
const signingKeys = new SigningKeyCache();
const secrets = new Map([
  ['CURLKEY1', new Secret('first-secret')],
  ['CURLKEY2', new Secret('second-secret')],
]);
let server: Server;
let origin: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    void verdict(request).then((text) => response.end(text));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
});

describe('requests that curl --aws-sigv4 signs', () => {
  it.for([
    {
      what: 'without a body',
      user: 'CURLKEY1:first-secret',
      target: '/kms/xks/v1/health',
      extra: ['-X', 'POST'],
      expected: 'CURLKEY1 eu-west-1',
    },
    {
      what: 'with a JSON body',
      user: 'CURLKEY1:first-secret',
      target: '/p/kms/xks/v1/keys/k-1/encrypt',
      extra: ['-H', 'Content-Type: application/json', '-d', '{"plaintext":"aGk="}'],
      expected: 'CURLKEY1 eu-west-1',
    },
    {
      what: 'with UTF-8 in the body',
      user: 'CURLKEY2:second-secret',
      target: '/kms/xks/v1/health',
      extra: ['-d', 'ä€'],
      expected: 'CURLKEY2 eu-west-1',
    },
    {
      what: 'with GET and a query',
      user: 'CURLKEY2:second-secret',
      target: '/ping?a=1&b=2',
      extra: [],
      expected: 'CURLKEY2 eu-west-1',
    },
    {
      what: 'with the wrong secret',
      user: 'CURLKEY1:second-secret',
      target: '/kms/xks/v1/health',
      extra: ['-d', '{}'],
      expected: 'bad-signature',
    },
    {
      what: 'with an unknown access key id',
      user: 'CURLKEY3:first-secret',
      target: '/kms/xks/v1/health',
      extra: ['-d', '{}'],
      expected: 'unknown-access-key',
    },
  ])('X-61 X-66: $what: $expected', async ({ user, target, extra, expected }) => {
    const flags = ['-sS', '--aws-sigv4', 'aws:amz:eu-west-1:kms-xks-proxy', '--user', user];
    const { stdout } = await run('curl', [...flags, ...extra, `${origin}${target}`]);
    expect(stdout).toBe(expected);
  });
});

async function verdict(request: IncomingMessage): Promise<string> {
  const { method = '', url = '', rawHeaders } = request;
  const body = await buffer(request);
  try {
    const caller = verifySignature(
      { method, rawUrl: url, rawHeaders, body },
      {
        service: 'kms-xks-proxy',
        regions: ['eu-west-1'],
        nowMs: Date.now(),
        maxSkewMs: 300_000,
        secretFor: (accessKeyId) => secrets.get(accessKeyId),
        signingKeys,
      },
    );
    return `${caller.accessKeyId} ${caller.region}`;
  } catch (error) {
    return error instanceof SigV4Fault ? error.code : String(error);
  }
}
