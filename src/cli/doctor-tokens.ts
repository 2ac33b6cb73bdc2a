/** The doctor's look at tokens and keys: one login for each token, under the PIN latch of the proxy. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PortcullisConfig, TokenConfig } from '../config/portcullis-config.ts';
import { selectorText } from '../domain/hsm/key-selector.ts';
import { HsmFault } from '../domain/hsm-fault.ts';
import type { KeyDescription } from '../domain/ports/hsm.ts';
import { type KeyFinding, surveyKeys } from '../engine/xks/key-survey.ts';
import type { OpenedToken } from '../hsm/devices/token-shapes.ts';
import { CliFault } from './cli-fault.ts';
import { type DoctorFinding, found } from './doctor-finding.ts';
import { onlyKey } from './key-choice.ts';
import { withConfiguredToken } from './token-access.ts';
import { CKM_AES_GCM } from './token-info.ts';

export interface TokenExamination {
  readonly findings: readonly DoctorFinding[];
  /** What the keys behind reachable tokens are fit for. */
  readonly keys: readonly KeyFinding[];
}

/** Never rejects for what is wrong with a token: that becomes a finding. */
export async function examineTokens(config: PortcullisConfig): Promise<TokenExamination> {
  const findings: DoctorFinding[] = [];
  const lists = new Map<string, readonly KeyDescription[]>();
  for (const token of config.tokens) {
    const subject = `token ${token.name}`;
    try {
      const { info, keys } = await withConfiguredToken({ config, token }, async (opened) => {
        return { info: opened.info, keys: await opened.admin.listKeys() };
      });
      lists.set(token.name, keys);
      findings.push(...tokenFindings(subject, info, keys.length), healthKeyFinding(subject, token, keys));
    } catch (error) {
      if (!(error instanceof HsmFault) && !(error instanceof CliFault)) throw error;
      findings.push(found(subject, 'problem', error.message));
    }
  }
  const keys = await surveyKeys({
    stores: config.keyStores,
    healthKeys: config.tokens.map(({ name, healthKey }) => ({ token: name, selector: healthKey })),
    tokens: [...lists.keys()],
    directory: {
      describe: async ({ token, selector }) => onlyKey(lists.get(token) ?? [], selector),
      refresh: () => false,
    },
    clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() },
    pause: (ms) => sleep(ms),
    signal: new AbortController().signal,
  });
  return { findings: [...findings, ...keys.map(keyFinding)], keys };
}

function tokenFindings(subject: string, info: OpenedToken, keys: number): DoctorFinding[] {
  const { label, serial, vendor, model, mechanisms } = info;
  return [
    found(
      subject,
      'ok',
      `'${label}', serial ${serial}, ${vendor} ${model}: PIN accepted, ${keys} secret keys`,
    ),
    mechanisms.includes(CKM_AES_GCM)
      ? found(subject, 'ok', 'lists AES-GCM (CKM_AES_GCM)')
      : found(subject, 'problem', 'does not list AES-GCM (CKM_AES_GCM), which every key of AWS KMS needs'),
  ];
}

function healthKeyFinding(
  subject: string,
  { healthKey }: TokenConfig,
  keys: readonly KeyDescription[],
): DoctorFinding {
  const name = `health key ${selectorText(healthKey)}`;
  try {
    const { keyType, canEncrypt, canDecrypt } = onlyKey(keys, healthKey);
    return keyType === 'AES' && canEncrypt && canDecrypt
      ? found(subject, 'ok', `${name} is an AES key that may encrypt and decrypt`)
      : found(subject, 'problem', `${name} is not an AES key that may encrypt and decrypt`);
  } catch (error) {
    if (!(error instanceof HsmFault)) throw error;
    return found(subject, 'problem', `${name}: ${error.detail}; make one with keys create`);
  }
}

function keyFinding({ pathPrefix, mapped, usages, refusal, unknown }: KeyFinding): DoctorFinding {
  const subject = `key ${mapped.externalKeyId} of ${pathPrefix || '/'}`;
  if (refusal !== undefined) return found(subject, 'problem', `refused: ${refusal}`);
  if (unknown !== undefined) return found(subject, 'problem', `unknown: ${unknown}`);
  const missing = [...mapped.usages].filter((usage) => !usages.includes(usage));
  if (missing.length > 0) {
    return found(
      subject,
      'warning',
      `its attributes do not allow it to ${missing.join(' and ').toLowerCase()}`,
    );
  }
  return found(subject, 'ok', `fit to ${usages.join(' and ').toLowerCase()}`);
}
