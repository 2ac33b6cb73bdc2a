/** Thousands of hostile connections at once, and one honest client among them. */
import http from 'node:http';
import { expect, it } from 'vitest';
import { type Deed, sendCrowd } from '../../support/hostile-clients.ts';
import { Pinger } from '../../support/load-pinger.ts';
import { RawConnection } from '../../support/raw-http.ts';
import { listening } from './listening.ts';

const POST = 'POST / HTTP/1.1\r\nHost: proxy.example\r\n';
const GET = 'GET / HTTP/1.1\r\nHost: proxy.example\r\n';

const DEEDS: readonly Deed[] = [
  { name: 'idle', clients: 1_500, opening: '' },
  { name: 'slow head', clients: 200, opening: GET, drip: `X: ${'x'.repeat(1_000)}` },
  { name: 'slow body', clients: 200, opening: `${POST}Content-Length: 1000\r\n\r\n`, drip: 'x'.repeat(999) },
  { name: 'half a body', clients: 200, opening: `${POST}Content-Length: 10\r\n\r\nabc` },
  { name: 'long head', clients: 100, opening: `${GET}X: ${'x'.repeat(20_000)}\r\n\r\n` },
  { name: 'many headers', clients: 100, opening: `${GET}${'a:1\r\n'.repeat(100)}\r\n` },
  {
    name: 'two lengths',
    clients: 100,
    opening: `${POST}Content-Length: 0\r\nContent-Length: ${GET.length + 2}\r\n\r\n${GET}\r\n`,
  },
  {
    name: 'length and chunks',
    clients: 100,
    opening: `${POST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${GET}\r\n`,
  },
  { name: 'twelve ahead', clients: 50, opening: `${GET}\r\n`.repeat(12) },
  { name: 'HTTP/1.0', clients: 50, opening: 'GET / HTTP/1.0\r\n\r\n' },
];

it('a crowd that stalls, floods and smuggles is got rid of to the last, and the honest client is always answered', async () => {
  await using server = await listening({ limits: { headersTimeoutMs: 1_000, requestTimeoutMs: 1_500 } });
  const honest = new Pinger(`${server.listener.address}/honest`, 20);
  const outcomes = await sendCrowd(server.port, DEEDS);
  await honest.stop();
  console.log(
    `hostile: ${JSON.stringify(outcomes)}; honest: ${honest.sent}, ${Math.round(honest.maxReplyMs)} ms`,
  );
  expect(outcomes).toEqual({
    idle: { '408': 1_500 },
    'slow head': { '408': 200 },
    'slow body': { '408': 200 },
    'half a body': { '408': 200 },
    'long head': { '431': 100 },
    'many headers': { '431': 100 },
    'two lengths': { '400': 100 },
    'length and chunks': { '400': 100 },
    'twelve ahead': { '200 200 200 200 200 200 200 200 429': 50 },
    'HTTP/1.0': { '200': 50 },
  });
  expect(honest.failures).toEqual([]);
  expect(honest.sent).toBeGreaterThan(50);
  const smuggled = server.seen.filter(({ rawUrl }) => rawUrl === '/').length;
  // Slow and half bodies are handed over before they are complete; the pipelines' first eight, and HTTP/1.0.
  expect(smuggled).toBe(200 + 200 + 50 * 8 + 50);
}, 60_000);

it('a crowd over the connection cap is dropped, and whoever was in before is still answered', async () => {
  await using server = await listening({ limits: { maxConnections: 400, headersTimeoutMs: 3_000 } });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  expect(await statusOf(`${server.listener.address}/before`, agent)).toBe(200);
  const crowd = sendCrowd(server.port, [{ name: 'idle', clients: 1_000, opening: '' }]);
  await expect.poll(() => server.logged('http.dropped').length).toBeGreaterThan(0);
  expect(await statusOf(`${server.listener.address}/during`, agent)).toBe(200);
  expect(await crowd).toEqual({ idle: { '408': 399, '': 601 } });
  using next = await RawConnection.open(server.port);
  next.send(`${GET}\r\n`);
  expect((await next.replies(1)).map(({ status }) => status)).toEqual([200]);
  agent.destroy();
}, 60_000);

function statusOf(url: string, agent: http.Agent): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { agent }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode));
    });
    request.once('error', reject);
  });
}
