/** The open connections of one listener: which exchanges each has unfinished, and how they all come to an end. */
import type { Server as HttpServer, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { ClientConnection } from './client-connection.ts';
import type { HttpExchange } from './http-exchange.ts';

export class Connections {
  readonly #server: HttpServer;
  /** As accepted: for TLS, the sockets below, which exist during the handshake already. */
  readonly #accepted = new Set<Socket>();
  /** As HTTP sees them. */
  readonly #clients = new Map<Socket, ClientConnection>();
  readonly #unprovenIdleTimeoutMs: number;
  #drained: Promise<void> | undefined;
  #unfinished = 0;

  constructor(server: HttpServer, secure: boolean, unprovenIdleTimeoutMs: number) {
    this.#server = server;
    this.#unprovenIdleTimeoutMs = unprovenIdleTimeoutMs;
    server.on('connection', (socket: Socket) => {
      this.#accepted.add(socket);
      socket.once('close', () => this.#accepted.delete(socket));
    });
    server.on(secure ? 'secureConnection' : 'connection', (socket: Socket) => {
      if (this.draining) socket.destroy();
      this.#clients.set(socket, new ClientConnection());
      socket.once('close', () => this.#clients.delete(socket));
    });
  }

  get draining(): boolean {
    return this.#drained !== undefined;
  }

  /** Requests, on all of them, whose answer has not left yet. */
  get unfinished(): number {
    return this.#unfinished;
  }

  /** A connection that is gone already gets a state of its own, which nobody looks at. */
  of(socket: object): ClientConnection {
    return this.#clients.get(socket as Socket) ?? new ClientConnection();
  }

  opened(socket: Socket, exchange: HttpExchange, response: ServerResponse): void {
    const connection = this.of(socket);
    connection.begin(exchange);
    this.#unfinished += 1;
    response.once('close', () => {
      this.#unfinished -= 1;
      // Node has just begun to wait for the next request, for as long as it grants everybody.
      if (!connection.proven && connection.unfinished === 1) socket.setTimeout(this.#unprovenIdleTimeoutMs);
      connection.finish(exchange);
      // An answer that was on its way when the drain began could not say `Connection: close` any more.
      if (this.draining && connection.unfinished === 0) socket.destroySoon();
    });
  }

  /** Resolves when the last connection is gone; those left after `graceMs` are destroyed. A second call may only shorten the grace. */
  async drain(graceMs: number): Promise<void> {
    this.#drained ??= this.#close();
    const grace = setTimeout(() => this.#destroyAll(), graceMs);
    await this.#drained;
    clearTimeout(grace);
  }

  #close(): Promise<void> {
    return new Promise((resolve) => {
      // Node's own close for HTTP would cut off an answer that has been written but not yet flushed; it
      // comes after the last connection and then only stops Node's timers.
      NetServer.prototype.close.call(this.#server, () => {
        this.#server.close();
        resolve();
      });
      for (const [socket, { unfinished }] of this.#clients) if (unfinished === 0) socket.destroySoon();
    });
  }

  #destroyAll(): void {
    for (const socket of this.#accepted) socket.destroy();
  }
}
