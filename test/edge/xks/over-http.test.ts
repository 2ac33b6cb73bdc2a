import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import aws4 from 'aws4';
import { describe, expect, it } from 'vitest';
import { DEFAULT_HTTP_LIMITS } from '../../../src/edge/http/http-limits.ts';
import { type Listener, listen } from '../../../src/edge/http/listener.ts';
import { ACCESS_KEY_ID, SECRET_ACCESS_KEY } from '../../unit/domain/xks/samples.ts';
import { DECRYPT, decryptBody, ENCRYPT, encryptBody, PLAINTEXT, type ProxyRig, proxyRig } from './rig.ts';

async function listening(rig: ProxyRig): Promise<Listener> {
  rig.nowMs = Date.now();
  const silent = () => undefined;
  return listen({
    name: 'proxy',
    at: { host: '127.0.0.1', port: 0 },
    limits: DEFAULT_HTTP_LIMITS,
    handler: rig.handler,
    clock: { nowMs: () => Date.now(), monotonicMs: () => rig.monotonicMs },
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
}

async function post(port: number, path: string, body: string): Promise<Response> {
  const signed = aws4.sign(
    { service: 'kms-xks-proxy', region: 'us-east-1', host: `127.0.0.1:${port}`, method: 'POST', path, body },
    { accessKeyId: ACCESS_KEY_ID, secretAccessKey: SECRET_ACCESS_KEY },
  );
  const { Host: _, 'Content-Length': __, ...headers } = signed.headers as Record<string, string>;
  return fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body });
}

/** Everything the server says to raw bytes until it closes. */
async function rawly(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes);
  let said = '';
  for await (const chunk of socket) said += chunk;
  return said;
}

describe('the proxy over HTTP', () => {
  it('X-01 X-02 X-04: Encrypt, and Decrypt of its answer, signed by aws4', async () => {
    const rig = proxyRig();
    await using listener = await listening(rig);
    const sealed = await post(listener.port, ENCRYPT, JSON.stringify(encryptBody()));
    expect([sealed.status, sealed.headers.get('content-type')]).toEqual([200, 'application/json']);
    const fields = (await sealed.json()) as Record<string, unknown>;
    const opened = await post(listener.port, DECRYPT, JSON.stringify(decryptBody(fields)));
    expect(await opened.json()).toEqual({ plaintext: PLAINTEXT });
  });

  it('X-61: a request signed by curl is answered', async () => {
    const rig = proxyRig();
    await using listener = await listening(rig);
    const { stdout } = await promisify(execFile)('curl', [
      '--silent',
      '--aws-sigv4',
      'aws:amz:us-east-1:kms-xks-proxy',
      '--user',
      `${ACCESS_KEY_ID}:${SECRET_ACCESS_KEY}`,
      '--json',
      JSON.stringify(encryptBody()),
      `http://127.0.0.1:${listener.port}${ENCRYPT}`,
    ]);
    expect(Object.keys(JSON.parse(stdout))).toContain('ciphertext');
  });

  it('mistake 2: X-57: a length over the cap is answered 501 before a byte of the body is sent', async () => {
    await using listener = await listening(proxyRig());
    const said = await rawly(
      listener.port,
      `POST ${ENCRYPT} HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n`,
    );
    expect(said).toMatch(/^HTTP\/1\.1 501 /);
    expect(said).toMatch(/\r\nConnection: close\r\n/i);
    expect(said).toContain('"errorName":"UnsupportedOperationException"');
  });

  it('mistake 2: X-57: a body without a length is cut off at the cap', async () => {
    await using listener = await listening(proxyRig({ settings: { bodyBytes: 1000 } }));
    const chunk = `400\r\n${'x'.repeat(1024)}\r\n`;
    const said = await rawly(
      listener.port,
      `POST ${ENCRYPT} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`,
    );
    expect(said).toMatch(/^HTTP\/1\.1 501 /);
  });

  it('mistake 1: one signed Decrypt with an enormous AAD is refused, and the next request is served', async () => {
    const rig = proxyRig({ settings: { bodyBytes: 200_000 } });
    await using listener = await listening(rig);
    const body = decryptBody({ additionalAuthenticatedData: Buffer.alloc(65_600).toString('base64') });
    expect((await post(listener.port, DECRYPT, JSON.stringify(body))).status).toBe(501);
    expect((await post(listener.port, ENCRYPT, JSON.stringify(encryptBody()))).status).toBe(200);
  });

  it('mistake 3: X-71: /ping answers while every token hangs', async () => {
    const rig = proxyRig();
    rig.hsm.before = () => new Promise(() => undefined);
    await using listener = await listening(rig);
    const ping = await fetch(`http://127.0.0.1:${listener.port}/ping`);
    expect([ping.status, await ping.text()]).toEqual([200, '{"status":"ok"}']);
  });

  it('X-05: GET on an operation is 405 over HTTP', async () => {
    await using listener = await listening(proxyRig());
    const answer = await fetch(`http://127.0.0.1:${listener.port}${ENCRYPT}`);
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
  });
});
