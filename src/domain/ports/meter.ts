/** Where measurements go. Durations are seconds, as Prometheus wants them. */
export interface Meter {
  /** One answered request of the proxy; `errorName` is empty on success. */
  request(sample: {
    readonly operation: string;
    readonly pathPrefix: string;
    readonly errorName: string;
    readonly seconds: number;
  }): void;
  /** One call to a token; `fault` is empty on success. */
  tokenCall(sample: {
    readonly token: string;
    readonly operation: string;
    readonly fault: string;
    readonly seconds: number;
  }): void;
  /** A token host was started (again). */
  hostStarted(token: string): void;
  /** What health says of a token now. */
  tokenStatus(token: string, status: 'ACTIVE' | 'DEGRADED' | 'UNAVAILABLE'): void;
  /** Encryptions under a key, by this proxy, out of those it may make. */
  keyInvocations(sample: {
    readonly token: string;
    readonly key: string;
    readonly used: number;
    readonly limit: number;
  }): void;
  /** A configuration took force. */
  configurationLoaded(generation: number): void;
  /** A changed configuration was refused, and the old one stays in force. */
  configurationRefused(): void;
}
