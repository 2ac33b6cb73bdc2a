import { describe, expect, it } from 'vitest';
import type { CertificateReading, CredentialReading, Readings } from '../../../src/domain/ports/meter.ts';
import { createMeter, type MeterRegistry } from '../../../src/metrics/meter.ts';

const DAY_MS = 86_400_000;
const NOW_MS = Date.parse('2026-03-01T12:00:00Z');
const SERVER: CertificateReading = {
  role: 'server',
  subject: 'CN=xks.example.com',
  serial: '0A',
  notAfterMs: NOW_MS + 10 * DAY_MS,
};
const CLIENT_CA: CertificateReading = {
  role: 'client-ca',
  subject: 'C=US, O=Amazon, CN="Root"\\',
  serial: '0B',
  notAfterMs: NOW_MS - DAY_MS / 2,
};
const CREDENTIAL: CredentialReading = {
  pathPrefix: '/one',
  accessKeyId: 'AAAAAAAAAAAAAAAAAAAA',
  source: 'createdAt',
  sinceMs: NOW_MS - 3 * DAY_MS,
};

/** A meter over sources that a test may change, at a time that it may move. */
function rig(): { meter: MeterRegistry; sources: Sources; clock: { ms: number } } {
  const meter = createMeter();
  const sources: Sources = { queues: [], certificates: [], credentials: [] };
  const clock = { ms: NOW_MS };
  const readings: Readings = {
    queues: () => sources.queues,
    certificates: () => sources.certificates,
    credentials: () => sources.credentials,
  };
  meter.readFrom(readings, { nowMs: () => clock.ms, monotonicMs: () => 0 });
  return { meter, sources, clock };
}

interface Sources {
  queues: readonly { token: string; lane: string; waiting: number; running: number }[];
  certificates: readonly CertificateReading[];
  credentials: readonly CredentialReading[];
}

describe('what is read at the scrape', () => {
  it('is nothing before there are sources', async () => {
    expect(await linesOf(createMeter(), 'portcullis_token_queue_depth')).toEqual([]);
  });

  it('tells how many calls wait and run, by token and lane, as it is then', async () => {
    const { meter, sources } = rig();
    sources.queues = [{ token: 'soft', lane: 'fast', waiting: 7, running: 32 }];
    expect(await linesOf(meter, 'portcullis_token_queue_depth')).toEqual([
      'portcullis_token_queue_depth{token="soft",lane="fast",state="waiting"} 7',
      'portcullis_token_queue_depth{token="soft",lane="fast",state="running"} 32',
    ]);
    sources.queues = [{ token: 'soft', lane: 'fast', waiting: 0, running: 1 }];
    expect(await linesOf(meter, 'portcullis_token_queue_depth')).toEqual([
      'portcullis_token_queue_depth{token="soft",lane="fast",state="waiting"} 0',
      'portcullis_token_queue_depth{token="soft",lane="fast",state="running"} 1',
    ]);
  });

  it('counts the days of a certificate down, below zero once it has run out', async () => {
    const { meter, sources, clock } = rig();
    sources.certificates = [SERVER, CLIENT_CA];
    expect(await linesOf(meter, 'portcullis_certificate_days_to_expire')).toEqual([
      'portcullis_certificate_days_to_expire{role="client-ca",subject="C=US, O=Amazon, CN=\\"Root\\"\\\\",serial="0B"} -0.5',
      'portcullis_certificate_days_to_expire{role="server",subject="CN=xks.example.com",serial="0A"} 10',
    ]);
    clock.ms += 2 * DAY_MS;
    expect(await linesOf(meter, 'portcullis_certificate_days_to_expire{role="server"')).toEqual([
      'portcullis_certificate_days_to_expire{role="server",subject="CN=xks.example.com",serial="0A"} 8',
    ]);
  });

  it('has no series of certificates and credentials that a reload took away', async () => {
    const { meter, sources } = rig();
    sources.certificates = [SERVER];
    sources.credentials = [CREDENTIAL];
    await meter.exposition();
    sources.certificates = [{ ...SERVER, serial: '0C' }];
    sources.credentials = [];
    expect(await linesOf(meter, 'portcullis_certificate_days_to_expire')).toEqual([
      'portcullis_certificate_days_to_expire{role="server",subject="CN=xks.example.com",serial="0C"} 10',
    ]);
    expect(await linesOf(meter, 'portcullis_credential_age_days')).toEqual([]);
  });

  it('lets a credential grow older, and says how its age is known', async () => {
    const { meter, sources, clock } = rig();
    sources.credentials = [CREDENTIAL];
    clock.ms += DAY_MS / 4;
    expect(await linesOf(meter, 'portcullis_credential_age_days')).toEqual([
      'portcullis_credential_age_days{path_prefix="/one",access_key_id="AAAAAAAAAAAAAAAAAAAA",source="createdAt"} 3.25',
    ]);
  });

  it('shows the thousand certificates that run out first, and a long subject in part', async () => {
    const { meter, sources } = rig();
    sources.certificates = Array.from({ length: 1_001 }, (_, index) => ({
      ...CLIENT_CA,
      subject: 'x'.repeat(300),
      serial: String(index),
      notAfterMs: NOW_MS + (1_001 - index) * DAY_MS,
    }));
    const lines = await linesOf(meter, 'portcullis_certificate_days_to_expire');
    expect(lines).toHaveLength(1_000);
    expect(lines[0]).toBe(
      `portcullis_certificate_days_to_expire{role="client-ca",subject="${'x'.repeat(256)}",serial="1000"} 1`,
    );
    expect(lines.filter((line) => line.includes('serial="0"'))).toEqual([]);
  });
});

async function linesOf(meter: MeterRegistry, start: string): Promise<string[]> {
  const text = await meter.exposition();
  return text.split('\n').filter((line) => line.startsWith(start));
}
