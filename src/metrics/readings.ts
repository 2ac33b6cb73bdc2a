/** Metrics that are read at the moment of a scrape: queues, and what grows older by itself. */
import { Gauge, type Registry } from 'prom-client';
import type { Clock } from '../domain/ports/clock.ts';
import type { Readings } from '../domain/ports/meter.ts';

/** Registers them; they have no values until the function that is returned was called with their sources. */
export function readingMetrics(registry: Registry): (readings: Readings, clock: Clock) => void {
  let source: { readonly readings: Readings; readonly clock: Clock } | undefined;
  for (const { sample, ...definition } of METRICS) {
    new Gauge({
      ...definition,
      registers: [registry],
      collect() {
        // What is not among the samples of this scrape is gone: certificates and credentials change with a reload.
        this.reset();
        if (source === undefined) return;
        for (const [labels, value] of sample(source.readings, source.clock.nowMs())) this.set(labels, value);
      },
    });
  }
  return (readings, clock) => {
    source = { readings, clock };
  };
}

interface ReadMetric {
  readonly name: string;
  readonly help: string;
  readonly labelNames: string[];
  readonly sample: (readings: Readings, nowMs: number) => Sample[];
}

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

function queueDepths({ queues }: Readings): Sample[] {
  return [...queues()].flatMap(({ token, lane, waiting, running }): Sample[] => [
    [{ token, lane, state: 'waiting' }, waiting],
    [{ token, lane, state: 'running' }, running],
  ]);
}

function certificateDays({ certificates }: Readings, nowMs: number): Sample[] {
  return [...certificates()]
    .toSorted((one, other) => one.notAfterMs - other.notAfterMs)
    .slice(0, MAX_CERTIFICATES)
    .map(({ role, subject, serial, notAfterMs }) => [
      { role, subject: subject.slice(0, MAX_SUBJECT), serial },
      (notAfterMs - nowMs) / DAY_MS,
    ]);
}

function credentialAges({ credentials }: Readings, nowMs: number): Sample[] {
  return [...credentials()]
    .toSorted((one, other) => one.sinceMs - other.sinceMs)
    .slice(0, MAX_CREDENTIALS)
    .map(({ pathPrefix, accessKeyId, source, sinceMs }) => [
      { path_prefix: pathPrefix, access_key_id: accessKeyId, source },
      (nowMs - sinceMs) / DAY_MS,
    ]);
}

const METRICS: readonly ReadMetric[] = [
  {
    name: 'portcullis_token_queue_depth',
    help: 'Calls to a token at this moment, by lane: `waiting` in the proxy for their turn, or `running`, which its hosts have.',
    labelNames: ['token', 'lane', 'state'],
    sample: queueDepths,
  },
  {
    name: 'portcullis_certificate_days_to_expire',
    help: "Days until a certificate of the proxy's or the engine's listener runs out, below 0 once it has: its own (`server`), its `intermediate` ones, and each `client-ca`.",
    labelNames: ['role', 'subject', 'serial'],
    sample: certificateDays,
  },
  {
    name: 'portcullis_credential_age_days',
    help: 'Days for which a credential has existed, at least: since its `createdAt`, since its secret `file` was written, or since this process `loaded` it.',
    labelNames: ['path_prefix', 'access_key_id', 'source'],
    sample: credentialAges,
  },
];

const DAY_MS = 86_400_000;
/** A file with every public CA of the world has about 150. The soonest to run out are shown. */
const MAX_CERTIFICATES = 1_000;
/** The oldest are shown. */
const MAX_CREDENTIALS = 10_000;
const MAX_SUBJECT = 256;
