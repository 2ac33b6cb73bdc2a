/** Who receives the KMS engine's events: names, absolute paths, and what must not go over a network in clear. */
import { type Findings, type PathInFile, pathText } from '../findings.ts';
import type { EventSinkConfig } from '../portcullis-config.ts';
import type { Secrets } from '../read-secrets.ts';
import type { KmsInput } from '../schema/kms-schema.ts';
import { isLoopback } from './build-proxy.ts';

type SinkInput = KmsInput['events'][number];

export function buildEventSinks(
  sinks: readonly SinkInput[],
  { secrets, resolvePath }: { readonly secrets: Secrets; readonly resolvePath: (path: string) => string },
  findings: Findings,
): readonly EventSinkConfig[] {
  const built = sinks.flatMap((sink, index): EventSinkConfig[] => {
    const path: PathInFile = ['kms', 'events', index];
    const kinds = kindsOf(sink);
    const name = sink.name ?? nameOf(sinks, index);
    if (kinds.length !== 1) {
      const found = kinds.length === 0 ? 'names no receiver' : `has ${kinds.join(' and ')}`;
      findings.problem(path, found, 'exactly one of file, http and stdout');
      return [];
    }
    if (sink.file !== undefined) return [{ name, file: resolvePath(sink.file) }];
    if (sink.http === undefined) return [{ name, stdout: true }];
    const { url, timeoutMs } = sink.http;
    checkUrl(sink.http, [...path, 'http', 'url'], findings);
    const authorization = secrets.get(pathText([...path, 'http', 'authorization']));
    return [{ name, http: { url, timeoutMs, ...(authorization !== undefined && { authorization }) } }];
  });
  checkNames(built, findings);
  return built;
}

/** `file`, `file-2`, … */
function nameOf(sinks: readonly SinkInput[], index: number): string {
  const [kind = 'none'] = kindsOf(sinks[index] as SinkInput);
  const place = sinks.slice(0, index + 1).filter((each) => kindsOf(each)[0] === kind).length;
  return place === 1 ? kind : `${kind}-${place}`;
}

function kindsOf(sink: SinkInput): readonly string[] {
  return KINDS.filter((kind) => sink[kind] !== undefined);
}

function checkUrl(
  { url, dangerPlaintext }: { readonly url: string; readonly dangerPlaintext: boolean },
  path: PathInFile,
  findings: Findings,
): void {
  if (!URL.canParse(url)) {
    findings.problem(path, 'is no URL', 'an http:// or https:// URL');
    return;
  }
  const { protocol, hostname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol === 'https:' || dangerPlaintext || isLoopback(host)) return;
  findings.problem(
    path,
    `sends events to ${host} without TLS`,
    'an https:// URL',
    'change it, or set dangerPlaintext: true if nobody else is on that network',
  );
}

function checkNames(sinks: readonly EventSinkConfig[], findings: Findings): void {
  const seen = new Set<string>();
  for (const { name } of sinks) {
    if (seen.has(name))
      findings.problem(['kms', 'events'], `has two sinks named ${name}`, 'each name once', 'rename one');
    seen.add(name);
  }
}

const KINDS = ['file', 'http', 'stdout'] as const;
