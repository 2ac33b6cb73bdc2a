/** What one listener grants a client that has not proven anything yet. */
export interface HttpLimits {
  /** From the first byte of a connection, or of its next request, until the head is complete. */
  readonly headersTimeoutMs: number;
  /** The same for head and body together. */
  readonly requestTimeoutMs: number;
  /** How long a connection may idle between two requests; longer than the load balancer's, so that it never meets a closed one. */
  readonly keepAliveTimeoutMs: number;
  /** The same for a connection on which nobody has authenticated yet, unless `keepAliveTimeoutMs` is shorter. */
  readonly unprovenIdleTimeoutMs: number;
  /** From an answer until all of it has left; a client that does not read loses its connection. */
  readonly replyFlushTimeoutMs: number;
  readonly handshakeTimeoutMs: number;
  /** After an early answer: how long the client may still send what is thrown away, so that the answer reaches it. */
  readonly lingerMs: number;
  readonly maxConnections: number;
  /** Requests that a client may send ahead on one connection before it reads the answers. */
  readonly maxUnfinished: number;
  readonly maxHeaders: number;
  /** Request line and headers together. */
  readonly maxHeaderBytes: number;
  /** A body that nobody reads may be this long before the connection is given up instead. */
  readonly unreadBodyBytes: number;
}

export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
  keepAliveTimeoutMs: 360_000,
  // Longer than the 60 s that load balancers grant an idle connection unless told otherwise.
  unprovenIdleTimeoutMs: 75_000,
  replyFlushTimeoutMs: 5_000,
  handshakeTimeoutMs: 5_000,
  lingerMs: 500,
  maxConnections: 4_096,
  maxUnfinished: 8,
  maxHeaders: 64,
  maxHeaderBytes: 16_384,
  unreadBodyBytes: 65_536,
};
