/** One keep-alive connection that sends ready-made requests, one at a time, and reads only what it must of an answer. */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { BenchFault } from './bench-fault.ts';

export interface Target {
  readonly host: string;
  readonly port: number;
  /** PEM; TLS when it is there. */
  readonly ca?: string;
}

export interface RawAnswer {
  readonly status: number;
  readonly body: string;
}

export class RawConnection {
  readonly #socket: Socket;
  #received = '';
  #waiting: PromiseWithResolvers<RawAnswer> | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true).setEncoding('latin1');
    socket.on('data', (text: string) => this.#receive(text));
    socket.on('error', (cause) => this.#fail(new BenchFault('a connection failed', { cause })));
    socket.on('close', () => this.#fail(new BenchFault('the server closed a connection')));
  }

  static open(target: Target): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const { host, port, ca } = target;
      const socket =
        ca === undefined
          ? connect({ host, port }, () => resolve(new RawConnection(socket)))
          : connectTls({ host, port, ca, servername: TLS_NAME }, () => resolve(new RawConnection(socket)));
      socket.once('error', reject);
    });
  }

  /** Rejects with a BenchFault when the connection is lost. */
  send(request: string): Promise<RawAnswer> {
    this.#waiting = Promise.withResolvers();
    this.#socket.write(request, 'latin1');
    return this.#waiting.promise;
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #receive(text: string): void {
    this.#received += text;
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const [, length = '0'] = /\r\ncontent-length: *(\d+)/i.exec(this.#received) ?? [];
    const bodyStart = headEnd + 4;
    if (this.#received.length < bodyStart + Number(length)) return;
    const answer = { status: Number(this.#received.slice(9, 12)), body: this.#received.slice(bodyStart) };
    this.#received = '';
    this.#waiting?.resolve(answer);
  }

  #fail(fault: BenchFault): void {
    this.#waiting?.reject(fault);
  }
}

/** The name in the certificates of a run. */
export const TLS_NAME = 'bench.test';
