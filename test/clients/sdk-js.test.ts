/** The AWS SDK for JavaScript against an engine: what an application does with symmetric keys, and how it fails. */
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  DisabledException,
  DisableKeyCommand,
  DryRunOperationException,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GenerateRandomCommand,
  GetKeyLastUsageCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  InvalidCiphertextException,
  KMSClient,
  KMSInvalidStateException,
  ListKeyRotationsCommand,
  ListResourceTagsCommand,
  NotFoundException,
  PutKeyPolicyCommand,
  paginateListAliases,
  paginateListKeys,
  ReEncryptCommand,
  ReplicateKeyCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UnsupportedOperationException,
  UntagResourceCommand,
  UpdateAliasCommand,
  UpdateKeyDescriptionCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startKmsForTests, type TestKms } from '../../src/testing.ts';

let kms: TestKms;
let client: KMSClient;

beforeAll(async () => {
  kms = await startKmsForTests();
  client = clientFor('eu-west-1');
});
afterAll(async () => {
  client.destroy();
  await kms[Symbol.asyncDispose]();
});

function clientFor(region: string): KMSClient {
  return new KMSClient({ endpoint: kms.endpoint, region, credentials: kms.credentials, maxAttempts: 1 });
}

async function newKey(): Promise<string> {
  const { KeyMetadata } = await client.send(new CreateKeyCommand({}));
  return KeyMetadata?.KeyId ?? '';
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a symmetric key', () => {
  it('has the metadata that AWS gives a new one', async () => {
    const { KeyMetadata } = await client.send(
      new CreateKeyCommand({ Description: 'orders', Tags: [{ TagKey: 'team', TagValue: 'blue' }] }),
    );
    const { KeyMetadata: described } = await client.send(
      new DescribeKeyCommand({ KeyId: KeyMetadata?.KeyId ?? '' }),
    );

    expect(described).toEqual(KeyMetadata);
    expect(described).toEqual({
      AWSAccountId: '111122223333',
      Arn: `arn:aws:kms:eu-west-1:111122223333:key/${KeyMetadata?.KeyId}`,
      CreationDate: expect.any(Date),
      CurrentKeyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/),
      CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
      Description: 'orders',
      Enabled: true,
      EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
      KeyId: KeyMetadata?.KeyId,
      KeyManager: 'CUSTOMER',
      KeySpec: 'SYMMETRIC_DEFAULT',
      KeyState: 'Enabled',
      KeyUsage: 'ENCRYPT_DECRYPT',
      MultiRegion: false,
      Origin: 'AWS_KMS',
    });
  });

  it('decrypts what it encrypted under the same context, by key, alias and without either', async () => {
    const KeyId = await newKey();
    await client.send(new CreateAliasCommand({ AliasName: 'alias/orders', TargetKeyId: KeyId }));
    const EncryptionContext = { tenant: 'a', purpose: 'ä💙' };
    const { CiphertextBlob } = await client.send(
      new EncryptCommand({ KeyId: 'alias/orders', Plaintext: bytes('hello'), EncryptionContext }),
    );

    for (const name of [{ KeyId }, { KeyId: 'alias/orders' }, {}]) {
      const opened = await client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext, ...name }));
      expect(opened.Plaintext).toEqual(bytes('hello'));
      expect(opened.KeyId).toBe(`arn:aws:kms:eu-west-1:111122223333:key/${KeyId}`);
    }
    await expect(client.send(new DecryptCommand({ CiphertextBlob }))).rejects.toThrow(
      InvalidCiphertextException,
    );
  });

  it('makes data keys, with and without their plaintext', async () => {
    const KeyId = await newKey();
    const one = await client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }));
    const other = await client.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId, NumberOfBytes: 64 }));
    const opened = await client.send(new DecryptCommand({ CiphertextBlob: one.CiphertextBlob }));
    const hidden = await client.send(new DecryptCommand({ CiphertextBlob: other.CiphertextBlob }));

    expect(one.Plaintext).toHaveLength(32);
    expect(opened.Plaintext).toEqual(one.Plaintext);
    expect(hidden.Plaintext).toHaveLength(64);
  });

  it('hands a ciphertext to another key', async () => {
    const [from, to] = [await newKey(), await newKey()];
    const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId: from, Plaintext: bytes('x') }));
    const moved = await client.send(
      new ReEncryptCommand({
        CiphertextBlob,
        DestinationKeyId: to,
        DestinationEncryptionContext: { now: 'there' },
      }),
    );
    const opened = await client.send(
      new DecryptCommand({ CiphertextBlob: moved.CiphertextBlob, EncryptionContext: { now: 'there' } }),
    );

    expect(moved.SourceKeyId).toContain(from);
    expect(opened).toMatchObject({ KeyId: expect.stringContaining(to), Plaintext: bytes('x') });
  });

  it('is only used while it is enabled', async () => {
    const KeyId = await newKey();
    await client.send(new DisableKeyCommand({ KeyId }));
    const use = (): Promise<unknown> => client.send(new EncryptCommand({ KeyId, Plaintext: bytes('x') }));

    await expect(use()).rejects.toThrow(DisabledException);
    await expect(use()).rejects.toThrow(`arn:aws:kms:eu-west-1:111122223333:key/${KeyId} is disabled.`);
    await client.send(new EnableKeyCommand({ KeyId }));
    await expect(use()).resolves.toBeDefined();
  });

  it('is destroyed when its window is over, and not before', async () => {
    const KeyId = await newKey();
    const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId, Plaintext: bytes('x') }));
    await client.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    await expect(client.send(new DecryptCommand({ CiphertextBlob }))).rejects.toThrow(
      KMSInvalidStateException,
    );
    await client.send(new CancelKeyDeletionCommand({ KeyId }));
    await client.send(new EnableKeyCommand({ KeyId }));
    await expect(client.send(new DecryptCommand({ CiphertextBlob }))).resolves.toBeDefined();
    await client.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    await kms.advance({ days: 8 });

    await expect(client.send(new DescribeKeyCommand({ KeyId }))).rejects.toThrow(NotFoundException);
  });

  it('rotates, and opens old ciphertexts', async () => {
    const KeyId = await newKey();
    await client.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 90 }));
    const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId, Plaintext: bytes('old') }));
    await client.send(new RotateKeyOnDemandCommand({ KeyId }));
    await kms.advance({ days: 91 });
    const { Rotations } = await client.send(new ListKeyRotationsCommand({ KeyId }));

    expect(Rotations?.map(({ RotationType }) => RotationType).sort()).toEqual(['AUTOMATIC', 'ON_DEMAND']);
    expect(await client.send(new GetKeyRotationStatusCommand({ KeyId }))).toMatchObject({
      KeyRotationEnabled: true,
      RotationPeriodInDays: 90,
    });
    expect(await client.send(new DecryptCommand({ CiphertextBlob }))).toMatchObject({
      Plaintext: bytes('old'),
    });
  });

  it('tells when it was last used', async () => {
    const KeyId = await newKey();
    await client.send(new EncryptCommand({ KeyId, Plaintext: bytes('x') }));

    expect(await client.send(new GetKeyLastUsageCommand({ KeyId }))).toMatchObject({
      KeyLastUsage: { Operation: 'Encrypt', Timestamp: expect.any(Date) },
    });
  });

  it('keeps description, tags and policy', async () => {
    const KeyId = await newKey();
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: 'arn:aws:iam::111122223333:root' },
          Action: 'kms:*',
          Resource: '*',
        },
      ],
    });
    await client.send(new UpdateKeyDescriptionCommand({ KeyId, Description: 'changed' }));
    await client.send(
      new TagResourceCommand({ KeyId, Tags: ['a', 'b'].map((TagKey) => ({ TagKey, TagValue: '1' })) }),
    );
    await client.send(new UntagResourceCommand({ KeyId, TagKeys: ['a'] }));
    await client.send(new PutKeyPolicyCommand({ KeyId, Policy }));

    expect((await client.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.Description).toBe('changed');
    expect((await client.send(new ListResourceTagsCommand({ KeyId }))).Tags).toEqual([
      { TagKey: 'b', TagValue: '1' },
    ]);
    expect((await client.send(new GetKeyPolicyCommand({ KeyId }))).Policy).toBe(Policy);
  });
});

describe('lists', () => {
  it('come in pages', async () => {
    const region = clientFor('us-east-2');
    for (let index = 0; index < 5; index += 1) {
      const { KeyMetadata } = await region.send(new CreateKeyCommand({}));
      await region.send(
        new CreateAliasCommand({ AliasName: `alias/page-${index}`, TargetKeyId: KeyMetadata?.KeyId ?? '' }),
      );
    }
    const keys: unknown[] = [];
    const aliases: string[] = [];
    for await (const page of paginateListKeys({ client: region, pageSize: 2 }, {}))
      keys.push(...(page.Keys ?? []));
    for await (const page of paginateListAliases({ client: region, pageSize: 2 }, {}))
      aliases.push(...(page.Aliases ?? []).map(({ AliasName }) => AliasName ?? ''));
    region.destroy();

    expect(keys).toHaveLength(5);
    expect(aliases.filter((name) => !name.startsWith('alias/aws/'))).toEqual([
      'alias/page-0',
      'alias/page-1',
      'alias/page-2',
      'alias/page-3',
      'alias/page-4',
    ]);
  });
});

describe('an alias', () => {
  it('moves to another key, and goes', async () => {
    const [first, second] = [await newKey(), await newKey()];
    await client.send(new CreateAliasCommand({ AliasName: 'alias/moving', TargetKeyId: first }));
    await client.send(new UpdateAliasCommand({ AliasName: 'alias/moving', TargetKeyId: second }));
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: 'alias/moving' }));
    await client.send(new DeleteAliasCommand({ AliasName: 'alias/moving' }));

    expect(KeyMetadata?.KeyId).toBe(second);
    await expect(client.send(new DescribeKeyCommand({ KeyId: 'alias/moving' }))).rejects.toThrow(
      NotFoundException,
    );
  });
});

describe('whatever the key', () => {
  it('gives random bytes', async () => {
    const { Plaintext } = await client.send(new GenerateRandomCommand({ NumberOfBytes: 1024 }));

    expect(Plaintext).toHaveLength(1024);
  });

  it('says what a dry run would have done', async () => {
    const KeyId = await newKey();

    await expect(
      client.send(new EncryptCommand({ KeyId, Plaintext: bytes('x'), DryRun: true })),
    ).rejects.toThrow(DryRunOperationException);
  });

  it('says what is to come', async () => {
    const KeyId = await newKey();
    const replicate = new ReplicateKeyCommand({ KeyId, ReplicaRegion: 'us-east-1' });

    await expect(client.send(replicate)).rejects.toThrow(UnsupportedOperationException);
  });

  it('validates as AWS does, all at once', async () => {
    await expect(
      client.send(new GenerateDataKeyCommand({ KeyId: '', NumberOfBytes: 1025 })),
    ).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(
        /^2 validation errors detected: .*'keyId' .*; .*'numberOfBytes' |^2 validation errors detected: .*'numberOfBytes' .*; .*'keyId' /,
      ),
    });
  });
});
