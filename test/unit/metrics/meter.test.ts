import { describe, expect, it } from 'vitest';
import { createMeter, type MeterRegistry } from '../../../src/metrics/meter.ts';

describe('the exposition', () => {
  it('counts and times a request by operation, path prefix and error', async () => {
    const meter = createMeter();
    meter.request({ operation: 'Encrypt', pathPrefix: '/a', errorName: '', seconds: 0.004 });
    meter.request({ operation: 'Encrypt', pathPrefix: '/a', errorName: '', seconds: 0.3 });
    expect(await linesOf(meter, 'portcullis_xks_request_duration_seconds')).toEqual([
      'portcullis_xks_request_duration_seconds_bucket{le="0.001",operation="Encrypt",path_prefix="/a",error=""} 0',
      'portcullis_xks_request_duration_seconds_bucket{le="0.0025",operation="Encrypt",path_prefix="/a",error=""} 0',
      'portcullis_xks_request_duration_seconds_bucket{le="0.005",operation="Encrypt",path_prefix="/a",error=""} 1',
      'portcullis_xks_request_duration_seconds_bucket{le="0.01",operation="Encrypt",path_prefix="/a",error=""} 1',
      'portcullis_xks_request_duration_seconds_bucket{le="0.025",operation="Encrypt",path_prefix="/a",error=""} 1',
      'portcullis_xks_request_duration_seconds_bucket{le="0.05",operation="Encrypt",path_prefix="/a",error=""} 1',
      'portcullis_xks_request_duration_seconds_bucket{le="0.075",operation="Encrypt",path_prefix="/a",error=""} 1',
      'portcullis_xks_request_duration_seconds_bucket{le="0.1",operation="Encrypt",path_prefix="/a",error=""} 1',
      'portcullis_xks_request_duration_seconds_bucket{le="0.15",operation="Encrypt",path_prefix="/a",error=""} 1',
      'portcullis_xks_request_duration_seconds_bucket{le="0.2",operation="Encrypt",path_prefix="/a",error=""} 1',
      'portcullis_xks_request_duration_seconds_bucket{le="0.25",operation="Encrypt",path_prefix="/a",error=""} 1',
      'portcullis_xks_request_duration_seconds_bucket{le="0.5",operation="Encrypt",path_prefix="/a",error=""} 2',
      'portcullis_xks_request_duration_seconds_bucket{le="1",operation="Encrypt",path_prefix="/a",error=""} 2',
      'portcullis_xks_request_duration_seconds_bucket{le="+Inf",operation="Encrypt",path_prefix="/a",error=""} 2',
      'portcullis_xks_request_duration_seconds_sum{operation="Encrypt",path_prefix="/a",error=""} 0.304',
      'portcullis_xks_request_duration_seconds_count{operation="Encrypt",path_prefix="/a",error=""} 2',
    ]);
    expect(await linesOf(meter, 'portcullis_xks_errors_total')).toEqual([]);
  });

  it.for([
    { error: 'ValidationException', retryable: 'false' },
    { error: 'InvalidStateException', retryable: 'false' },
    { error: 'InvalidCiphertextException', retryable: 'false' },
    { error: 'InvalidKeyUsageException', retryable: 'false' },
    { error: 'AuthenticationFailedException', retryable: 'false' },
    { error: 'AccessDeniedException', retryable: 'false' },
    { error: 'KeyNotFoundException', retryable: 'false' },
    { error: 'InvalidUriPathException', retryable: 'false' },
    { error: 'UnsupportedOperationException', retryable: 'false' },
    { error: 'ThrottlingException', retryable: 'true' },
    { error: 'DependencyTimeoutException', retryable: 'true' },
    { error: 'InternalException', retryable: 'true' },
  ])('$error is counted as AWS KMS counts it, retryable=$retryable', async ({ error, retryable }) => {
    const meter = createMeter();
    meter.request({ operation: 'Decrypt', pathPrefix: '', errorName: error, seconds: 0.001 });
    expect(await linesOf(meter, 'portcullis_xks_errors_total')).toEqual([
      `portcullis_xks_errors_total{operation="Decrypt",path_prefix="",error="${error}",retryable="${retryable}"} 1`,
    ]);
  });

  it('tells of token calls, host starts, token status and configuration', async () => {
    const meter = createMeter();
    meter.tokenCall({ token: 'soft', operation: 'encrypt', fault: 'timeout', seconds: 0.15 });
    meter.hostStarted('soft');
    meter.hostStarted('soft');
    meter.tokenStatus('soft', 'ACTIVE');
    meter.tokenStatus('soft', 'DEGRADED');
    meter.configurationLoaded(3);
    meter.configurationRefused();
    const text = await meter.exposition();
    expect(text.split('\n')).toEqual(
      expect.arrayContaining([
        'portcullis_token_call_duration_seconds_count{token="soft",operation="encrypt",fault="timeout"} 1',
        'portcullis_token_host_starts_total{token="soft"} 2',
        'portcullis_token_status{token="soft",status="ACTIVE"} 0',
        'portcullis_token_status{token="soft",status="DEGRADED"} 1',
        'portcullis_token_status{token="soft",status="UNAVAILABLE"} 0',
        'portcullis_configuration_generation 3',
        'portcullis_configuration_refused_total 1',
      ]),
    );
  });

  it('counts events by sink', async () => {
    const meter = createMeter();
    meter.eventsDelivered('file', 2);
    meter.eventsDelivered('file', 3);
    meter.eventDeliveryFailed('http');
    meter.eventsWaiting('http', 7);
    const text = await meter.exposition();

    expect(text.split('\n')).toEqual(
      expect.arrayContaining([
        'portcullis_kms_events_delivered_total{sink="file"} 5',
        'portcullis_kms_event_failures_total{sink="http"} 1',
        'portcullis_kms_events_waiting{sink="http"} 7',
      ]),
    );
  });

  it('has the metrics of the process, the lag of its event loop among them', async () => {
    const text = await createMeter().exposition();
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
    expect(text).toMatch(/^process_resident_memory_bytes /m);
  });

  it('is of one meter alone', async () => {
    const one = createMeter();
    const other = createMeter();
    one.configurationLoaded(7);
    expect(await other.exposition()).toContain('portcullis_configuration_generation 0');
  });
});

describe('label values stay bounded', () => {
  it('an operation, error or fault that nobody knows is `other`', async () => {
    const meter = createMeter();
    meter.request({ operation: '/etc/passwd', pathPrefix: '/a', errorName: 'MyException', seconds: 0.001 });
    meter.tokenCall({ token: 'soft', operation: 'encrypt', fault: 'CKR_WHATEVER', seconds: 0.001 });
    const text = await meter.exposition();
    expect(text).toContain('_count{operation="other",path_prefix="/a",error="other"} 1');
    expect(text).toContain('_count{token="soft",operation="encrypt",fault="other"} 1');
  });

  it('every path prefix that a configuration can have keeps its own name', async () => {
    const meter = createMeter();
    for (let index = 0; index < 1000; index += 1) {
      meter.request({ operation: 'Encrypt', pathPrefix: `/p${index}`, errorName: '', seconds: 0.001 });
    }
    expect(await meter.exposition()).not.toContain('path_prefix="other"');
  });

  it('a path prefix is `other` once there are 2001', async () => {
    const meter = createMeter();
    for (let index = 0; index < 2050; index += 1) {
      meter.request({ operation: 'Encrypt', pathPrefix: `/p${index}`, errorName: '', seconds: 0.001 });
    }
    meter.request({ operation: 'Encrypt', pathPrefix: '/p0', errorName: '', seconds: 0.001 });
    const counts = (await linesOf(meter, 'portcullis_xks_request_duration_seconds')).filter((line) =>
      line.startsWith('portcullis_xks_request_duration_seconds_count'),
    );
    expect(counts).toHaveLength(2002);
    expect(counts).toContain(
      'portcullis_xks_request_duration_seconds_count{operation="Encrypt",path_prefix="/p0",error=""} 2',
    );
    expect(counts).toContain(
      'portcullis_xks_request_duration_seconds_count{operation="Encrypt",path_prefix="other",error=""} 49',
    );
  });
});

describe('requests of the engine', () => {
  it('are counted and timed by operation and error, and a slow one still has a bucket', async () => {
    const meter = createMeter();
    meter.kmsRequest({ operation: 'CreateKey', errorName: '', seconds: 0.004 });
    meter.kmsRequest({ operation: 'CreateKey', errorName: '', seconds: 4 });
    meter.kmsRequest({ operation: 'Decrypt', errorName: 'InvalidCiphertextException', seconds: 0.01 });
    const lines = await linesOf(meter, 'portcullis_kms_request_duration_seconds');

    expect(lines.filter((line) => line.includes('_count'))).toEqual([
      'portcullis_kms_request_duration_seconds_count{operation="CreateKey",error=""} 2',
      'portcullis_kms_request_duration_seconds_count{operation="Decrypt",error="InvalidCiphertextException"} 1',
    ]);
    expect(lines).toContain(
      'portcullis_kms_request_duration_seconds_bucket{le="1",operation="CreateKey",error=""} 1',
    );
    expect(lines).toContain(
      'portcullis_kms_request_duration_seconds_bucket{le="5",operation="CreateKey",error=""} 2',
    );
  });

  it.for([
    { operation: 'GetCallerIdentity', label: 'GetCallerIdentity' },
    { operation: 'unknown', label: 'unknown' },
    { operation: 'Encrypt\n', label: 'other' },
  ])('have $label for the operation $operation', async ({ operation, label }) => {
    const meter = createMeter();
    meter.kmsRequest({ operation, errorName: 'Invented', seconds: 1 });

    expect(await linesOf(meter, 'portcullis_kms_request_duration_seconds_count')).toEqual([
      `portcullis_kms_request_duration_seconds_count{operation="${label}",error="other"} 1`,
    ]);
  });
});

async function linesOf(meter: MeterRegistry, name: string): Promise<string[]> {
  const text = await meter.exposition();
  return text.split('\n').filter((line) => line.startsWith(name) && !line.startsWith('#'));
}
