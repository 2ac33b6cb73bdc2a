/**
 * The TLS side of one listener: what it presents, whom it lets in, and how both are replaced while it runs.
 */
import { constants } from 'node:crypto';
import type { Server as HttpsServer, ServerOptions } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { Bug } from '../../domain/bug.ts';
import type { Log } from '../../domain/ports/log.ts';
import { type CappedLog, cappedLog } from './capped-log.ts';
import { ClientSubjects } from './client-subject.ts';
import { TlsFault } from './tls-fault.ts';
import { describeCertificate, secureContextOptions, type TlsMaterial } from './tls-material.ts';

export class TlsGate {
  readonly #name: string;
  readonly #log: Log;
  readonly #capped: CappedLog;
  readonly #mutual: boolean;
  readonly #subjects: ClientSubjects;
  readonly #options: ServerOptions;
  #server: HttpsServer | undefined;

  /** Throws TlsFault. */
  constructor(tls: TlsMaterial, context: { name: string; log: Log }) {
    this.#name = context.name;
    this.#log = context.log;
    this.#capped = cappedLog(context.log, context.name);
    this.#mutual = tls.clientCa !== undefined;
    this.#subjects = new ClientSubjects(tls.clientSubjects ?? []);
    this.#options = {
      ...contextOptions(tls),
      requestCert: this.#mutual,
      rejectUnauthorized: this.#mutual,
      ALPNProtocols: ['http/1.1'],
    };
    this.#announce(tls);
  }

  static check(gate: TlsGate | undefined, tls: TlsMaterial): void {
    present(gate).#check(tls);
  }

  static reload(gate: TlsGate | undefined, tls: TlsMaterial): void {
    present(gate).#reload(tls);
  }

  options(): ServerOptions {
    return this.#options;
  }

  clientSubject(socket: object): string | undefined {
    return this.#subjects.acceptedFor(socket);
  }

  /**
   * Prepended, so that a refused connection is gone before the HTTP parser is attached to it.
   * @req X-61
   */
  guard(server: HttpsServer): void {
    this.#server = server;
    if (this.#mutual) {
      server.prependListener('secureConnection', (socket: TLSSocket) => {
        const seen = this.#subjects.refuse(socket);
        if (seen === undefined) return;
        this.#capped.write('warn', 'tls.client-refused', {
          listener: this.#name,
          remoteAddress: socket.remoteAddress,
          reason: 'the certificate carries none of the configured clientSubjects',
          ...seen,
        });
        socket.destroy();
      });
    }
    server.on('tlsClientError', (error: Error & { code?: string }, socket: TLSSocket) => {
      const reason = socket.authorizationError ?? error.code ?? error.message;
      const fields = { listener: this.#name, remoteAddress: socket.remoteAddress, reason: String(reason) };
      // Load balancers that probe with a bare TCP connection end here all day long.
      if (socket.authorizationError === undefined && error.code === 'ECONNRESET') {
        this.#log.debug('tls.handshake-failed', fields);
      } else this.#capped.write('warn', 'tls.handshake-failed', fields);
    });
  }

  #check(tls: TlsMaterial): ServerOptions {
    if ((tls.clientCa !== undefined) !== this.#mutual) {
      throw new TlsFault(
        'client-ca-switch',
        'client certificates cannot be switched on or off while the listener runs; restart it',
      );
    }
    const options = contextOptions(tls);
    describeCertificate(tls.cert);
    return options;
  }

  #reload(tls: TlsMaterial): void {
    this.#server?.setSecureContext(this.#check(tls));
    this.#subjects.replace(tls.clientSubjects ?? []);
    this.#announce(tls);
  }

  #announce(tls: TlsMaterial): void {
    const { subject, notAfterMs } = describeCertificate(tls.cert);
    const notAfter = new Date(notAfterMs).toISOString();
    this.#log.info('tls.loaded', { listener: this.#name, subject, notAfter, mutual: this.#mutual });
  }
}

function present(gate: TlsGate | undefined): TlsGate {
  if (gate === undefined) throw new Bug('TLS was reloaded on a listener without TLS');
  return gate;
}

/** Renegotiation would let a client present another certificate after the check. */
function contextOptions(tls: TlsMaterial): ServerOptions {
  return { ...secureContextOptions(tls), secureOptions: constants.SSL_OP_NO_RENEGOTIATION };
}
