/** An agent for TLS that keeps its connections and counts those that were opened, and those that ended. */
import type { AgentOptions, ClientRequestArgs } from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';

export class CountedAgent extends https.Agent {
  opened = 0;
  ended = 0;

  constructor(options: https.AgentOptions) {
    super({ ...options, ...KEPT });
  }

  override createConnection(
    options: ClientRequestArgs,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const connection = super.createConnection(options, callback);
    this.opened += 1;
    connection?.once('close', () => {
      this.ended += 1;
    });
    return connection;
  }
}

const KEPT: AgentOptions = { keepAlive: true, maxSockets: 64, maxFreeSockets: 64 };
