/** The witnesses of chaos see what was planted for them: otherwise their silence would prove nothing. */
import { createCipheriv, randomBytes } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { CertificateShop } from '../support/certificates.ts';
import { UNHARMED } from '../support/chaos-run.ts';
import { CountedAgent } from '../support/counted-agent.ts';
import { Pinger } from '../support/load-pinger.ts';
import { SignedLoad } from '../support/load-signed.ts';
import { post, until } from '../support/running-proxy.ts';

it.for([
  { lie: 'another key', key: randomBytes(32), iv: () => randomBytes(12) },
  { lie: 'an IV for the second time', key: undefined, iv: () => Buffer.alloc(12) },
])('the load notices a ciphertext made with $lie', async ({ key, iv }) => {
  const keyValue = randomBytes(32);
  await using server = await answering((body) => {
    const { plaintext, additionalAuthenticatedData: aad } = JSON.parse(body);
    return [200, JSON.stringify(seal(key ?? keyValue, iv(), plaintext, aad))];
  });
  const load = new SignedLoad({ authority: server.authority, keyValue, seed: 1, workers: 2 });
  await until(() => load.wrong.length > 0);
  await load.stop({ verifyKept: false });
  expect(load.errors.get('200 with a wrong body')).toBeGreaterThan(0);
});

it('the load names errors, and requests that are not answered', async () => {
  const answers = [
    [500, '{"errorName":"InternalException"}'],
    [0, ''],
  ] as const;
  let turn = 0;
  await using server = await answering(() => answers[turn++ % 2] ?? answers[0]);
  const load = new SignedLoad({
    authority: server.authority,
    keyValue: randomBytes(32),
    seed: 1,
    workers: 2,
  });
  await until(() => load.errors.size === 2);
  await load.stop();
  expect([...load.errors.keys()].sort()).toEqual(['500 InternalException', 'no answer: ECONNRESET']);
  expect(load.ok).toBe(0);
});

it('an agent that counts its connections notices one that the server ends', async () => {
  using shop = new CertificateShop();
  const { cert, key } = shop.issue({ cn: 'localhost', dns: ['localhost'] });
  const server = https.createServer({ cert, key }, (_request, response) => response.end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const agent = new CountedAgent({ ca: shop.root.cert, servername: 'localhost' });
  const ask = () => post(`127.0.0.1:${port}`, '/', '', { agent });
  await ask();
  await ask();
  expect(agent).toMatchObject({ opened: 1, ended: 0 });
  server.closeAllConnections();
  await until(() => agent.ended === 1);
  await ask();
  expect(agent).toMatchObject({ opened: 2, ended: 1 });
  agent.destroy();
  server.close();
});

it('the pinger counts refusals and closed connections', async () => {
  let turn = 0;
  await using server = await answering(() => [[200, 503, 0][turn++ % 3] ?? 0, '']);
  const pinger = new Pinger(`http://${server.authority}/ping`, 5);
  await until(() => pinger.sent >= 9);
  await pinger.stop();
  expect(new Set(pinger.failures)).toEqual(new Set(['503', 'socket hang up']));
});

it.for([
  { harm: { wrong: ['a plaintext'] } },
  { harm: { pingFailures: ['503'] } },
  { harm: { livezFailures: ['503'] } },
  { harm: { died: 'ended (1)' } },
])('an account with $harm is not one of an unharmed proxy', ({ harm }) => {
  expect({ ...UNHARMED }).toMatchObject(UNHARMED);
  expect(() => expect({ ...UNHARMED, ...harm }).toMatchObject(UNHARMED)).toThrow();
});

/** A server of one answer for everything; status 0 closes the connection instead. */
async function answering(answer: (body: string) => readonly [number, string]) {
  const server = http.createServer(async (request, response) => {
    const [status, text] = answer(Buffer.concat(await request.toArray()).toString());
    if (status === 0) response.destroy();
    else response.writeHead(status).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    authority: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function seal(key: Uint8Array, iv: Buffer, plaintext = '', aad = ''): Record<string, string> {
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: 16 });
  const bytes = Buffer.from(aad, 'base64');
  cipher.setAAD(Buffer.concat([Buffer.of(0, bytes.length), bytes, Buffer.of(0)]));
  const ciphertext = Buffer.concat([cipher.update(Buffer.from(plaintext, 'base64')), cipher.final()]);
  return {
    ciphertext: ciphertext.toString('base64'),
    initializationVector: iv.toString('base64'),
    authenticationTag: cipher.getAuthTag().toString('base64'),
  };
}
