/** Where measurements go. Durations are seconds, as Prometheus wants them. */
export interface Meter {
  /** One answered request of the proxy; `errorName` is empty on success. */
  request(sample: {
    readonly operation: string;
    readonly pathPrefix: string;
    readonly errorName: string;
    readonly seconds: number;
  }): void;
  /** One answered request of the engine; `errorName` is empty on success. */
  kmsRequest(sample: {
    readonly operation: string;
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

/** What the delivery of the KMS engine's events measures. */
export interface EventMeter {
  /** A sink has taken so many. */
  eventsDelivered(sink: string, count: number): void;
  /** An attempt to deliver failed; the events are kept. */
  eventDeliveryFailed(sink: string): void;
  /** So many wait for the sink. */
  eventsWaiting(sink: string, count: number): void;
}

/** What is measured only when somebody looks: each is asked at every scrape, and tells all there is then. */
export interface Readings {
  queues(): Iterable<QueueReading>;
  certificates(): Iterable<CertificateReading>;
  credentials(): Iterable<CredentialReading>;
}

/** Calls in one lane of a token: those that wait in this process, and those that its hosts have. */
export interface QueueReading {
  readonly token: string;
  readonly lane: string;
  readonly waiting: number;
  readonly running: number;
}

export interface CertificateReading {
  readonly role: 'server' | 'intermediate' | 'client-ca';
  readonly subject: string;
  /** In hex. */
  readonly serial: string;
  /** Milliseconds since 1970. */
  readonly notAfterMs: number;
}

export interface CredentialReading {
  readonly pathPrefix: string;
  readonly accessKeyId: string;
  /** Milliseconds since 1970; the credential is at least that old. */
  readonly sinceMs: number;
  /** How that is known: said in the configuration, by the time of the secret file, or only since it was loaded. */
  readonly source: 'createdAt' | 'file' | 'loaded';
}
