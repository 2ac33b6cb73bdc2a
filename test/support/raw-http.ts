/** HTTP as bytes on a socket: for requests that no HTTP client would send, and answers as they really came. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawReply {
  readonly statusLine: string;
  readonly status: number;
  /** Lower-case names; the last of a repeated one wins. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** An open connection that keeps everything it received. */
export class RawConnection implements Disposable {
  readonly socket: Socket;
  #received = '';
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received += chunk.toString('latin1');
      this.#wake();
    });
    socket.on('end', () => this.#wake());
    socket.on('close', () => this.#wake());
    socket.on('error', () => {});
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const connection = new RawConnection(socket);
    await once(socket, 'connect');
    return connection;
  }

  get received(): string {
    return this.#received;
  }

  send(bytes: string): void {
    this.socket.write(bytes, 'latin1');
  }

  get ended(): boolean {
    return this.socket.readableEnded || this.socket.destroyed;
  }

  /** Resolves when the server has closed its end, with everything it sent. */
  async closed(): Promise<string> {
    while (!this.ended) await this.#change();
    return this.#received;
  }

  /** Resolves when `count` complete replies have arrived; they stay in `received`. */
  async replies(count: number): Promise<RawReply[]> {
    for (;;) {
      const found = parseReplies(this.#received);
      if (found.length >= count) return found;
      if (this.ended) {
        throw new Error(
          `the connection ended after ${found.length} of ${count} replies: ${this.#received.slice(0, 500)}`,
        );
      }
      await this.#change();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

/** Sends `bytes`, waits until the server closes, and returns what it answered. */
export async function exchangeRaw(port: number, bytes: string): Promise<RawReply[]> {
  using connection = await RawConnection.open(port);
  connection.send(bytes);
  return parseReplies(await connection.closed());
}

/** Complete replies with a Content-Length, one after the other; `100 Continue` has none and stands alone. */
function parseReplies(text: string): RawReply[] {
  const replies: RawReply[] = [];
  for (let rest = text; ; ) {
    const headEnd = rest.indexOf('\r\n\r\n');
    if (headEnd < 0) return replies;
    const [statusLine = '', ...lines] = rest.slice(0, headEnd).split('\r\n');
    const headers = new Map(lines.map((line) => splitHeader(line)));
    const length = Number(headers.get('content-length') ?? 0);
    const body = rest.slice(headEnd + 4, headEnd + 4 + length);
    if (body.length < length) return replies;
    replies.push({ statusLine, status: Number(statusLine.split(' ')[1]), headers, body });
    rest = rest.slice(headEnd + 4 + length);
  }
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}
