/** Which parts of a configuration can take force in a running process: key stores, credentials and the content of TLS files. */
import type { KmsConfig, PortcullisConfig } from './portcullis-config.ts';

/** What a running process cannot change, by the name of its place in the file; undefined when all of it is the same. */
export function restartReason(before: PortcullisConfig, after: PortcullisConfig): string | undefined {
  const fixedParts: readonly [string, (config: PortcullisConfig) => unknown][] = [
    ['tokens', (config) => config.tokens.map((token) => ({ ...token, pin: token.pin.reveal() }))],
    ['stateDir', (config) => config.stateDir],
    ['invocations', (config) => config.invocations],
    ['log', (config) => config.log],
    ['metrics', (config) => config.metrics],
    ['control', (config) => config.control],
    [
      'proxy (other than the content of its TLS files)',
      ({ proxy }) => ({ ...proxy, tls: proxy.tls !== undefined }),
    ],
    ['whether there are keyStores', ({ keyStores }) => keyStores.length > 0],
    ['whether there is kms', ({ kms }) => kms !== undefined],
    ['kms.seed', ({ kms }) => kms?.seed],
    ['kms.store', ({ kms }) => kms && [kms.store, passwordOf(kms.store)]],
    ['kms.events', ({ kms }) => kms && [kms.events, kms.events.map(authorizationOf)]],
    ['kms (other than its credentials and the content of its TLS files)', ({ kms }) => kms && fixedOf(kms)],
    ['proxy.tls.clientCaFile', ({ proxy }) => proxy.tls?.clientCaFile !== undefined],
  ];
  return fixedParts.find(([, part]) => JSON.stringify(part(before)) !== JSON.stringify(part(after)))?.[0];
}

function fixedOf({ access, tls, ...others }: KmsConfig): unknown {
  return { ...others, mode: access.mode, tls: tls !== undefined };
}

function passwordOf(store: KmsConfig['store']): string | undefined {
  return typeof store === 'object' && 'postgres' in store ? store.postgres.password?.reveal() : undefined;
}

/** What JSON does not show of a sink. */
function authorizationOf(sink: KmsConfig['events'][number]): string | undefined {
  return 'http' in sink ? sink.http.authorization?.reveal() : undefined;
}
