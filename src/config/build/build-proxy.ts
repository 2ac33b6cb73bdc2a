/** The listeners: absolute paths, and what must agree between their fields. */
import type { ConfigParts } from '../config-parts.ts';
import type { Findings } from '../findings.ts';
import type { PortcullisConfig, ProxyConfig, TlsFiles } from '../portcullis-config.ts';
import type { ProxyInput } from '../schema/proxy-schema.ts';

type ResolvePath = (path: string) => string;

export function buildProxy(proxy: ProxyInput, resolvePath: ResolvePath, findings: Findings): ProxyConfig {
  const { host, port, reusePort, tls, fleetSize, limits, deadlines } = proxy;
  checkTransport(proxy, findings);
  if (deadlines.tokenMs >= deadlines.replyMs) {
    const found = `is ${deadlines.tokenMs}`;
    findings.problem(['proxy', 'deadlines', 'tokenMs'], found, `less than replyMs (${deadlines.replyMs})`);
  }
  if (deadlines.replyMs >= KMS_PATIENCE_MS) {
    findings.warn(
      ['proxy', 'deadlines', 'replyMs'],
      `AWS KMS gives up after ${KMS_PATIENCE_MS} ms, the network included`,
    );
  }
  return {
    host,
    port,
    reusePort,
    ...(tls === undefined ? {} : { tls: buildTls(tls, resolvePath, findings) }),
    fleetSize,
    limits,
    tokenDeadlineMs: deadlines.tokenMs,
    replyDeadlineMs: deadlines.replyMs,
  };
}

/** The control socket; its absolute path must fit into a socket address. */
export function buildControl(
  control: ConfigParts['control'],
  resolvePath: ResolvePath,
  findings: Findings,
): PortcullisConfig['control'] {
  if (control === undefined) return undefined;
  const socketPath = resolvePath(control.socket);
  const bytes = new TextEncoder().encode(socketPath).length;
  if (bytes > MAX_SOCKET_PATH_BYTES) {
    const found = `is ${bytes} bytes long as an absolute path`;
    findings.problem(
      ['control', 'socket'],
      found,
      `at most ${MAX_SOCKET_PATH_BYTES}`,
      'choose a shorter path',
    );
  }
  return { socketPath };
}

/** Two listeners cannot share an address. */
export function checkListeners(parts: ConfigParts, findings: Findings): void {
  const listeners = (['proxy', 'metrics', 'kms'] as const).flatMap((name) => {
    const at = name === 'proxy' && parts.keyStores.length === 0 ? undefined : parts[name];
    return at === undefined || at.port === 0 ? [] : [{ name, host: at.host, port: at.port }];
  });
  for (const [index, { name, host, port }] of listeners.entries()) {
    const twin = listeners.slice(0, index).find((other) => other.port === port && other.host === host);
    if (twin !== undefined)
      findings.problem([name, 'port'], `is ${port}, as is ${twin.name}.port`, 'a port of its own');
  }
}

/** @req X-01 X-03 */
function checkTransport({ host, tls, dangerPlainHttp }: ProxyInput, findings: Findings): void {
  if (tls !== undefined) {
    if (dangerPlainHttp) findings.warn(['proxy', 'dangerPlainHttp'], 'has no effect next to tls');
    return;
  }
  if (dangerPlainHttp || isLoopback(host)) return;
  findings.problem(
    ['proxy', 'tls'],
    `is missing, and ${host} can be reached from other machines`,
    'TLS (certFile and keyFile), because AWS KMS calls over HTTPS only',
    'add it, listen on 127.0.0.1, or set dangerPlainHttp: true if a load balancer in front terminates TLS',
  );
}

/** @req X-61 */
function buildTls(
  tls: NonNullable<ProxyInput['tls']>,
  resolvePath: ResolvePath,
  findings: Findings,
): TlsFiles {
  const { clientCaFile, clientSubjects } = tls;
  if (clientCaFile !== undefined && clientSubjects === undefined) {
    findings.problem(
      ['proxy', 'tls', 'clientSubjects'],
      'is missing next to clientCaFile',
      'the names that client certificates must carry',
      'add it; without it any certificate of that CA would be let in',
    );
  }
  if (clientCaFile === undefined && clientSubjects !== undefined) {
    findings.problem(
      ['proxy', 'tls', 'clientCaFile'],
      'is missing next to clientSubjects',
      'a PEM file with the roots of client certificates',
      'add it; without it anybody could claim those names',
    );
  }
  return {
    certFile: resolvePath(tls.certFile),
    keyFile: resolvePath(tls.keyFile),
    ...(clientCaFile === undefined ? {} : { clientCaFile: resolvePath(clientCaFile) }),
    ...(clientSubjects === undefined ? {} : { clientSubjects }),
  };
}

/** Whether only this machine can reach it. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

const KMS_PATIENCE_MS = 250;
const MAX_SOCKET_PATH_BYTES = 107;
