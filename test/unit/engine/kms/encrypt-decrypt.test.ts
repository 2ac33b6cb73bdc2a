import { describe, expect, it, test } from 'vitest';
import { HsmFault } from '../../../../src/domain/hsm-fault.ts';
import type { KeyMaterial } from '../../../../src/domain/key/key-record.ts';
import { keyAddress } from '../../../../src/domain/key/record-address.ts';
import { ACCOUNT, bytesOf, callBy, faultOf, OTHER_ACCOUNT, REGION, Rig } from './rig.ts';

const PLAINTEXT = bytesOf('attack at dawn');
const NOBODY = '00000000-0000-4000-8000-000000000000';

async function encrypted(rig: Rig, keyId: string, encryptionContext?: Record<string, string>) {
  const input = { keyId, plaintext: PLAINTEXT, ...(encryptionContext && { encryptionContext }) };
  const { ciphertextBlob } = await rig.run('Encrypt', input);
  return ciphertextBlob as Uint8Array;
}

describe('Encrypt', () => {
  it('answers with a blob, the ARN of the key and the algorithm, and with no key material id', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    expect(await rig.run('Encrypt', { keyId: key.id, plaintext: PLAINTEXT })).toStrictEqual({
      ciphertextBlob: expect.any(Uint8Array),
      keyId: `arn:aws:kms:eu-central-1:111122223333:key/${key.id}`,
      encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    });
  });

  it('makes 184 bytes of 32', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const { ciphertextBlob } = await rig.run('Encrypt', { keyId: key.id, plaintext: new Uint8Array(32) });
    expect(ciphertextBlob).toHaveLength(184);
  });

  it('never makes the same blob twice', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    expect(await encrypted(rig, key.id)).not.toStrictEqual(await encrypted(rig, key.id));
  });

  it('refuses an algorithm that the key does not have', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const input = {
      keyId: key.id,
      plaintext: PLAINTEXT,
      encryptionAlgorithm: 'RSAES_OAEP_SHA_256',
    } as const;
    expect(await faultOf(rig.run('Encrypt', input))).toStrictEqual({
      code: 'InvalidKeyUsageException',
      detail: 'Algorithm RSAES_OAEP_SHA_256 is incompatible with key spec SYMMETRIC_DEFAULT.',
    });
  });

  it('refuses a key that is for something else', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    await rig.alter(key.id, { spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC' });
    expect(await faultOf(rig.run('Encrypt', { keyId: key.id, plaintext: PLAINTEXT }))).toStrictEqual({
      code: 'InvalidKeyUsageException',
      detail: `${key.arn} key usage is GENERATE_VERIFY_MAC which is not valid for Encrypt.`,
    });
  });

  it('refuses a context that is too long', async () => {
    const encryptionContext = { a: 'b'.repeat(8192) };
    const rig = new Rig();
    const { id: keyId } = await rig.newKey();
    const call = rig.run('Encrypt', { keyId, plaintext: PLAINTEXT, encryptionContext });
    expect(await faultOf(call)).toMatchObject({ code: 'ValidationException' });
  });

  test.for([
    { state: 'Disabled', code: 'DisabledException', text: 'is disabled.' },
    { state: 'PendingDeletion', code: 'KMSInvalidStateException', text: 'is pending deletion.' },
    { state: 'PendingImport', code: 'KMSInvalidStateException', text: 'is pending import.' },
  ] as const)('of a key in $state gives $code', async ({ state, code, text }) => {
    const rig = new Rig();
    const key = await rig.newKey();
    await rig.alter(key.id, { state });
    expect(await faultOf(encrypted(rig, key.id))).toStrictEqual({ code, detail: `${key.arn} ${text}` });
  });

  it('lets a fault of the vault pass', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    rig.vault.encrypt = () => Promise.reject(new HsmFault('busy', 'later'));
    expect(await faultOf(encrypted(rig, key.id))).toStrictEqual({ code: 'busy', detail: 'later' });
  });

  it('is a bug with a vault that binds nothing', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const empty = new Uint8Array(0);
    rig.vault.encrypt = async () => ({ nonce: empty, iv: empty, ciphertext: empty, tag: empty });
    await expect(encrypted(rig, key.id)).rejects.toThrow('without asking for the associated data');
  });

  it('is a bug with a key that has no material', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    await rig.alter(key.id, { materials: [] });
    await expect(encrypted(rig, key.id)).rejects.toThrow('no current material');
  });
});

describe('Decrypt', () => {
  it('needs no key id, and says which key and material it was', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const { keyMetadata } = await rig.run('DescribeKey', { keyId: key.id });
    expect(await rig.run('Decrypt', { ciphertextBlob: await encrypted(rig, key.id) })).toStrictEqual({
      plaintext: PLAINTEXT,
      keyId: key.arn,
      encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      keyMaterialId: keyMetadata?.currentKeyMaterialId,
    });
  });

  it('takes the key by id, ARN, alias and alias ARN', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    await rig.addAlias('alias/mine', key.id);
    const ciphertextBlob = await encrypted(rig, key.id);
    const names = [key.id, key.arn, 'alias/mine', `arn:aws:kms:${REGION}:${ACCOUNT}:alias/mine`];
    for (const keyId of names) {
      expect(await rig.run('Decrypt', { ciphertextBlob, keyId })).toMatchObject({ plaintext: PLAINTEXT });
    }
  });

  it('takes pairs of the context in any order', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const ciphertextBlob = await encrypted(rig, key.id, { a: '1', b: '2' });
    const answer = await rig.run('Decrypt', { ciphertextBlob, encryptionContext: { b: '2', a: '1' } });
    expect(answer.plaintext).toStrictEqual(PLAINTEXT);
  });

  it('takes an empty context for none', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const ciphertextBlob = await encrypted(rig, key.id);
    const answer = await rig.run('Decrypt', { ciphertextBlob, encryptionContext: {} });
    expect(answer.plaintext).toStrictEqual(PLAINTEXT);
  });

  test.for([
    { context: { a: 'bc' }, other: { ab: 'c' } },
    { context: { a: 'b' }, other: { A: 'b' } },
    { context: { a: 'b' }, other: { a: 'B' } },
    { context: { a: 'b' }, other: {} },
    { context: {}, other: { a: 'b' } },
    { context: { a: 'b' }, other: { a: 'b', c: 'd' } },
    { context: { a: 'b', c: 'd' }, other: { a: 'd', c: 'b' } },
  ])('of $context under $other gives InvalidCiphertextException without a message', async (row) => {
    const rig = new Rig();
    const key = await rig.newKey();
    const ciphertextBlob = await encrypted(rig, key.id, row.context as Record<string, string>);
    const encryptionContext = row.other as Record<string, string>;
    expect(await faultOf(rig.run('Decrypt', { ciphertextBlob, encryptionContext }))).toStrictEqual({
      code: 'InvalidCiphertextException',
      detail: undefined,
    });
  });

  it('with any bit of the blob flipped gives InvalidCiphertextException', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const blob = await encrypted(rig, key.id);
    for (let bit = 0; bit < blob.length * 8; bit += 1) {
      const ciphertextBlob = blob.slice();
      ciphertextBlob[bit >> 3] = (ciphertextBlob[bit >> 3] as number) ^ (1 << (bit & 7));
      const fault = await faultOf(rig.run('Decrypt', { ciphertextBlob }));
      expect(fault, `bit ${bit}`).toStrictEqual({ code: 'InvalidCiphertextException', detail: undefined });
    }
  });

  it('of a blob with bytes too many or too few gives InvalidCiphertextException', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const blob = await encrypted(rig, key.id);
    const cut = Array.from({ length: blob.length }, (_, length) => blob.subarray(0, length));
    for (const ciphertextBlob of [...cut, Buffer.concat([blob, new Uint8Array(1)]), Buffer.alloc(6144)]) {
      const fault = await faultOf(rig.run('Decrypt', { ciphertextBlob }));
      expect(fault.code, `${ciphertextBlob.length} bytes`).toBe('InvalidCiphertextException');
    }
  });

  it('of a material that the key has lost gives InvalidCiphertextException', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const ciphertextBlob = await encrypted(rig, key.id);
    await rig.alter(key.id, { materials: [] });
    expect(await faultOf(rig.run('Decrypt', { ciphertextBlob }))).toMatchObject({
      code: 'InvalidCiphertextException',
    });
  });

  it('lets a fault of the vault pass that does not speak of the ciphertext', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const ciphertextBlob = await encrypted(rig, key.id);
    rig.vault.decrypt = () => Promise.reject(new HsmFault('timeout', 'too slow'));
    expect(await faultOf(rig.run('Decrypt', { ciphertextBlob }))).toMatchObject({ code: 'timeout' });
  });

  it('without a ciphertext is refused', async () => {
    expect(await faultOf(new Rig().run('Decrypt', {}))).toStrictEqual({
      code: 'ValidationException',
      detail:
        "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null",
    });
  });

  it('for an enclave is refused', async () => {
    const input = { ciphertextBlob: bytesOf('blob'), recipient: {} };
    expect(await faultOf(new Rig().run('Decrypt', input))).toMatchObject({
      code: 'UnsupportedOperationException',
    });
  });

  it('refuses an algorithm that the key does not have', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const ciphertextBlob = await encrypted(rig, key.id);
    const call = rig.run('Decrypt', {
      ciphertextBlob,
      keyId: key.id,
      encryptionAlgorithm: 'RSAES_OAEP_SHA_1',
    });
    expect(await faultOf(call)).toStrictEqual({
      code: 'InvalidKeyUsageException',
      detail: 'Algorithm RSAES_OAEP_SHA_1 is incompatible with key spec SYMMETRIC_DEFAULT.',
    });
  });
});

describe('Decrypt with the id of another key', () => {
  test.for([{ usage: 'ENCRYPT_DECRYPT' }, { usage: 'GENERATE_VERIFY_MAC' }] as const)(
    'for $usage gives IncorrectKeyException',
    async ({ usage }) => {
      const rig = new Rig();
      const key = await rig.newKey();
      const other = await rig.newKey();
      await rig.alter(other.id, { usage });
      const ciphertextBlob = await encrypted(rig, key.id);
      expect(await faultOf(rig.run('Decrypt', { ciphertextBlob, keyId: other.id }))).toStrictEqual({
        code: 'IncorrectKeyException',
        detail: 'The key ID in the request does not identify a CMK that can perform this operation.',
      });
    },
  );

  it('that is the same in another account gives IncorrectKeyException', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const { body } = await rig.record(key.id);
    const theirs = { ...body, account: OTHER_ACCOUNT };
    await rig.store.commit([
      { do: 'put', kind: 'key', address: keyAddress(theirs), body: theirs, expect: 0 },
    ]);
    const keyId = `arn:aws:kms:${REGION}:${OTHER_ACCOUNT}:key/${key.id}`;
    const ciphertextBlob = await encrypted(rig, key.id);
    expect(await faultOf(rig.run('Decrypt', { ciphertextBlob, keyId }))).toMatchObject({
      code: 'IncorrectKeyException',
    });
  });

  it('that does not exist gives NotFoundException', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const ciphertextBlob = await encrypted(rig, key.id);
    expect(await faultOf(rig.run('Decrypt', { ciphertextBlob, keyId: NOBODY }))).toMatchObject({
      code: 'NotFoundException',
    });
  });
});

describe('Decrypt under a key that the engine itself has lost', () => {
  it.for([
    { what: 'the exported key token is damaged', at: 100 },
    { what: 'the generation of the domain is unknown', at: 1 },
  ])('does not blame the ciphertext: $what', async ({ at }) => {
    const rig = new Rig();
    const key = await rig.newKey();
    const ciphertextBlob = await encrypted(rig, key.id);
    const [material] = (await rig.record(key.id)).body.materials as [KeyMaterial];
    const token = Buffer.from(material.token, 'base64');
    token.writeUInt8(token.readUInt8(at) ^ 1, at);
    await rig.alter(key.id, { materials: [{ ...material, token: token.toString('base64') }] });
    await expect(rig.run('Decrypt', { ciphertextBlob })).rejects.toMatchObject({
      name: 'HsmFault',
      code: 'corrupt',
    });
  });
});

describe('Decrypt of a blob whose key is not here', () => {
  const SINCE_2025 =
    'User: arn:aws:iam::111122223333:root is not authorized to perform: kms:Decrypt on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access';
  const BEFORE_2025 =
    'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.';

  test.for([
    { missingKeyText: 'since-2025', detail: SINCE_2025 },
    { missingKeyText: 'before-2025', detail: BEFORE_2025 },
  ] as const)('is denied in the words of $missingKeyText', async ({ missingKeyText, detail }) => {
    const rig = new Rig({ missingKeyText });
    const key = await rig.newKey();
    const ciphertextBlob = await encrypted(rig, key.id);
    const elsewhere = callBy({ region: 'us-east-1' });
    expect(await faultOf(rig.run('Decrypt', { ciphertextBlob }, elsewhere))).toStrictEqual({
      code: 'AccessDeniedException',
      detail,
    });
  });
});

describe('a caller of another account', () => {
  const stranger = callBy({ account: OTHER_ACCOUNT });

  it('decrypts where that is allowed, with no key id, the ARN, or the bare id', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const ciphertextBlob = await encrypted(rig, key.id);
    for (const named of [{}, { keyId: key.arn }, { keyId: key.id }]) {
      const answer = await rig.run('Decrypt', { ciphertextBlob, ...named }, stranger);
      expect(answer).toMatchObject({ plaintext: PLAINTEXT, keyId: key.arn });
    }
  });

  it('decrypts not by the bare id of an own key, whosever the ciphertext is', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const own = await rig.newKey(stranger);
    const ciphertextBlob = await encrypted(rig, key.id);
    for (const keyId of [own.id, own.arn]) {
      expect(await faultOf(rig.run('Decrypt', { ciphertextBlob, keyId }, stranger))).toStrictEqual({
        code: 'IncorrectKeyException',
        detail: 'The key ID in the request does not identify a CMK that can perform this operation.',
      });
    }
  });

  it('encrypts by ARN, and not by the bare id, which means an own key', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    await rig.run('Encrypt', { keyId: key.arn, plaintext: PLAINTEXT }, stranger);
    const call = rig.run('Encrypt', { keyId: key.id, plaintext: PLAINTEXT }, stranger);
    expect(await faultOf(call)).toStrictEqual({
      code: 'NotFoundException',
      detail: `Key 'arn:aws:kms:eu-central-1:444455556666:key/${key.id}' does not exist`,
    });
  });
});

describe('DryRun', () => {
  const WOULD = {
    code: 'DryRunOperationException',
    detail: 'The request would have succeeded, but the DryRun option is set.',
  };

  it('of Encrypt uses no key', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    rig.vault.encrypt = () => Promise.reject(new HsmFault('internal', 'was used'));
    const call = rig.run('Encrypt', { keyId: key.id, plaintext: PLAINTEXT, dryRun: true });
    expect(await faultOf(call)).toStrictEqual(WOULD);
  });

  it('tells of what would have been refused', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    await rig.alter(key.id, { state: 'Disabled' });
    const call = rig.run('Encrypt', { keyId: key.id, plaintext: PLAINTEXT, dryRun: true });
    expect(await faultOf(call)).toMatchObject({ code: 'DisabledException' });
  });

  test.for([
    { title: 'no ciphertext', ciphertext: {} },
    { title: 'one that is none', ciphertext: { ciphertextBlob: bytesOf('rubbish') } },
  ])('of Decrypt with IGNORE_CIPHERTEXT takes $title', async ({ ciphertext }) => {
    const rig = new Rig();
    const key = await rig.newKey();
    const input = { ...ciphertext, keyId: key.id, dryRun: true, dryRunModifiers: ['IGNORE_CIPHERTEXT'] };
    expect(await faultOf(rig.run('Decrypt', input as never))).toStrictEqual(WOULD);
  });

  test.for([
    { title: 'a key id', input: { dryRun: true, dryRunModifiers: ['IGNORE_CIPHERTEXT'] } },
    { title: 'DryRun', input: { keyId: NOBODY, dryRunModifiers: ['IGNORE_CIPHERTEXT'] } },
    { title: 'ciphertext and modifiers', input: { keyId: NOBODY, dryRun: true } },
  ])('of Decrypt without $title is refused', async ({ input }) => {
    expect(await faultOf(new Rig().run('Decrypt', input as never))).toMatchObject({
      code: 'ValidationException',
    });
  });
});
