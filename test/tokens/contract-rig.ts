/** A token with the keys of the contract on it, a fleet over it, and a second opinion of both. */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CallContext, KeyDescription, TokenKey } from '../../src/domain/ports/hsm.ts';
import { Secret } from '../../src/domain/secret.ts';
import { openTokenAdmin, type TokenAdmin } from '../../src/hsm/token-admin.ts';
import { until } from '../support/running-proxy.ts';
import { openTestFleet, type TestFleet } from '../support/test-fleet.ts';
import { testRunEnvironment } from '../support/test-run-environment.ts';
import type { ProvisionedToken, TokenKind } from '../support/tokens/token-kind.ts';
import { atWorkbench } from '../support/tokens/workbench.ts';
import type { KeyOrder, WorkbenchResults } from '../support/tokens/workbench-orders.ts';

export const KNOWN_KEY = randomBytes(32);

/** An owner's keys may be on the token too: no id of theirs is hit. */
const RUN = randomBytes(4).toString('hex');

/** What no key of the token has. */
export const NOBODY = { label: 'portcullis-contract-nobody', idHex: `${RUN}ff` };

export const CONTRACT_KEYS = {
  aes: { label: 'portcullis-contract-aes', idHex: `${RUN}01`, type: 'AES', usages: ['encrypt', 'decrypt'] },
  known: {
    label: 'portcullis-contract-known',
    idHex: `${RUN}02`,
    type: 'AES',
    usages: ['encrypt', 'decrypt'],
    valueHex: KNOWN_KEY.toString('hex'),
  },
  twin: { label: 'portcullis-contract-twin', idHex: `${RUN}03`, type: 'AES', usages: ['encrypt', 'decrypt'] },
  otherTwin: {
    label: 'portcullis-contract-twin',
    idHex: `${RUN}04`,
    type: 'AES',
    usages: ['encrypt', 'decrypt'],
  },
  mac: { label: 'portcullis-contract-mac', idHex: `${RUN}05`, type: 'GENERIC_SECRET', usages: ['sign'] },
  encryptOnly: {
    label: 'portcullis-contract-encrypt-only',
    idHex: `${RUN}06`,
    type: 'AES',
    usages: ['encrypt'],
  },
  extractable: {
    label: 'portcullis-contract-extractable',
    idHex: `${RUN}07`,
    type: 'AES',
    usages: ['encrypt', 'decrypt'],
    extractable: true,
  },
  hmac: {
    label: 'portcullis-contract-hmac',
    idHex: `${RUN}09`,
    type: 'GENERIC_SECRET',
    usages: ['sign'],
    valueHex: KNOWN_KEY.toString('hex'),
  },
  cmac: {
    label: 'portcullis-contract-cmac',
    idHex: `${RUN}0b`,
    type: 'AES',
    usages: ['sign'],
    valueHex: KNOWN_KEY.toString('hex'),
  },
  cbcMac: {
    label: 'portcullis-contract-cbc-mac',
    idHex: `${RUN}0c`,
    type: 'AES',
    usages: ['encrypt'],
    valueHex: KNOWN_KEY.toString('hex'),
  },
  health: {
    label: 'portcullis-contract-health',
    idHex: `${RUN}08`,
    type: 'AES',
    usages: ['encrypt', 'decrypt'],
  },
} as const satisfies Record<string, KeyOrder>;

/** Made by a test, and removed with the others. */
export const MADE_KEY = { label: 'portcullis-contract-made', idHex: `${RUN}0a` };

export type ContractKey = keyof typeof CONTRACT_KEYS;

/** Provisions a token and its keys. The caller disposes of it. */
export async function openContractRig(kind: TokenKind): Promise<ContractRig> {
  const token = await kind.provision();
  try {
    const answers = {
      ...(await atWorkbench(token, { do: 'ask known answers' })),
      ...Object.fromEntries((kind.hidden ?? []).map((name) => [name, 'CKR_MECHANISM_INVALID'] as const)),
    };
    await atWorkbench(token, { do: 'delete keys', labels: CONTRACT_LABELS });
    const outcomes = await atWorkbench(token, { do: 'make keys', keys: Object.values(CONTRACT_KEYS) });
    const refusals = new Map(Object.keys(CONTRACT_KEYS).map((name, index) => [name, outcomes[index] ?? '']));
    return new ContractRig(kind, token, answers, refusals);
  } catch (error) {
    await token[Symbol.asyncDispose]();
    throw error;
  }
}

export class ContractRig implements AsyncDisposable {
  readonly kind: TokenKind;
  readonly token: ProvisionedToken;
  readonly answers: WorkbenchResults['ask known answers'];
  readonly #refusals: ReadonlyMap<string, string>;
  #opened: TestFleet | undefined;

  constructor(
    kind: TokenKind,
    token: ProvisionedToken,
    answers: WorkbenchResults['ask known answers'],
    refusals: ReadonlyMap<string, string>,
  ) {
    this.kind = kind;
    this.token = token;
    this.answers = answers;
    this.#refusals = refusals;
  }

  get opened(): TestFleet {
    this.#opened ??= openTestFleet(this.token, {
      token: {
        profile: this.kind.profile,
        healthKey:
          this.refusal('health') === ''
            ? { label: CONTRACT_KEYS.health.label, scheme: 'native-gcm' }
            : undefined,
      },
    });
    return this.#opened;
  }

  /** Resolves when the token host serves. */
  async ready(): Promise<void> {
    const { fleet } = this.opened;
    await until(() => fleet.hosts().every(({ phase }) => phase === 'ready'), { withinMs: READY_MS });
  }

  /** Why the token would not make this key; empty where it did. */
  refusal(name: ContractKey): string {
    const said = this.#refusals.get(name) ?? '';
    return said === '' ? '' : `the token makes no key like ${CONTRACT_KEYS[name].label}: ${said}`;
  }

  describe(selector: TokenKey['selector']): Promise<KeyDescription> {
    return this.opened.fleet.describe({ token: 'soft', selector }, context());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened?.fleet[Symbol.asyncDispose]();
    try {
      await atWorkbench(this.token, { do: 'delete keys', labels: CONTRACT_LABELS });
    } finally {
      await this.token[Symbol.asyncDispose]();
    }
  }
}

/** The token as the command line opens it. The caller disposes of it. */
export async function logIn({ token, kind }: ContractRig): Promise<TokenAdmin> {
  const stateDir = join(token.paths.directory, 'administration');
  mkdirSync(stateDir, { recursive: true });
  const { libraryParameters } = token;
  const admin = await openTokenAdmin({
    profile: kind.profile,
    module: token.paths.module,
    ...(libraryParameters !== undefined && { libraryParameters }),
    env: { ...token.env, ...testRunEnvironment() },
    stateDir,
  });
  await admin.login({ token: { label: token.label }, pin: new Secret(token.pin) });
  return admin;
}

export function context(): CallContext {
  return { tenant: 1, deadlineMs: performance.now() + DEADLINE_MS };
}

const CONTRACT_LABELS = [...new Set([...Object.values(CONTRACT_KEYS), MADE_KEY].map(({ label }) => label))];
/** Enough for a card that has to be enumerated first. */
const READY_MS = 60_000;
/** Long enough for a busy machine: speed is not what is tested. */
const DEADLINE_MS = 10_000;
