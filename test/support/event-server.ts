/** An HTTP server that takes events. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers with the status that it has at the moment; with 0 it takes an event and never answers. */
export class EventServer implements AsyncDisposable {
  status = 200;
  readonly bodies: unknown[] = [];
  readonly headers: IncomingHttpHeaders[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<EventServer> {
    const server = createServer();
    const started = new EventServer(server);
    server.on('request', async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      started.headers.push(request.headers);
      if (request.method === 'POST' && started.status < 300)
        started.bodies.push(JSON.parse(Buffer.concat(chunks).toString()));
      if (started.status === 0) return;
      response.writeHead(started.status, { location: '/elsewhere' });
      response.end('{}');
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return started;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/events?token=t0ps3cret`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }
}
