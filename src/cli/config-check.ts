/** `portcullis config check`: reads a configuration as the proxy would, and says what it means. Starts nothing. */
import { ConfigFault, problemText } from '../config/config-fault.ts';
import type { Duty } from '../config/duty.ts';
import { pathText } from '../config/findings.ts';
import { loadConfig } from '../config/load-config.ts';
import { operatorDuties } from '../config/operator-duties.ts';
import type { PortcullisConfig } from '../config/portcullis-config.ts';
import { selectorText } from '../domain/hsm/key-selector.ts';
import { formatPkcs11Uri } from '../domain/hsm/pkcs11-uri.ts';
import type { TokenKey } from '../domain/ports/hsm.ts';
import { everyGeneration, keyPlace } from '../domain/xks/key-generations.ts';
import { listenerDuties } from './check-tls.ts';

export interface ConfigCheckOptions {
  /** One JSON document instead of text. */
  readonly json: boolean;
  readonly out: { write(text: string): unknown };
  /** The time for certificate checks; now when absent. */
  readonly nowMs?: number;
}

/** Prints a report without secrets; resolves to the exit code, 0 when the proxy could start with this file, else 1. */
export async function runConfigCheck(path: string, options: ConfigCheckOptions): Promise<0 | 1> {
  const { json, out, nowMs = Date.now() } = options;
  try {
    const config = loadConfig(path);
    const duties = allDuties(config, nowMs);
    const ok = duties.every((duty) => duty.severity !== 'problem');
    out.write(
      json
        ? jsonText({ ok, problems: [], ...summary(config), duties })
        : reportText(path, config, duties, ok),
    );
    return ok ? 0 : 1;
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error;
    const problems = error.problems.map((each) => ({ ...each, path: pathText(each.path) }));
    const text = `${path}: not usable\n${error.problems.map((each) => `  ${problemText(error.file, each)}\n`).join('')}`;
    out.write(json ? jsonText({ ok: false, file: error.file, code: error.code, problems }) : text);
    return 1;
  }
}

/** What the file asks of the operator. What the listener itself says is told only when nothing plainer has been found. */
export function allDuties(config: PortcullisConfig, nowMs: number): Duty[] {
  const duties = operatorDuties(config, nowMs);
  const { tls } = config.proxy;
  if (tls === undefined || duties.some(({ severity }) => severity === 'problem')) return duties;
  return [...listenerDuties(tls), ...duties];
}

function summary(config: PortcullisConfig): Readonly<Record<string, unknown>> {
  return {
    file: config.file,
    listeners: listeners(config),
    tokens: config.tokens.map(({ name, device, module, token, healthKey, hosts }) => {
      const { scheme } = healthKey;
      return { name, device, module, token, healthKey: selectorText(healthKey), healthScheme: scheme, hosts };
    }),
    keyStores: config.keyStores.map(
      ({ pathPrefix, status, regions, credentials, aadMode, quota, policy, keys }) => {
        return {
          pathPrefix,
          status,
          regions,
          accessKeyIds: credentials.map((credential) => credential.accessKeyId),
          aadMode,
          quota,
          policy: { default: policy.default, statements: policy.statements.length },
          keys: everyGeneration({ keys }).map((mapped) => {
            const { externalKeyId, key, scheme, status: keyStatus, usages, generation } = mapped;
            const selector = selectorText(key.selector);
            return {
              externalKeyId,
              token: key.token,
              selector,
              uri: keyUri(config, key),
              scheme,
              status: keyStatus,
              usages: [...usages],
              generation,
              current: mapped.currentGeneration === undefined,
            };
          }),
        };
      },
    ),
    warnings: config.warnings,
  };
}

function reportText(path: string, config: PortcullisConfig, duties: readonly Duty[], ok: boolean): string {
  const lines = [`${path}: ${ok ? 'valid' : 'not usable'}`];
  const section = (title: string, items: readonly string[]): void => {
    if (items.length > 0) lines.push(title, ...items.map((item) => `  ${item}`));
  };
  section(
    'listeners',
    Object.entries(listeners(config)).map(([name, address]) => `${name} ${address}`),
  );
  section(
    'tokens',
    config.tokens.map((token) => {
      const { label, serial } = token.token;
      const identity = [
        label === undefined ? [] : [`label=${label}`],
        serial === undefined ? [] : [`serial=${serial}`],
      ];
      return `${token.name}: ${token.device}, ${identity.flat().join(', ')}, ${counted(token.hosts, 'host')}, health key ${selectorText(token.healthKey)} (${token.healthKey.scheme})`;
    }),
  );
  section(
    'key stores',
    config.keyStores.flatMap((store) => [
      `${store.pathPrefix}/kms/xks/v1: ${store.status}, ${store.regions.join(' ')}, ${counted(store.credentials.length, 'credential')}, AAD mode ${store.aadMode}, ${counted(store.keys.size, 'key')}`,
      ...everyGeneration(store).map((mapped) => {
        const { key, scheme, status, usages } = mapped;
        return `  ${keyPlace(mapped)}: ${key.token} ${selectorText(key.selector)}, ${scheme}, ${status}, ${[...usages].join(' ')}`;
      }),
    ]),
  );
  section('warnings', [...config.warnings, ...dutyLines(duties, 'warning')]);
  section('problems', dutyLines(duties, 'problem'));
  section('looked at', dutyLines(duties, 'ok'));
  section('operator duties', dutyLines(duties, 'duty'));
  return `${lines.join('\n')}\n`;
}

/** The object as other PKCS#11 tools want it named. */
function keyUri({ tokens }: PortcullisConfig, { token, selector }: TokenKey): string {
  const identity = tokens.find(({ name }) => name === token)?.token;
  const path = new Map<string, string>();
  if (identity?.label !== undefined) path.set('token', identity.label);
  if (identity?.serial !== undefined) path.set('serial', identity.serial);
  if (selector.label !== undefined) path.set('object', selector.label);
  path.set('type', 'secret-key');
  const id = selector.idHex === undefined ? {} : { id: Buffer.from(selector.idHex, 'hex') };
  return formatPkcs11Uri({ path, ...id, query: [] });
}

function listeners({ proxy, metrics, control }: PortcullisConfig): Readonly<Record<string, string>> {
  const scheme = proxy.tls === undefined ? 'http' : 'https';
  return {
    proxy: `${scheme}://${bracketed(proxy.host)}:${proxy.port}`,
    ...(metrics === undefined ? {} : { metrics: `http://${bracketed(metrics.host)}:${metrics.port}` }),
    ...(control === undefined ? {} : { control: control.socketPath }),
  };
}

function dutyLines(duties: readonly Duty[], severity: Duty['severity']): string[] {
  return duties
    .filter((duty) => duty.severity === severity)
    .map(({ requirement, text }) => `${requirement} ${text}`);
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function counted(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
