import { describe, expect, it, test } from 'vitest';
import { HsmFault } from '../../../../src/domain/hsm-fault.ts';
import { bytesOf, callBy, faultOf, OTHER_ACCOUNT, Rig } from './rig.ts';

const PLAINTEXT = bytesOf('attack at dawn');
const WRONG_KEY = 'The key ID in the request does not identify a CMK that can perform this operation.';

async function stand() {
  const rig = new Rig();
  const [from, to] = [await rig.newKey(), await rig.newKey()];
  await rig.addAlias('alias/source', from.id);
  const encryptionContext = { old: 'context' };
  const made = await rig.run('Encrypt', { keyId: from.id, plaintext: PLAINTEXT, encryptionContext });
  const source = {
    ciphertextBlob: made.ciphertextBlob as Uint8Array,
    sourceEncryptionContext: encryptionContext,
  };
  return { rig, from, to, source };
}

describe('ReEncrypt', () => {
  it('answers with the new blob, and both keys, algorithms and materials', async () => {
    const { rig, from, to, source } = await stand();
    const answer = await rig.run('ReEncrypt', {
      ...source,
      destinationKeyId: to.id,
      destinationEncryptionContext: { new: 'context' },
    });
    expect(answer).toStrictEqual({
      ciphertextBlob: expect.any(Uint8Array),
      keyId: to.arn,
      sourceKeyId: from.arn,
      sourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      destinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      sourceKeyMaterialId: (await rig.record(from.id)).body.currentMaterialId,
      destinationKeyMaterialId: (await rig.record(to.id)).body.currentMaterialId,
    });
    const opened = await rig.run('Decrypt', {
      ciphertextBlob: answer.ciphertextBlob as Uint8Array,
      encryptionContext: { new: 'context' },
    });
    expect(opened).toMatchObject({ plaintext: PLAINTEXT, keyId: to.arn });
  });

  it('may stay with its key, and takes the destination by alias', async () => {
    const { rig, from, source } = await stand();
    await rig.addAlias('alias/same', from.id);
    const answer = await rig.run('ReEncrypt', { ...source, destinationKeyId: 'alias/same' });
    expect(answer).toMatchObject({ keyId: from.arn, sourceKeyId: from.arn });
  });

  it('does not keep the old context', async () => {
    const { rig, to, source } = await stand();
    const { ciphertextBlob } = await rig.run('ReEncrypt', { ...source, destinationKeyId: to.id });
    const answer = await rig.run('Decrypt', { ciphertextBlob: ciphertextBlob as Uint8Array });
    expect(answer.plaintext).toStrictEqual(PLAINTEXT);
  });

  it('wipes the plaintext, also when the destination fails', async () => {
    const { rig, to, source } = await stand();
    const bytes = bytesOf('attack at dawn');
    rig.vault.decrypt = async () => bytes as Buffer;
    rig.vault.encrypt = () => Promise.reject(new HsmFault('timeout', 'too slow'));
    const call = rig.run('ReEncrypt', { ...source, destinationKeyId: to.id });
    expect(await faultOf(call)).toMatchObject({ code: 'timeout' });
    expect([...bytes]).toStrictEqual(new Array(14).fill(0));
  });

  it('reaches both keys from another account', async () => {
    const { rig, to, source } = await stand();
    const stranger = callBy({ account: OTHER_ACCOUNT });
    const answer = await rig.run('ReEncrypt', { ...source, destinationKeyId: to.arn }, stranger);
    expect(answer.keyId).toBe(to.arn);
  });

  test.for([
    {
      title: 'another context',
      input: { sourceEncryptionContext: {} },
      code: 'InvalidCiphertextException',
    },
    {
      title: 'an algorithm that the source lacks',
      input: { sourceKeyId: 'alias/source', sourceEncryptionAlgorithm: 'RSAES_OAEP_SHA_1' },
      code: 'InvalidKeyUsageException',
      detail: 'Algorithm RSAES_OAEP_SHA_1 is incompatible with key spec SYMMETRIC_DEFAULT.',
    },
    {
      title: 'an algorithm that the destination lacks',
      input: { destinationEncryptionAlgorithm: 'RSAES_OAEP_SHA_256' },
      code: 'InvalidKeyUsageException',
      detail: 'Algorithm RSAES_OAEP_SHA_256 is incompatible with key spec SYMMETRIC_DEFAULT.',
    },
    {
      title: 'a dry run',
      input: { dryRun: true },
      code: 'DryRunOperationException',
      detail: 'The request would have succeeded, but the DryRun option is set.',
    },
    {
      title: 'no ciphertext',
      input: { ciphertextBlob: undefined },
      code: 'ValidationException',
      detail:
        "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null",
    },
    {
      title: 'a dry run without ciphertext and source key',
      input: { dryRun: true, dryRunModifiers: ['IGNORE_CIPHERTEXT'] },
      code: 'ValidationException',
      detail: 'SourceKeyId is required where DryRunModifiers has IGNORE_CIPHERTEXT.',
    },
  ])('with $title gives $code', async ({ input, code, detail }) => {
    const { rig, to, source } = await stand();
    const request = { ...source, destinationKeyId: to.id, ...input };
    expect(await faultOf(rig.run('ReEncrypt', request as never))).toStrictEqual({ code, detail });
  });

  it('with another source key gives IncorrectKeyException', async () => {
    const { rig, to, source } = await stand();
    const call = rig.run('ReEncrypt', { ...source, sourceKeyId: to.id, destinationKeyId: to.id });
    expect(await faultOf(call)).toStrictEqual({ code: 'IncorrectKeyException', detail: WRONG_KEY });
  });

  it('of a dry run takes a source key for the ciphertext', async () => {
    const { rig, from, to } = await stand();
    const call = rig.run('ReEncrypt', {
      sourceKeyId: from.id,
      destinationKeyId: to.id,
      dryRun: true,
      dryRunModifiers: ['IGNORE_CIPHERTEXT'],
    });
    expect(await faultOf(call)).toMatchObject({ code: 'DryRunOperationException' });
  });

  test.for(['from', 'to'] as const)('refuses a disabled key: %s', async (side) => {
    const { rig, from, to, source } = await stand();
    const keys = { from, to };
    await rig.alter(keys[side].id, { state: 'Disabled' });
    expect(await faultOf(rig.run('ReEncrypt', { ...source, destinationKeyId: to.id }))).toStrictEqual({
      code: 'DisabledException',
      detail: `${keys[side].arn} is disabled.`,
    });
  });
});
