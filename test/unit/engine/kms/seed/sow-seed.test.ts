/** A seed over a store: what is made, what is left, and what is refused. */

import { describe, expect, it } from 'vitest';
import { HsmFault } from '../../../../../src/domain/hsm-fault.ts';
import { SYMMETRIC } from '../../../../../src/domain/key/key-specs.ts';
import type { SeedKey } from '../../../../../src/domain/key/seed-key.ts';
import { StoreConflict } from '../../../../../src/domain/ports/record-store.ts';
import { Secret } from '../../../../../src/domain/secret.ts';
import { sowSeed } from '../../../../../src/engine/kms/seed/sow-seed.ts';
import { ACCOUNT, callBy, DAY_MS, REGION, Rig, START_MS } from '../rig.ts';

const KEY: SeedKey = {
  account: ACCOUNT,
  region: REGION,
  keyId: '11111111-2222-3333-4444-555555555555',
  ...SYMMETRIC,
  aliases: ['alias/payroll', 'alias/salaries'],
  description: 'wages',
  tags: [{ key: 'team', value: 'people' }],
  enabled: true,
};
const ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/${KEY.keyId}`;
/** 32 bytes of 7. */
const MATERIAL = new Secret('BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=');
const OTHER_MATERIAL = new Secret('CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg=');

describe('a seed', () => {
  it('makes a key with its id, description, tags, aliases and the usual policy', async () => {
    const rig = new Rig();

    expect(await sowSeed([KEY], rig.services)).toEqual({ keysMade: 1, aliasesMade: 2, keysLeft: 0 });
    const { keyMetadata } = await rig.run('DescribeKey', { keyId: 'alias/salaries' });
    expect(keyMetadata).toMatchObject({
      arn: ARN,
      description: 'wages',
      enabled: true,
      origin: 'AWS_KMS',
      multiRegion: false,
      creationDate: START_MS,
    });
    expect(await rig.run('ListResourceTags', { keyId: KEY.keyId })).toMatchObject({
      tags: [{ tagKey: 'team', tagValue: 'people' }],
    });
    const { policy } = await rig.run('GetKeyPolicy', { keyId: KEY.keyId });
    expect(policy).toContain(`"AWS" : "arn:aws:iam::${ACCOUNT}:root"`);
    expect(await rig.run('GetKeyRotationStatus', { keyId: KEY.keyId })).toMatchObject({
      keyRotationEnabled: false,
    });
  });

  it('makes keys that encrypt and decrypt', async () => {
    const rig = new Rig();
    await sowSeed([KEY], rig.services);
    const { ciphertextBlob = new Uint8Array() } = await rig.run('Encrypt', {
      keyId: 'alias/payroll',
      plaintext: Buffer.from('hello'),
    });

    const { plaintext } = await rig.run('Decrypt', { ciphertextBlob });
    expect(Buffer.from(plaintext ?? []).toString()).toBe('hello');
  });

  it('makes a disabled, rotating, multi-Region key with a policy of its own', async () => {
    const rig = new Rig();
    const keyId = 'mrk-11112222333344445555666677778888';
    await sowSeed([{ ...KEY, keyId, enabled: false, rotationDays: 90, policy: '{"a":1}' }], rig.services);

    expect(await rig.record(keyId)).toMatchObject({
      body: {
        state: 'Disabled',
        multiRegion: true,
        policy: '{"a":1}',
        rotation: { enabled: true, periodDays: 90, nextMs: START_MS + 90 * DAY_MS, onDemandCount: 0 },
      },
    });
  });

  it('makes keys of every account and Region that it names', async () => {
    const rig = new Rig();
    const elsewhere = { ...KEY, account: '444455556666', region: 'us-west-2' };
    await sowSeed([KEY, elsewhere], rig.services);

    expect(await rig.services.store.count('key', '444455556666/us-west-2')).toBe(1);
    expect(await rig.services.store.count('alias', `${ACCOUNT}/${REGION}`)).toBe(2);
  });

  it('gives fixed material the same id in another engine, and opens what that encrypted', async () => {
    const [first, second] = [new Rig(), new Rig()];
    const seed = [{ ...KEY, material: MATERIAL }];
    await sowSeed(seed, first.services);
    await sowSeed(seed, second.services);
    const { ciphertextBlob = new Uint8Array() } = await first.run('Encrypt', {
      keyId: KEY.keyId,
      plaintext: Buffer.from('hello'),
    });

    const { plaintext } = await second.run('Decrypt', { ciphertextBlob });
    expect(Buffer.from(plaintext ?? []).toString()).toBe('hello');
  });

  it('gives other material to each key that has none fixed', async () => {
    const [first, second] = [new Rig(), new Rig()];
    await sowSeed([KEY], first.services);
    await sowSeed([KEY], second.services);
    const [one, two] = [await first.record(KEY.keyId), await second.record(KEY.keyId)];

    expect(one.body.currentMaterialId).not.toBe(two.body.currentMaterialId);
  });
});

describe('a seed that was sown before', () => {
  it('leaves everything as it is, whatever has become of it', async () => {
    const rig = new Rig();
    const seed = [{ ...KEY, material: MATERIAL }];
    await sowSeed(seed, rig.services);
    await rig.run('DisableKey', { keyId: KEY.keyId });
    await rig.run('UpdateKeyDescription', { keyId: KEY.keyId, description: 'mine' });
    const before = await rig.record(KEY.keyId);

    expect(await sowSeed(seed, rig.services)).toEqual({ keysMade: 0, aliasesMade: 0, keysLeft: 1 });
    expect(await rig.record(KEY.keyId)).toEqual(before);
  });

  it('knows the fixed material of a key that has rotated', async () => {
    const rig = new Rig();
    const seed = [{ ...KEY, material: MATERIAL }];
    await sowSeed(seed, rig.services);
    await rig.run('RotateKeyOnDemand', { keyId: KEY.keyId });

    expect(await sowSeed(seed, rig.services)).toMatchObject({ keysLeft: 1 });
  });

  it('makes aliases that are missing', async () => {
    const rig = new Rig();
    await sowSeed([KEY], rig.services);
    await rig.run('DeleteAlias', { aliasName: 'alias/payroll' });

    expect(await sowSeed([KEY], rig.services)).toEqual({ keysMade: 0, aliasesMade: 1, keysLeft: 1 });
    expect((await rig.run('DescribeKey', { keyId: 'alias/payroll' })).keyMetadata?.arn).toBe(ARN);
  });

  it('makes no alias for a key that waits for its deletion', async () => {
    const rig = new Rig();
    await sowSeed([KEY], rig.services);
    await rig.run('DeleteAlias', { aliasName: 'alias/payroll' });
    await rig.run('ScheduleKeyDeletion', { keyId: KEY.keyId });

    expect(await sowSeed([KEY], rig.services)).toEqual({ keysMade: 0, aliasesMade: 0, keysLeft: 1 });
  });

  it('says in the log what it left', async () => {
    const rig = new Rig();
    const lines: unknown[] = [];
    const log = { ...rig.services.log, info: (...line: unknown[]) => void lines.push(line) };
    await sowSeed([KEY], { ...rig.services, log });
    await sowSeed([KEY], { ...rig.services, log });

    expect(lines).toEqual([
      ['kms.seed.made', { key: ARN, aliases: ['alias/payroll', 'alias/salaries'] }],
      ['kms.seed.left', { key: ARN, state: 'Enabled', aliasesMade: 0 }],
    ]);
  });
});

describe('a seed that contradicts the store', () => {
  it('names both keys of an alias that leads elsewhere, and makes nothing', async () => {
    const rig = new Rig();
    const other = await rig.newKey(callBy());
    await rig.run('CreateAlias', { aliasName: 'alias/salaries', targetKeyId: other.id });
    const another = { ...KEY, keyId: '99999999-2222-3333-4444-555555555555', aliases: [] };

    await expect(sowSeed([another, KEY], rig.services)).rejects.toMatchObject({
      name: 'SeedConflict',
      conflicts: [
        `arn:aws:kms:${REGION}:${ACCOUNT}:alias/salaries leads to ${other.arn}, and the seed has it lead to ${ARN}`,
      ],
    });
    expect(await rig.services.store.count('key', `${ACCOUNT}/${REGION}`)).toBe(1);
  });

  it('is refused for a key that exists with other material', async () => {
    const rig = new Rig();
    await sowSeed([{ ...KEY, material: MATERIAL }], rig.services);

    await expect(sowSeed([{ ...KEY, material: OTHER_MATERIAL }], rig.services)).rejects.toMatchObject({
      conflicts: [`${ARN} exists with other material than the seed gives it`],
    });
  });

  it('is refused for an alias that somebody makes while it is sown', async () => {
    const rig = new Rig();
    const other = await rig.newKey(callBy());
    const vault = Object.assign(Object.create(rig.vault), {
      create: async (key: { account: string; keyId: string }) => {
        await rig.run('CreateAlias', { aliasName: 'alias/payroll', targetKeyId: other.id });
        return rig.vault.create(key, SYMMETRIC);
      },
    });

    await expect(sowSeed([KEY], { ...rig.services, vault })).rejects.toMatchObject({ name: 'SeedConflict' });
  });
});

describe('a seed that cannot be sown now', () => {
  it('goes on where it ended when it is sown again', async () => {
    const rig = new Rig();
    const fault = new HsmFault('unavailable', 'no host is ready');
    const second = { ...KEY, keyId: '99999999-2222-3333-4444-555555555555', aliases: ['alias/second'] };
    const vault = Object.assign(Object.create(rig.vault), {
      create: async (key: { account: string; keyId: string }) => {
        if (key.keyId === second.keyId) throw fault;
        return rig.vault.create(key, SYMMETRIC);
      },
    });
    await expect(sowSeed([KEY, second], { ...rig.services, vault })).rejects.toBe(fault);

    expect(await sowSeed([KEY, second], rig.services)).toEqual({ keysMade: 1, aliasesMade: 1, keysLeft: 1 });
  });

  it('gives up on a store where something changes all the time', async () => {
    const rig = new Rig();
    let commits = 0;
    const store = Object.assign(Object.create(rig.store), {
      get: rig.store.get.bind(rig.store),
      commit: async () => {
        commits += 1;
        throw new StoreConflict('changed');
      },
    });

    await expect(sowSeed([KEY], { ...rig.services, store })).rejects.toThrow(StoreConflict);
    expect(commits).toBe(8);
  });
});
