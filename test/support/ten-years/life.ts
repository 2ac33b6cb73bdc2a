/** Lives the plans with a running engine, day by day, over HTTP. */
import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import type { EventBridgeEvent } from '../../../src/domain/kms/event-bridge-event.ts';
import type { KmsFace } from '../../../src/main-kms.ts';
import type { CallKms } from '../kms-crash/kms-call.ts';
import { type Act, DAY_MS, LAST_DAY, PLANS, type Plan, seconds } from './plans.ts';

interface Ciphertext {
  readonly day: number;
  readonly blob: string;
  /** Base64; absent where only the engine knows it. */
  readonly plaintext?: string;
}

interface Life {
  readonly plan: Plan;
  readonly keyId: string;
  readonly ciphertexts: Ciphertext[];
}

export interface Counts {
  readonly days: number;
  readonly keys: number;
  readonly calls: number;
  readonly rotations: number;
  readonly ciphertexts: number;
  readonly events: number;
}

/** Fails where the engine does other than the plans say. */
export class TenYears {
  readonly #face: KmsFace;
  readonly #kms: CallKms;
  #calls = 0;
  #day = 0;

  constructor(face: KmsFace, kms: CallKms) {
    this.#face = face;
    this.#kms = kms;
  }

  /** `delivered` resolves to all events, in the order in which they came. */
  async live(delivered: () => Promise<readonly EventBridgeEvent[]>): Promise<Counts> {
    const lives: Life[] = [];
    for (const plan of PLANS) lives.push({ plan, keyId: await this.#create(plan), ciphertexts: [] });
    for (const moment of moments()) await this.#reach(moment, lives);
    const events = await delivered();
    let rotations = 0;
    for (const life of lives) rotations += await this.#judge(life, events);
    return {
      days: this.#day,
      keys: lives.length,
      calls: this.#calls,
      rotations,
      ciphertexts: lives.reduce((sum, { ciphertexts }) => sum + ciphertexts.length, 0),
      events: events.length,
    };
  }

  async #create({ creation = {} }: Plan): Promise<string> {
    const { KeyMetadata } = await this.#succeed('CreateKey', creation);
    return (KeyMetadata as { readonly KeyId: string }).KeyId;
  }

  async #reach(moment: number, lives: readonly Life[]): Promise<void> {
    await this.#face.advanceClock(Math.round((moment - this.#day) * DAY_MS));
    this.#day = moment;
    for (const { plan, keyId } of lives) {
      for (const act of plan.acts.filter(({ day }) => day === moment)) {
        await this.#do(act, keyId, plan);
        // What has fallen due by that is done.
        await this.#face.advanceClock(0);
      }
    }
    if (moment % ENCRYPT_EVERY !== 0) return;
    for (const life of lives) await this.#encrypt(life);
  }

  async #do({ does, input = {}, error = '', answer = {} }: Act, keyId: string, plan: Plan): Promise<void> {
    const got = await this.#call(does, { KeyId: keyId, ...input });
    const told = { plan: plan.name, day: this.#day, does, error: got.error };
    expect(told).toStrictEqual({ ...told, error });
    const members = Object.keys(answer).map((member) => [member, got.body[member]]);
    expect(Object.fromEntries(members)).toStrictEqual(answer);
  }

  /** Each time in another of the ways that there are. */
  async #encrypt({ plan, keyId, ciphertexts }: Life): Promise<void> {
    const day = this.#day;
    const plaintext = createHash('sha256').update(`${plan.name} ${day}`).digest('base64');
    if (plan.unusable?.some(([from, to]) => day >= from && day < to)) {
      const { error } = await this.#call('Encrypt', { KeyId: keyId, Plaintext: plaintext });
      expect(error).not.toBe('');
      return;
    }
    const [first] = ciphertexts;
    const way = (day / ENCRYPT_EVERY) % 3;
    if (way === 0 || first === undefined) {
      const { CiphertextBlob } = await this.#succeed('Encrypt', { KeyId: keyId, Plaintext: plaintext });
      ciphertexts.push({ day, blob: String(CiphertextBlob), plaintext });
    } else if (way === 1) {
      const made = await this.#succeed('GenerateDataKey', { KeyId: keyId, KeySpec: 'AES_256' });
      ciphertexts.push({ day, blob: String(made['CiphertextBlob']), plaintext: String(made['Plaintext']) });
    } else {
      const made = await this.#succeed('ReEncrypt', {
        CiphertextBlob: first.blob,
        DestinationKeyId: keyId,
      });
      ciphertexts.push({ ...first, day, blob: String(made['CiphertextBlob']) });
    }
  }

  /** Resolves to how many rotations the key had. */
  async #judge(life: Life, events: readonly EventBridgeEvent[]): Promise<number> {
    const { plan, keyId, ciphertexts } = life;
    const told = events.filter(({ detail }) => detail['key-id'] === keyId);
    expect(told.map(({ id }) => id)).toHaveLength(new Set(told.map(({ id }) => id)).size);
    const shown = plan.rotations.map(([day, type]) => ['KMS CMK Rotation', iso(day), type]);
    const end = plan.ends === undefined ? [] : [['KMS CMK Deletion', iso(plan.ends), undefined]];
    expect(told.map((event) => [event['detail-type'], event.time, event.detail['rotation-type']])).toEqual([
      ...shown,
      ...end,
    ]);
    if (plan.ends === undefined) await this.#judgeMaterials(life, told);
    else await this.#judgeLoss(ciphertexts);
    return plan.rotations.length;
  }

  async #judgeMaterials(
    { plan, keyId, ciphertexts }: Life,
    told: readonly EventBridgeEvent[],
  ): Promise<void> {
    const all = await this.#list(keyId, 'ALL_KEY_MATERIAL');
    const ids = all.map(({ KeyMaterialId }) => String(KeyMaterialId));
    expect(new Set(ids).size).toBe(plan.rotations.length + 1);
    const states = ids.map((_, at) => (at === ids.length - 1 ? 'CURRENT' : 'NON_CURRENT'));
    const rotations = plan.rotations.map(([day, type], at) => ({
      KeyId: keyId,
      KeyMaterialId: ids[at + 1],
      KeyMaterialState: states[at + 1],
      RotationDate: seconds(day),
      RotationType: type,
    }));
    const first = { KeyId: keyId, KeyMaterialId: ids[0], KeyMaterialState: states[0] };
    expect(all).toStrictEqual([first, ...rotations]);
    expect(await this.#list(keyId, undefined)).toStrictEqual(rotations);
    expect(
      told.map(({ detail }) => [detail['previous-key-material-id'], detail['current-key-material-id']]),
    ).toStrictEqual(rotations.map((_, at) => [ids[at], ids[at + 1]]));
    const { KeyMetadata } = await this.#succeed('DescribeKey', { KeyId: keyId });
    expect(KeyMetadata).toMatchObject({ CurrentKeyMaterialId: ids.at(-1) });
    for (const { day, blob, plaintext } of ciphertexts) {
      const rotated = plan.rotations.filter(([rotatedOn]) => rotatedOn <= day).length;
      const opened = await this.#succeed('Decrypt', { CiphertextBlob: blob });
      expect(opened).toMatchObject({ KeyMaterialId: ids[rotated], Plaintext: plaintext });
    }
  }

  async #judgeLoss(ciphertexts: readonly Ciphertext[]): Promise<void> {
    for (const { blob } of ciphertexts) {
      expect((await this.#call('Decrypt', { CiphertextBlob: blob })).error).toBe('AccessDeniedException');
    }
  }

  /** In pages. */
  async #list(
    keyId: string,
    include: 'ALL_KEY_MATERIAL' | undefined,
  ): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const entries: Readonly<Record<string, unknown>>[] = [];
    for (let marker: unknown; ; ) {
      const page = await this.#succeed('ListKeyRotations', {
        KeyId: keyId,
        Limit: PAGE,
        ...(include !== undefined && { IncludeKeyMaterial: include }),
        ...(marker !== undefined && { Marker: marker }),
      });
      entries.push(...(page['Rotations'] as typeof entries));
      expect(page['Truncated']).toBe(page['NextMarker'] !== undefined);
      if (page['Truncated'] !== true) return entries;
      marker = page['NextMarker'];
    }
  }

  async #succeed(operation: string, input: Readonly<Record<string, unknown>>) {
    const { error, body } = await this.#call(operation, input);
    expect(`${operation} ${error}`).toBe(`${operation} `);
    return body;
  }

  #call(operation: string, input: Readonly<Record<string, unknown>>): ReturnType<CallKms> {
    this.#calls += 1;
    return this.#kms(operation, input);
  }
}

/** Every day, and between days where a plan has something to do. */
function moments(): readonly number[] {
  const days = Array.from({ length: LAST_DAY + 1 }, (_, day) => day);
  const acts = PLANS.flatMap(({ acts }) => acts.map(({ day }) => day));
  return [...new Set([...days, ...acts])].sort((one, other) => one - other);
}

function iso(day: number): string {
  return new Date(seconds(day) * 1_000).toISOString().replace('.000Z', 'Z');
}

const ENCRYPT_EVERY = 9;
const PAGE = 7;
