/** An engine over a vault in software and records in memory, and calls of it. */
import { randomBytes } from 'node:crypto';
import type { KeyRecord } from '../../../../src/domain/key/key-record.ts';
import { aliasAddress, keyAddress } from '../../../../src/domain/key/record-address.ts';
import type { KmsOperationName, KmsOperations } from '../../../../src/domain/kms/api/operations.ts';
import type { KmsCall } from '../../../../src/domain/kms/caller.ts';
import { type AuthorizationQuestion, allowAll } from '../../../../src/domain/ports/authorizer.ts';
import type { KmsEvent, KmsEvents } from '../../../../src/domain/ports/kms-events.ts';
import type { StoredRecord } from '../../../../src/domain/ports/record-store.ts';
import { createKmsEngine } from '../../../../src/engine/kms/kms-engine.ts';
import { DEFAULT_SETTINGS, type KmsServices, type KmsSettings } from '../../../../src/engine/kms/services.ts';
import { SoftwareVault } from '../../../../src/hsm/software/software-vault.ts';
import { WatchedStore } from '../../../support/watched-store.ts';

export const ACCOUNT = '111122223333';
export const OTHER_ACCOUNT = '444455556666';
export const REGION = 'eu-central-1';
/** 2026-01-02T03:04:05.678Z. */
export const START_MS = 1_767_323_045_678;
export const DAY_MS = 86_400_000;

export class Rig {
  readonly store = new WatchedStore();
  readonly vault: SoftwareVault;
  readonly events: KmsEvent[] = [];
  /** What is committed with an event; by default nothing. */
  recordsOf: KmsEvents['recordsOf'] = () => [];
  readonly questions: AuthorizationQuestion[] = [];
  /** Decides; by default all is allowed. */
  authorize = allowAll.authorize;
  nowMs = START_MS;
  readonly services: KmsServices;
  readonly #engine;

  constructor(settings: Partial<KmsSettings> = {}) {
    const entropy = { randomBytes: (length: number) => new Uint8Array(randomBytes(length)) };
    this.vault = new SoftwareVault({ entropy });
    this.services = {
      store: this.store,
      vault: this.vault,
      clock: { nowMs: () => this.nowMs, monotonicMs: () => this.nowMs - START_MS },
      entropy,
      authorizer: {
        authorize: (question) => {
          this.questions.push(question);
          return this.authorize(question);
        },
      },
      events: {
        recordsOf: (event) => this.recordsOf(event),
        happened: (event) => this.events.push(event),
      },
      settings: { ...DEFAULT_SETTINGS, ...settings },
      log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    };
    this.#engine = createKmsEngine(this.services);
  }

  /** As the root of the account, in {@link REGION}. */
  run<N extends KmsOperationName>(
    name: N,
    input: KmsOperations[N]['input'],
    call: KmsCall = callBy(),
  ): Promise<KmsOperations[N]['output']> {
    return this.#engine.run(name, input, call);
  }

  /** A symmetric key of the caller's account. */
  async newKey(call: KmsCall = callBy()): Promise<{ readonly id: string; readonly arn: string }> {
    const { keyMetadata } = await this.run('CreateKey', {}, call);
    return { id: keyMetadata?.keyId as string, arn: keyMetadata?.arn as string };
  }

  async record(keyId: string): Promise<StoredRecord<'key'>> {
    const address = keyAddress({ account: ACCOUNT, region: REGION, keyId });
    return (await this.store.get('key', address)) as StoredRecord<'key'>;
  }

  /** Changes a key's record as no operation does. */
  async alter(keyId: string, change: Partial<KeyRecord>): Promise<void> {
    const { body, revision, scope, id } = await this.record(keyId);
    const put = { do: 'put', kind: 'key', address: { scope, id }, body: { ...body, ...change } } as const;
    await this.store.commit([{ ...put, expect: revision }]);
  }

  async addAlias(name: string, targetKeyId: string): Promise<void> {
    const alias = { account: ACCOUNT, region: REGION, name };
    const body = { ...alias, targetKeyId, createdMs: START_MS, updatedMs: START_MS };
    const address = aliasAddress(alias);
    await this.store.commit([
      { do: 'put', kind: 'alias', address, body, expect: 0, index: { owner: targetKeyId } },
    ]);
  }
}

export function callBy({
  account = ACCOUNT,
  region = REGION,
}: {
  readonly account?: string;
  readonly region?: string;
} = {}): KmsCall {
  return {
    requestId: '8a4f1c5e-0000-4000-8000-000000000001',
    caller: {
      account,
      principalArn: `arn:aws:iam::${account}:root`,
      userId: account,
      accessKeyId: 'AKIAEXAMPLE',
    },
    region,
    deadlineMs: 60_000,
  };
}

/** What a call was refused with: its code, and its message or undefined. */
export async function faultOf(
  call: Promise<unknown>,
): Promise<{ readonly code: unknown; readonly detail: unknown }> {
  const error = await call.then(
    () => new Error('nothing was refused'),
    (reason: unknown) => reason,
  );
  const { code, detail } = error as { code: unknown; detail: unknown };
  return { code, detail };
}

/** A buffer, as the vault answers, so that the two compare as equal. */
export function bytesOf(text: string): Uint8Array {
  return Buffer.from(text);
}

function ignore(): void {}
