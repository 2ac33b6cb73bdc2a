/** Where the KMS engine keeps its records: absolute paths, the password, and what must not go over a network in clear. */
import { type Findings, type PathInFile, pathText } from '../findings.ts';
import type { KmsStoreConfig } from '../portcullis-config.ts';
import type { Secrets } from '../read-secrets.ts';
import type { KmsInput } from '../schema/kms-schema.ts';
import { isLoopback } from './build-proxy.ts';

export function buildStore(
  store: KmsInput['store'],
  { secrets, resolvePath }: { readonly secrets: Secrets; readonly resolvePath: (path: string) => string },
  findings: Findings,
): KmsStoreConfig {
  if ('sqlite' in store) return { sqlite: resolvePath(store.sqlite) };
  if (!('postgres' in store)) return 'memory';
  const { host, port, database, user, tls, dangerPlaintext } = store.postgres;
  if (tls === undefined && !dangerPlaintext && !host.startsWith('/') && !isLoopback(host)) {
    findings.problem(
      [...PATH, 'tls'],
      `is missing, and ${host} is another machine`,
      'TLS to the server',
      'add tls, or set dangerPlaintext: true if nobody else is on that network',
    );
  }
  if ((tls?.certFile === undefined) !== (tls?.keyFile === undefined)) {
    findings.problem([...PATH, 'tls'], 'has one of certFile and keyFile', 'both or none', 'add the other');
  }
  const password = secrets.get(pathText([...PATH, 'password']));
  return {
    postgres: {
      host,
      port,
      database,
      user,
      ...(password !== undefined && { password }),
      ...(tls !== undefined && {
        tls: {
          ...(tls.caFile !== undefined && { caFile: resolvePath(tls.caFile) }),
          ...(tls.certFile !== undefined && { certFile: resolvePath(tls.certFile) }),
          ...(tls.keyFile !== undefined && { keyFile: resolvePath(tls.keyFile) }),
        },
      }),
    },
  };
}

const PATH: PathInFile = ['kms', 'store', 'postgres'];
