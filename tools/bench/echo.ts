/** (b) The HTTP server alone: bare node:http that reads a request of the same size and sends an answer of the same size. */
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface EchoJob {
  readonly replyBodyBytes: number;
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** Listens on a free port, says which, and serves until it is ended. */
export function runEcho(job: EchoJob): void {
  const body = 'x'.repeat(job.replyBodyBytes);
  const answer: RequestListener = (request, response) => {
    request.on('data', () => undefined);
    request.on('end', () => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
      response.end(body);
    });
  };
  const server = job.tls === undefined ? createServer(answer) : createTlsServer(job.tls, answer);
  server.listen(0, '127.0.0.1', () => {
    process.stdout.write(`${ECHO_PORT}${(server.address() as AddressInfo).port}\n`);
  });
}

/** What stands before the port that it prints. */
export const ECHO_PORT = 'port ';
