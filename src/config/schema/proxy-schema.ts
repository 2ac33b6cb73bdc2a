/** `proxy`, `metrics`, `control`, `invocations`, `log`: the listeners and their limits. */
import * as z from 'zod';
import { HOST_NAME } from '../../domain/host-name.ts';
import { filePath, host, port, reusePort, text } from './field.ts';

const milliseconds = (min: number, max: number, description: string) =>
  z.int().min(min).max(max).meta({ description, 'x-unit': 'ms' });

const tls = z
  .strictObject({
    certFile: filePath('PEM file with the server certificate, followed by its intermediate certificates.'),
    keyFile: filePath(
      'PEM file with the private key of the certificate. Others must not be able to read it.',
    ),
    clientCaFile: filePath(
      'PEM file with the root certificates that client certificates must chain to. Turns mutual TLS on; needs `clientSubjects`.',
    ).optional(),
    clientSubjects: z
      .array(
        text(
          HOST_NAME,
          'a full host name without wildcards, such as cks.kms.eu-west-1.amazonaws.com',
          'Name that a client certificate must carry.',
        ),
      )
      .min(1)
      .meta({
        description:
          'Names of which a client certificate must carry one, compared as a whole; AWS KMS uses `cks.kms.<region>.amazonaws.com`. Needs `clientCaFile`.',
      })
      .optional(),
  })
  .meta({
    description:
      'TLS on this listener. Leave it out on a loopback address, or behind a load balancer that terminates TLS.',
  });

const limits = z
  .strictObject({
    bodyBytes: z
      .int()
      .min(32_768)
      .max(1_048_576)
      .meta({
        description: 'Longest request body. The largest honest one is about 22 KiB.',
        'x-unit': 'bytes',
      })
      .default(65_536),
    headersTimeoutMs: milliseconds(100, 60_000, 'Time for a request head to arrive.').default(5_000),
    bodyTimeoutMs: milliseconds(100, 60_000, 'Time for a request body to arrive after its head.').default(
      5_000,
    ),
    keepAliveTimeoutMs: milliseconds(
      1_000,
      3_600_000,
      'Time after which an idle connection is closed. Longer than that of the load balancer in front.',
    ).default(360_000),
    maxConnections: z
      .int()
      .min(1)
      .max(100_000)
      .meta({ description: 'Open connections; further ones are closed at once.', 'x-unit': 'connections' })
      .default(2_000),
    drainGraceMs: milliseconds(0, 600_000, 'Time that running requests get to finish at shutdown.').default(
      5_000,
    ),
  })
  .meta({ description: 'Limits on what a client may use.' });

const deadlines = z
  .strictObject({
    tokenMs: milliseconds(
      10,
      60_000,
      'Time for the token to answer, queueing included, counted from the last byte of the request.',
    ).default(150),
    replyMs: milliseconds(
      10,
      60_000,
      'Time until the caller has a reply, counted from the last byte of the request. AWS KMS waits 250 ms, the network included.',
    ).default(180),
  })
  .meta({ description: 'How long a request may take.' });

export const proxySchema = z
  .strictObject({
    host: host('Address of the proxy listener.').default('127.0.0.1'),
    port: port('Port of the proxy listener. AWS KMS itself only calls port 443.').default(8080),
    reusePort: reusePort('They count in `fleetSize`.'),
    tls: tls.optional(),
    dangerPlainHttp: z
      .boolean()
      .meta({
        description:
          'Allows an address outside loopback without `tls`, for a load balancer in front that terminates TLS and is the only one that can reach the port.',
      })
      .default(false),
    fleetSize: z
      .int()
      .min(1)
      .max(10_000)
      .meta({
        description: 'Proxies behind the same endpoint, this one included. Reported to AWS KMS.',
        'x-unit': 'proxies',
      })
      .default(1),
    limits: limits.prefault({}),
    deadlines: deadlines.prefault({}),
  })
  .meta({ description: 'The listener that AWS KMS calls.' });

export const metricsSchema = z
  .strictObject({
    host: host('Address of the metrics listener.').default('127.0.0.1'),
    port: port('Port of the metrics listener.').default(9090),
  })
  .meta({
    description:
      'The listener for `/livez`, `/readyz` and `/metrics`, read only. Without this section there is none.',
  });

export const controlSchema = z
  .strictObject({
    socket: filePath(
      'Unix socket of the control listener, created with mode 0600. At most 107 bytes as an absolute path.',
    ),
  })
  .meta({ description: 'The listener for operator commands. Without this section there is none.' });

export const invocationsSchema = z
  .strictObject({
    fleetShare: z
      .number()
      .gt(0)
      .max(1)
      .meta({
        description:
          'Part of the 2^32 encryptions under one key that this proxy may make. All proxies on a key share the whole. Without it: 1 divided by `proxy.fleetSize`.',
      })
      .optional(),
    refuse: z
      .boolean()
      .meta({
        description:
          'Refuse to encrypt above the limit. Otherwise the log and the metrics say so, and encryption goes on.',
      })
      .default(false),
  })
  .meta({
    description:
      'The count of encryptions under native GCM keys (docs/invocations.md). It is kept in `stateDir`.',
  });

export const logSchema = z
  .strictObject({
    level: z
      .enum(['error', 'warn', 'info', 'debug'])
      .meta({ description: 'Least important level that is written. `info` has one line for every request.' })
      .default('info'),
  })
  .meta({ description: 'The log, on standard output.' });

export type ProxyInput = z.output<typeof proxySchema>;
