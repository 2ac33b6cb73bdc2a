/** What a configuration says of listeners, in the terms of the HTTP edge. */
import fs from 'node:fs';
import type { PortcullisConfig, TlsFiles } from './config/portcullis-config.ts';
import { Secret } from './domain/secret.ts';
import { DEFAULT_HTTP_LIMITS } from './edge/http/http-limits.ts';
import type { TlsMaterial } from './edge/http/tls-material.ts';

/** The bounds of the proxy are those of every listener. */
export function httpLimits({ proxy: { limits } }: PortcullisConfig): typeof DEFAULT_HTTP_LIMITS {
  return {
    ...DEFAULT_HTTP_LIMITS,
    headersTimeoutMs: limits.headersTimeoutMs,
    requestTimeoutMs: limits.headersTimeoutMs + limits.bodyTimeoutMs,
    keepAliveTimeoutMs: limits.keepAliveTimeoutMs,
    maxConnections: limits.maxConnections,
  };
}

/** Throws the error of the file system for a file that cannot be read. */
export function readTls(files: TlsFiles): TlsMaterial {
  const read = (file: string): string => fs.readFileSync(file, 'utf8');
  return {
    cert: read(files.certFile),
    key: new Secret(read(files.keyFile)),
    ...(files.clientCaFile !== undefined && { clientCa: read(files.clientCaFile) }),
    ...(files.clientSubjects !== undefined && { clientSubjects: files.clientSubjects }),
  };
}
