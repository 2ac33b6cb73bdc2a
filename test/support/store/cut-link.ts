/** A link to a server on a Unix socket that a test can cut at a word, or freeze. */
import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';

export class CutLink implements AsyncDisposable {
  readonly #server;
  readonly #sockets = new Set<Socket>();
  /** Once: the link breaks after what holds this text has been passed on to the server. */
  cutAfter: string | undefined;
  frozen = false;

  private constructor(target: string) {
    this.#server = createServer((client) => {
      const server = createConnection(target);
      for (const socket of [client, server]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => this.#sockets.delete(socket));
      }
      client.on('data', (bytes) => {
        if (this.frozen) return;
        server.write(bytes);
        if (this.cutAfter === undefined || !bytes.includes(this.cutAfter)) return;
        this.cutAfter = undefined;
        client.destroy();
        server.end();
      });
      server.on('data', (bytes) => this.frozen || client.write(bytes));
      client.on('close', () => server.end());
      server.on('close', () => client.destroy());
    });
  }

  static async to(target: string): Promise<CutLink> {
    const link = new CutLink(target);
    link.#server.listen(0, '127.0.0.1');
    await once(link.#server, 'listening');
    return link;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}
