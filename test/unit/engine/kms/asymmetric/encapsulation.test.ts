import { createPrivateKey, createPublicKey, decapsulate, encapsulate } from 'node:crypto';
import { ml_kem512, ml_kem768, ml_kem1024 } from '@noble/post-quantum/ml-kem.js';
import { describe, expect, it, test } from 'vitest';
import { HsmFault } from '../../../../../src/domain/hsm-fault.ts';
import { callBy, faultOf, OTHER_ACCOUNT, Rig } from '../rig.ts';
import { newKeyOf } from './keys.ts';
import { sowKnownKey } from './known-keys.ts';

const ID = '00000000-0000-4000-8000-000000000001';
/** FIPS 203, tables 2 and 3. `oid`: the last octet of the object identifier (RFC 9935). */
const SIZES = [
  { spec: 'ML_KEM_512', kem: ml_kem512, oid: '01', key: 800, ciphertext: 768 },
  { spec: 'ML_KEM_768', kem: ml_kem768, oid: '02', key: 1184, ciphertext: 1088 },
  { spec: 'ML_KEM_1024', kem: ml_kem1024, oid: '03', key: 1568, ciphertext: 1568 },
] as const;

const USES = ['Encapsulate', 'Decapsulate'] as const;

const requests = {
  Encapsulate: (keyId: string) => ({ keyId, encapsulationAlgorithm: 'ML_KEM' }) as const,
  Decapsulate: (keyId: string) =>
    ({
      keyId,
      encapsulationAlgorithm: 'ML_KEM',
      sharedSecretCiphertextBlob: Buffer.alloc(1088),
    }) as const,
};

function open(rig: Rig, keyId: string, sharedSecretCiphertextBlob: Uint8Array) {
  return rig.run('Decapsulate', { keyId, sharedSecretCiphertextBlob, encapsulationAlgorithm: 'ML_KEM' });
}

/** A key that follows from this seed. */
async function sownKey(rig: Rig, { spec, oid }: Pick<(typeof SIZES)[number], 'spec' | 'oid'>, seed: Buffer) {
  const head = Buffer.from(`3054020100300b06096086480165030404${oid}04428040`, 'hex');
  const pkcs8 = Buffer.concat([head, seed]);
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  return sowKnownKey(rig, { id: ID, spec, usage: 'ENCAPSULATE_DECAPSULATE' }, privateKey, pkcs8);
}

describe('Encapsulate', () => {
  test.for(SIZES)('to $spec gives a secret and a ciphertext of $ciphertext bytes', async (row) => {
    const rig = new Rig();
    const key = await newKeyOf(rig, row.spec, 'ENCAPSULATE_DECAPSULATE');
    const answer = await rig.run('Encapsulate', requests.Encapsulate(key.id));
    expect(answer).toStrictEqual({
      keyId: key.arn,
      sharedSecret: expect.any(Uint8Array),
      sharedSecretCiphertextBlob: expect.any(Uint8Array),
      encapsulationAlgorithm: 'ML_KEM',
    });
    expect(answer.sharedSecret).toHaveLength(32);
    expect(answer.sharedSecretCiphertextBlob).toHaveLength(row.ciphertext);
  });

  test.for(SIZES)('to $spec is opened by node:crypto and by @noble/post-quantum', async (row) => {
    const rig = new Rig();
    const seed = Buffer.alloc(64, 0x5e);
    const key = await sownKey(rig, row, seed);
    const answer = await rig.run('Encapsulate', requests.Encapsulate(key.id));
    const secret = Buffer.from(answer.sharedSecret as Uint8Array);
    const ciphertext = Uint8Array.from(answer.sharedSecretCiphertextBlob as Uint8Array);
    expect(decapsulate(key.privateKey, ciphertext)).toStrictEqual(secret);
    const { secretKey } = row.kem.keygen(Uint8Array.from(seed));
    expect(Buffer.from(row.kem.decapsulate(ciphertext, secretKey))).toStrictEqual(secret);
  });

  it('gives another secret each time, and asks the vault for the public key once', async () => {
    const rig = new Rig();
    const key = await newKeyOf(rig, 'ML_KEM_768', 'ENCAPSULATE_DECAPSULATE');
    let asked = 0;
    const publicKey = rig.vault.publicKey.bind(rig.vault);
    rig.vault.publicKey = (...call) => {
      asked += 1;
      return publicKey(...call);
    };
    const first = await rig.run('Encapsulate', requests.Encapsulate(key.id));
    const second = await rig.run('Encapsulate', requests.Encapsulate(key.id));
    expect(first.sharedSecret).not.toStrictEqual(second.sharedSecret);
    expect(asked).toBe(1);
  });
});

describe('Decapsulate', () => {
  test.for(SIZES)('by $spec gives the secret again', async (row) => {
    const rig = new Rig();
    const key = await newKeyOf(rig, row.spec, 'ENCAPSULATE_DECAPSULATE');
    const made = await rig.run('Encapsulate', requests.Encapsulate(key.id));
    const answer = await open(rig, key.id, made.sharedSecretCiphertextBlob as Uint8Array);
    expect(answer).toStrictEqual({
      keyId: key.arn,
      sharedSecret: made.sharedSecret,
      encapsulationAlgorithm: 'ML_KEM',
    });
  });

  test.for(SIZES)('by $spec opens what node:crypto and @noble/post-quantum encapsulate', async (row) => {
    const rig = new Rig();
    const key = await newKeyOf(rig, row.spec, 'ENCAPSULATE_DECAPSULATE');
    const spki = Buffer.from((await rig.run('GetPublicKey', { keyId: key.id })).publicKey as Uint8Array);
    const byNode = encapsulate(createPublicKey({ key: spki, format: 'der', type: 'spki' }));
    const opened = await open(rig, key.id, byNode.ciphertext);
    expect(Buffer.from(opened.sharedSecret as Uint8Array)).toStrictEqual(byNode.sharedKey);
    const byNoble = row.kem.encapsulate(Uint8Array.from(spki.subarray(-row.key)));
    const again = await open(rig, key.id, byNoble.cipherText);
    expect(Buffer.from(again.sharedSecret as Uint8Array)).toStrictEqual(Buffer.from(byNoble.sharedSecret));
  });

  test.for(SIZES)('by $spec gives the secret of FIPS 203 for a ciphertext that was altered', async (row) => {
    const rig = new Rig();
    const seed = Buffer.alloc(64, 0xf1);
    const key = await sownKey(rig, row, seed);
    const { secretKey } = row.kem.keygen(Uint8Array.from(seed));
    const made = await rig.run('Encapsulate', requests.Encapsulate(key.id));
    const altered = Uint8Array.from(made.sharedSecretCiphertextBlob as Uint8Array);
    altered[0] = (altered[0] as number) ^ 1;
    for (const ciphertext of [
      altered,
      new Uint8Array(row.ciphertext),
      new Uint8Array(row.ciphertext).fill(255),
    ]) {
      const { sharedSecret } = await open(rig, key.id, ciphertext);
      expect(Buffer.from(sharedSecret as Uint8Array)).toStrictEqual(
        Buffer.from(row.kem.decapsulate(ciphertext, secretKey)),
      );
      expect(sharedSecret).not.toStrictEqual(made.sharedSecret);
    }
  });

  test.for(SIZES)(
    'by $spec refuses a ciphertext of another length, before the vault sees it',
    async (row) => {
      const rig = new Rig();
      const key = await newKeyOf(rig, row.spec, 'ENCAPSULATE_DECAPSULATE');
      rig.vault.decapsulate = () => Promise.reject(new HsmFault('internal', 'the vault was asked'));
      for (const length of [1, row.ciphertext - 1, row.ciphertext + 1, 6144]) {
        const request = {
          keyId: key.id,
          sharedSecretCiphertextBlob: Buffer.alloc(length),
          encapsulationAlgorithm: 'ML_KEM',
        } as const;
        const refusal = { code: 'InvalidCiphertextException', detail: undefined };
        expect(await faultOf(rig.run('Decapsulate', request)), `${length} bytes`).toStrictEqual(refusal);
        expect(await faultOf(rig.run('Decapsulate', { ...request, dryRun: true }))).toStrictEqual(refusal);
      }
    },
  );

  it('lets a fault of the vault pass', async () => {
    const rig = new Rig();
    const key = await newKeyOf(rig, 'ML_KEM_768', 'ENCAPSULATE_DECAPSULATE');
    rig.vault.decapsulate = () => Promise.reject(new HsmFault('timeout', 'too slow'));
    expect(await faultOf(open(rig, key.id, Buffer.alloc(1088)))).toMatchObject({ code: 'timeout' });
  });
});

describe.each(USES)('%s', (name) => {
  it('reaches a key of another account by its ARN', async () => {
    const rig = new Rig();
    const key = await newKeyOf(rig, 'ML_KEM_768', 'ENCAPSULATE_DECAPSULATE');
    const stranger = callBy({ account: OTHER_ACCOUNT });
    const answer = await rig.run(name, requests[name](key.arn) as never, stranger);
    expect(answer).toMatchObject({ keyId: key.arn });
  });

  it('refuses a key that is for something else', async () => {
    const rig = new Rig();
    const key = await newKeyOf(rig, 'ML_DSA_44', 'SIGN_VERIFY');
    expect(await faultOf(rig.run(name, requests[name](key.id) as never))).toStrictEqual({
      code: 'InvalidKeyUsageException',
      detail: `${key.arn} key usage is SIGN_VERIFY which is not valid for ${name}.`,
    });
  });

  test.for([
    { state: 'Disabled', code: 'DisabledException', text: 'is disabled.' },
    { state: 'PendingDeletion', code: 'KMSInvalidStateException', text: 'is pending deletion.' },
    { state: 'PendingImport', code: 'KMSInvalidStateException', text: 'is pending import.' },
  ] as const)('refuses a key that is $state', async ({ state, code, text }) => {
    const rig = new Rig();
    const key = await newKeyOf(rig, 'ML_KEM_768', 'ENCAPSULATE_DECAPSULATE');
    await rig.alter(key.id, { state });
    const fault = await faultOf(rig.run(name, requests[name](key.id) as never));
    expect(fault).toStrictEqual({ code, detail: `${key.arn} ${text}` });
  });

  it('of a dry run answers that it would have succeeded', async () => {
    const rig = new Rig();
    const key = await newKeyOf(rig, 'ML_KEM_768', 'ENCAPSULATE_DECAPSULATE');
    const request = { ...requests[name](key.id), dryRun: true };
    expect(await faultOf(rig.run(name, request as never))).toStrictEqual({
      code: 'DryRunOperationException',
      detail: 'The request would have succeeded, but the DryRun option is set.',
    });
  });

  it('is the last use of its key', async () => {
    const rig = new Rig();
    const key = await newKeyOf(rig, 'ML_KEM_768', 'ENCAPSULATE_DECAPSULATE');
    await rig.run(name, requests[name](key.id) as never);
    expect(await rig.run('GetKeyLastUsage', { keyId: key.id })).toMatchObject({
      keyLastUsage: { operation: name },
    });
  });
});
