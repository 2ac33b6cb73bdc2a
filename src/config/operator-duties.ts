/** What the XKS specification asks of the operator, as far as a configuration shows whether it is done. */
import { hostNameRoom } from './build/build-key-store.ts';
import { certificateDuties } from './certificate-duties.ts';
import type { Duty } from './duty.ts';
import type { PortcullisConfig, TlsFiles } from './portcullis-config.ts';

/** Duties for this configuration at this time; reads the TLS files. */
export function operatorDuties(config: PortcullisConfig, nowMs: number): Duty[] {
  // Without key stores nothing here is for AWS KMS to call.
  if (config.keyStores.length === 0) return [];
  const { tls } = config.proxy;
  return [
    ...endpointDuties(config),
    ...(tls === undefined ? [] : certificateDuties(tls, nowMs)),
    ...clientCertificateDuties(config, tls),
  ];
}

/** @req X-08 */
function endpointDuties({ proxy, keyStores }: PortcullisConfig): Duty[] {
  const room = Math.min(
    ...keyStores.flatMap(({ pathPrefix, keys }) =>
      [...keys.keys()].map((id) => hostNameRoom(pathPrefix, id)),
    ),
  );
  const reach = proxy.port === 443 ? '' : ` (forward it to port ${proxy.port} of this proxy)`;
  return [
    {
      requirement: 'X-08',
      severity: 'duty',
      text: `XksProxyUriEndpoint is https:// and a fully qualified domain name of at most ${room} characters, not an IP address; AWS KMS calls port 443${reach}`,
    },
    ...keyStores.map(({ pathPrefix }): Duty => {
      return { requirement: 'X-07', severity: 'duty', text: `XksProxyUriPath is ${pathPrefix}/kms/xks/v1` };
    }),
  ];
}

/** @req X-61 X-62 */
function clientCertificateDuties({ keyStores }: PortcullisConfig, tls: TlsFiles | undefined): Duty[] {
  if (tls === undefined) {
    const text =
      'this proxy speaks plain HTTP; what terminates TLS in front of it must not change headers or paths';
    return [{ requirement: 'X-60', severity: 'duty', text }];
  }
  if (tls.clientSubjects === undefined) {
    const text = 'client certificates are not asked for; consider clientCaFile and clientSubjects';
    return [{ requirement: 'X-61', severity: 'duty', text }];
  }
  const subjects = tls.clientSubjects;
  const regions = [...new Set(keyStores.flatMap((store) => store.regions))];
  const wanted = regions.map((region) => `cks.kms.${region}.amazonaws.com`);
  const missing = wanted.filter((name) => !subjects.includes(name));
  const foreign = subjects.filter((name) => !wanted.includes(name));
  return [
    ...missing.map((name) =>
      clientSubjectWarning(`clientSubjects lacks ${name}, the name of AWS KMS in a configured Region`),
    ),
    ...foreign.map((name) =>
      clientSubjectWarning(`clientSubjects lets in ${name}, which is not AWS KMS in a configured Region`),
    ),
    {
      requirement: 'X-62',
      severity: 'duty',
      text: 'clientCaFile holds the roots of Amazon Trust Services and nothing else',
    },
  ];
}

function clientSubjectWarning(text: string): Duty {
  return { requirement: 'X-62', severity: 'warning', text };
}
