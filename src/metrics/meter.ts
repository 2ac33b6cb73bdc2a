/**
 * The Prometheus side of the meter port: a registry of its own, the process metrics, and labels that
 * cannot grow without bound whatever a client sends. docs/metrics.md lists every metric.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { HSM_FAULT_CODES } from '../domain/hsm-fault.ts';
import { KMS_OPERATION_NAMES } from '../domain/kms/api/operations.ts';
import { KMS_FAULT_NAMES } from '../domain/kms/kms-fault.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { EventMeter, Meter, Readings } from '../domain/ports/meter.ts';
import { XKS_FAULT_NAMES } from '../domain/xks/xks-fault.ts';
import { BoundedLabel, closedLabel } from './labels.ts';
import { readingMetrics } from './readings.ts';

export interface MeterRegistry extends Meter, EventMeter {
  /** All metrics in the Prometheus text format, version 0.0.4. */
  exposition(): Promise<string>;
  /** From now on, every scrape asks these. */
  readFrom(readings: Readings, clock: Clock): void;
  /** Every metric, for the documentation. */
  catalogue(): readonly CatalogueEntry[];
}

export interface CatalogueEntry {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  readonly help: string;
  readonly labels: readonly string[];
}

/** Independent of any other registry of the process. */
export function createMeter(): MeterRegistry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = requestMetrics(registry);
  const tokens = tokenMetrics(registry);
  const configuration = new Gauge({
    name: 'portcullis_configuration_generation',
    help: 'Number of the configuration in force: 1 at the start, one more with every reload.',
    registers: [registry],
  });
  const refused = new Counter({
    name: 'portcullis_configuration_refused_total',
    help: 'Reloads that were refused because the changed configuration is broken or takes a restart.',
    registers: [registry],
  });
  return {
    ...requests,
    ...kmsMetrics(registry),
    ...tokens,
    ...keyMetrics(registry),
    ...eventMetrics(registry),
    configurationLoaded: (generation) => configuration.set(generation),
    configurationRefused: () => refused.inc(),
    exposition: () => registry.metrics(),
    readFrom: readingMetrics(registry),
    catalogue: () => registry.getMetricsAsArray().map(catalogueEntry),
  };
}

/** Each metric is an instance of its class, though the types of the package promise less. */
function catalogueEntry(metric: object): CatalogueEntry {
  const {
    name,
    type,
    help,
    labelNames: labels,
  } = metric as Omit<CatalogueEntry, 'labels'> & {
    readonly labelNames: readonly string[];
  };
  return { name, type, help, labels };
}

function requestMetrics(registry: Registry): Pick<Meter, 'request'> {
  const duration = new Histogram({
    name: 'portcullis_xks_request_duration_seconds',
    help: 'Time from the head of an XKS request to its answer, by operation, path prefix and error name (empty: success).',
    labelNames: ['operation', 'path_prefix', 'error'],
    buckets: SECONDS,
    registers: [registry],
  });
  const errors = new Counter({
    name: 'portcullis_xks_errors_total',
    help: 'XKS requests answered with an error, by whether AWS KMS counts it as retryable.',
    labelNames: ['operation', 'path_prefix', 'error', 'retryable'],
    registers: [registry],
  });
  const prefixes = new BoundedLabel(MAX_PREFIXES);
  return {
    request: (sample) => {
      const operation = closedLabel(sample.operation, XKS_OPERATIONS);
      const path_prefix = prefixes.value(sample.pathPrefix);
      const error = closedLabel(sample.errorName, XKS_ERRORS);
      duration.observe({ operation, path_prefix, error }, sample.seconds);
      if (error === '') return;
      errors.inc({ operation, path_prefix, error, retryable: String(RETRYABLE.has(error)) });
    },
  };
}

function kmsMetrics(registry: Registry): Pick<Meter, 'kmsRequest'> {
  const duration = new Histogram({
    name: 'portcullis_kms_request_duration_seconds',
    help: 'Time from the head of a request of the KMS engine to its answer, by operation and error name (empty: success).',
    labelNames: ['operation', 'error'],
    buckets: KMS_SECONDS,
    registers: [registry],
  });
  return {
    kmsRequest: (sample) => {
      const operation = closedLabel(sample.operation, KMS_OPERATIONS);
      duration.observe({ operation, error: closedLabel(sample.errorName, KMS_ERRORS) }, sample.seconds);
    },
  };
}

function tokenMetrics(registry: Registry): Pick<Meter, 'tokenCall' | 'hostStarted' | 'tokenStatus'> {
  const duration = new Histogram({
    name: 'portcullis_token_call_duration_seconds',
    help: 'Time of a call to a token, queueing included, by token, operation and fault (empty: success).',
    labelNames: ['token', 'operation', 'fault'],
    buckets: SECONDS,
    registers: [registry],
  });
  const starts = new Counter({
    name: 'portcullis_token_host_starts_total',
    help: 'Token host processes started; more than one per host means that one was replaced.',
    labelNames: ['token'],
    registers: [registry],
  });
  const status = new Gauge({
    name: 'portcullis_token_status',
    help: 'Health of a token as last measured: 1 for the status that holds, 0 for the others.',
    labelNames: ['token', 'status'],
    registers: [registry],
  });
  const tokens = new BoundedLabel(MAX_TOKENS);
  const operations = new BoundedLabel(MAX_TOKEN_OPERATIONS);
  return {
    tokenCall: (sample) => {
      const token = tokens.value(sample.token);
      const operation = operations.value(sample.operation);
      duration.observe({ token, operation, fault: closedLabel(sample.fault, HSM_FAULTS) }, sample.seconds);
    },
    hostStarted: (token) => starts.inc({ token: tokens.value(token) }),
    tokenStatus: (token, now) => {
      for (const each of TOKEN_STATUSES) {
        status.set({ token: tokens.value(token), status: each }, each === now ? 1 : 0);
      }
    },
  };
}

function keyMetrics(registry: Registry): Pick<Meter, 'keyInvocations'> {
  const labelNames = ['token', 'key'] as const;
  const used = new Gauge({
    name: 'portcullis_key_invocations',
    help: 'Encryptions under a native GCM key by this proxy, brought up to date every 1024.',
    labelNames,
    registers: [registry],
  });
  const limit = new Gauge({
    name: 'portcullis_key_invocations_limit',
    help: 'Encryptions that this proxy may make under one native GCM key: its share of 2^32.',
    registers: [registry],
  });
  const tokens = new BoundedLabel(MAX_TOKENS);
  const keys = new BoundedLabel(MAX_KEYS);
  return {
    keyInvocations: (sample) => {
      used.set({ token: tokens.value(sample.token), key: keys.value(sample.key) }, sample.used);
      limit.set(sample.limit);
    },
  };
}

function eventMetrics(registry: Registry): EventMeter {
  const labelNames = ['sink'] as const;
  const delivered = new Counter({
    name: 'portcullis_kms_events_delivered_total',
    help: 'Events of the KMS engine that a sink has taken.',
    labelNames,
    registers: [registry],
  });
  const failures = new Counter({
    name: 'portcullis_kms_event_failures_total',
    help: 'Attempts to deliver events to a sink that failed; the events are kept and come again.',
    labelNames,
    registers: [registry],
  });
  const waiting = new Gauge({
    name: 'portcullis_kms_events_waiting',
    help: 'Events in the store that a sink has not taken yet.',
    labelNames,
    registers: [registry],
  });
  const sinks = new BoundedLabel(MAX_SINKS);
  return {
    eventsDelivered: (sink, count) => delivered.inc({ sink: sinks.value(sink) }, count),
    eventDeliveryFailed: (sink) => failures.inc({ sink: sinks.value(sink) }),
    eventsWaiting: (sink, count) => waiting.set({ sink: sinks.value(sink) }, count),
  };
}

/** Fine where the 250 ms that AWS KMS waits are spent. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.5, 1];

/** Making an RSA key takes seconds. */
const KMS_SECONDS = [...SECONDS, 2.5, 5, 10];

const XKS_OPERATIONS: ReadonlySet<string> = new Set([
  'GetKeyMetadata',
  'Encrypt',
  'Decrypt',
  'GetHealthStatus',
]);

const XKS_ERRORS: ReadonlySet<string> = new Set(['', ...XKS_FAULT_NAMES]);

/** With the one operation of STS, and the name for a request that is none. */
const KMS_OPERATIONS: ReadonlySet<string> = new Set([...KMS_OPERATION_NAMES, 'GetCallerIdentity', 'unknown']);

const KMS_ERRORS: ReadonlySet<string> = new Set(['', ...KMS_FAULT_NAMES]);

const RETRYABLE: ReadonlySet<string> = new Set([
  'ThrottlingException',
  'DependencyTimeoutException',
  'InternalException',
]);

const HSM_FAULTS: ReadonlySet<string> = new Set(['', ...HSM_FAULT_CODES]);

const TOKEN_STATUSES = ['ACTIVE', 'DEGRADED', 'UNAVAILABLE'] as const;

/** Twice what one configuration may have, so that reloads can bring others, and the name for a path that is none. */
const MAX_PREFIXES = 2_001;
const MAX_TOKENS = 64;
const MAX_KEYS = 10_000;
const MAX_SINKS = 64;
const MAX_TOKEN_OPERATIONS = 64;
