import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { createMetricsEndpoint, type Readiness } from '../../../src/edge/metrics/metrics-endpoint.ts';
import { listening } from '../http/listening.ts';

const NOT_READY: Readiness = { ready: false, reasons: ['token soft: starting'] };

describe('the metrics listener', () => {
  it('X-71: /livez is 200 while the process runs, whatever the tokens do', async () => {
    await using server = await serving({ readiness: NOT_READY });
    const reply = await request(server.listener.address).get('/livez');
    expect(reply.status).toBe(200);
    expect(reply.text).toBe('{"status":"ok"}');
  });

  it.for([
    { readiness: { ready: true, reasons: [] }, status: 200, text: '{"ready":true,"reasons":[]}' },
    { readiness: NOT_READY, status: 503, text: '{"ready":false,"reasons":["token soft: starting"]}' },
  ])('X-71: /readyz is $status with the reasons', async ({ readiness, status, text }) => {
    await using server = await serving({ readiness });
    const reply = await request(server.listener.address).get('/readyz');
    expect(reply.status).toBe(status);
    expect(reply.text).toBe(text);
  });

  it('/metrics is in the Prometheus text format', async () => {
    await using server = await serving({});
    const reply = await request(server.listener.address).get('/metrics?name[]=x');
    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(reply.text).toBe('a_metric 1\n');
  });

  it('X-71: load balancers that probe with HEAD are answered', async () => {
    await using server = await serving({});
    expect((await request(server.listener.address).head('/livez')).status).toBe(200);
  });

  it('is read only', async () => {
    await using server = await serving({});
    const reply = await request(server.listener.address).post('/metrics').send('x');
    expect(reply.status).toBe(405);
    expect(reply.headers['allow']).toBe('GET, HEAD');
  });

  it.for(['/', '/metrics/', '/livez/x', '/LIVEZ', '//livez', '/%6civez'])(
    'has nothing at %s',
    async (path) => {
      await using server = await serving({});
      const reply = await request(server.listener.address).get(path);
      expect(reply.status).toBe(404);
      expect(reply.body).toEqual({ error: 'not found', pages: ['/livez', '/readyz', '/metrics'] });
    },
  );

  it('an exposition that fails is a bare 500', async () => {
    const exposition = () => Promise.reject(new Error('inside'));
    await using server = await serving({ exposition });
    const reply = await request(server.listener.address).get('/metrics');
    expect(reply.status).toBe(500);
    expect(reply.text).not.toContain('inside');
  });
});

function serving(options: { readiness?: Readiness; exposition?: () => Promise<string> }) {
  return listening({
    handler: createMetricsEndpoint({
      ready: () => options.readiness ?? { ready: true, reasons: [] },
      exposition: options.exposition ?? (async () => 'a_metric 1\n'),
    }),
  });
}
