/** The doctor's calls to a running proxy: health, and one plaintext encrypted and decrypted, behind each prefix. */
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { PortcullisConfig } from '../config/portcullis-config.ts';
import type { KeyStore } from '../domain/xks/key-store.ts';
import type { KeyFinding } from '../engine/xks/key-survey.ts';
import { CliFault } from './cli-fault.ts';
import { type DoctorFinding, found } from './doctor-finding.ts';
import { type SignedAnswer, type SignedCall, signedCall } from './signed-call.ts';

export interface ProbeOptions {
  readonly config: PortcullisConfig;
  /** Where the proxy is; its address in the configuration when absent. */
  readonly url: string | undefined;
  /** What the probe shows a proxy that asks for a client certificate; PEM. */
  readonly client?: { readonly cert: string; readonly key: string };
  /** From the look at the tokens: which keys should work. */
  readonly keys: readonly KeyFinding[];
}

/** One finding or more for each prefix that is served. */
export async function probePrefixes(options: ProbeOptions): Promise<DoctorFinding[]> {
  const { config, url, keys, client } = options;
  const { tls, host, port } = config.proxy;
  if (url === undefined && tls?.clientCaFile !== undefined && client === undefined) {
    const advice = 'not made: the proxy asks for a client certificate; give --client-cert and --client-key';
    return [found('probe', 'warning', advice)];
  }
  if (url === undefined && port === 0) {
    return [found('probe', 'warning', 'not made: port 0 tells no address; give --probe its URL')];
  }
  const name = host.includes(':') ? `[${host}]` : host;
  const origin = urlOf(url ?? `${tls === undefined ? 'http' : 'https'}://${name}:${port}`);
  const own =
    url === undefined && tls !== undefined ? { ownCertificate: readFileSync(tls.certFile, 'utf8') } : {};
  const findings: DoctorFinding[] = [];
  for (const store of config.keyStores.filter(({ status }) => status === 'ENABLED')) {
    const subject = `probe of ${store.pathPrefix || '/'}`;
    const call = callerOf(store, origin, { ...own, ...(client !== undefined && { client }) });
    const fit = keys.find(
      ({ pathPrefix, mapped, usages }) =>
        pathPrefix === store.pathPrefix && mapped.status === 'ENABLED' && usages.length === 2,
    );
    try {
      findings.push(healthFinding(subject, await call('health', metadata('KmsHealthCheck'))));
      if (fit !== undefined) findings.push(await roundTrip(subject, fit.mapped.externalKeyId, call));
      else findings.push(found(subject, 'warning', 'no key to encrypt and decrypt with'));
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error)) throw error;
      findings.push(
        found(subject, 'problem', `${origin.origin} cannot be called: ${error.message || error.code}`),
      );
    }
  }
  return findings;
}

type Call = (path: string, body: Readonly<Record<string, unknown>>) => Promise<SignedAnswer>;

function callerOf(store: KeyStore, origin: URL, tls: Pick<SignedCall, 'ownCertificate' | 'client'>): Call {
  const [credential] = store.credentials;
  const [region] = store.regions;
  if (credential === undefined || region === undefined) {
    throw new CliFault('refused', `${store.pathPrefix} has no credential or no Region to call with`);
  }
  return (path, body) =>
    signedCall({ origin, path: `${store.pathPrefix}/kms/xks/v1/${path}`, region, credential, body, ...tls });
}

async function roundTrip(subject: string, id: string, call: Call): Promise<DoctorFinding> {
  const plaintext = randomBytes(32).toString('base64');
  const shared = { encryptionAlgorithm: 'AES_GCM' };
  const encrypted = await call(`keys/${id}/encrypt`, { ...metadata('Encrypt'), ...shared, plaintext });
  if (encrypted.status !== 200) return refusal(subject, `Encrypt with ${id}`, encrypted);
  const decrypted = await call(`keys/${id}/decrypt`, {
    ...metadata('Decrypt'),
    ...shared,
    ...encrypted.body,
  });
  if (decrypted.status !== 200) return refusal(subject, `Decrypt with ${id}`, decrypted);
  return decrypted.body['plaintext'] === plaintext
    ? found(subject, 'ok', `encrypts and decrypts with ${id}`)
    : found(subject, 'problem', `Decrypt with ${id} answered another plaintext than was encrypted`);
}

function healthFinding(subject: string, answer: SignedAnswer): DoctorFinding {
  if (answer.status !== 200) return refusal(subject, 'GetHealthStatus', answer);
  const details = answer.body['ekmFleetDetails'];
  const statuses = Array.isArray(details)
    ? details.map((each: { id?: unknown; healthStatus?: unknown }) => `${each.id} ${each.healthStatus}`)
    : [];
  const healthy = statuses.length > 0 && statuses.every((status) => status.endsWith(' ACTIVE'));
  return found(
    subject,
    healthy ? 'ok' : 'problem',
    `GetHealthStatus says: ${statuses.join(', ') || 'nothing'}`,
  );
}

/** A policy may well have no place for the made-up caller of this probe. */
function refusal(subject: string, what: string, { status, body }: SignedAnswer): DoctorFinding {
  const name = String(body['errorName'] ?? 'no error name');
  const detail = body['errorMessage'] === undefined ? '' : `: ${String(body['errorMessage'])}`;
  const severity = name === 'AccessDeniedException' ? 'warning' : 'problem';
  return found(subject, severity, `${what} was answered with ${status} ${name}${detail}`);
}

function metadata(kmsOperation: string): { readonly requestMetadata: Readonly<Record<string, string>> } {
  return {
    requestMetadata: {
      awsPrincipalArn: 'arn:aws:iam::111122223333:user/portcullis-doctor',
      kmsKeyArn: 'arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-000000000000',
      kmsOperation,
      kmsRequestId: `doctor-${randomUUID()}`,
    },
  };
}

function urlOf(text: string): URL {
  if (/^https?:/.test(text) && URL.canParse(text)) return new URL(text);
  throw new CliFault('usage', `--probe takes an http:// or https:// URL, not '${text}'`);
}
