import { createPublicKey, encapsulate, randomBytes, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type AlgorithmRow, algorithmsOf } from '../../../../src/domain/key/algorithms.ts';
import { signEdwards } from '../../../../src/hsm/asymmetric/edwards.ts';
import { signMlDsa } from '../../../../src/hsm/asymmetric/ml-dsa.ts';
import { decapsulateMlKem } from '../../../../src/hsm/asymmetric/ml-kem.ts';
import { materialOfSeed } from '../../../../src/hsm/asymmetric/seed-key.ts';

const ED25519 = { spec: 'ECC_NIST_EDWARDS25519', usage: 'SIGN_VERIFY' } as const;
const ML_DSA = { spec: 'ML_DSA_65', usage: 'SIGN_VERIFY' } as const;
const ML_KEM = { spec: 'ML_KEM_768', usage: 'ENCAPSULATE_DECAPSULATE' } as const;
const edwards = rowOf(ED25519, 'ed25519');
const edwardsPh = rowOf(ED25519, 'ed25519ph');
const mlDsa = rowOf(ML_DSA, 'ml-dsa');
const mlKem = rowOf(ML_KEM, 'ml-kem');
const MESSAGE = Buffer.from('a message');

describe('work with a seed', () => {
  it.for([
    {
      what: 'an Ed25519 signature',
      bytes: 32,
      work: (seed: Buffer) => signEdwards(seed, { row: edwards, form: 'message', input: MESSAGE }),
    },
    {
      what: 'an Ed25519ph signature',
      bytes: 32,
      work: (seed: Buffer) => signEdwards(seed, { row: edwardsPh, form: 'digest', input: Buffer.alloc(64) }),
    },
    {
      what: 'an ML-DSA signature',
      bytes: 32,
      work: (seed: Buffer) => signMlDsa(seed, { row: mlDsa, form: 'message', input: MESSAGE }),
    },
    {
      what: 'an ML-DSA signature of μ',
      bytes: 32,
      work: (seed: Buffer) => signMlDsa(seed, { row: mlDsa, form: 'mu', input: Buffer.alloc(64) }),
    },
    {
      what: 'a decapsulation',
      bytes: 64,
      work: (seed: Buffer) => decapsulateMlKem(seed, mlKem, Buffer.alloc(1088)),
    },
  ])('wipes it after $what', async ({ bytes, work }) => {
    const seed = randomBytes(bytes);
    expect((await work(seed)).length).toBeGreaterThan(0);
    expect(seed.every((byte) => byte === 0)).toBe(true);
  });

  it('wipes it also when a ciphertext has another length', () => {
    const seed = randomBytes(64);
    expect(() => decapsulateMlKem(seed, mlKem, Buffer.alloc(1))).toThrow(
      expect.objectContaining({ code: 'corrupt' }),
    );
    expect(seed.every((byte) => byte === 0)).toBe(true);
  });

  it('signs with fresh randomness each time, where that is usual', async () => {
    const seed = randomBytes(32);
    const sign = async (form: 'message' | 'mu', input: Buffer) =>
      Buffer.from(await signMlDsa(Buffer.from(seed), { row: mlDsa, form, input })).toString('hex');
    expect(await sign('message', MESSAGE)).not.toBe(await sign('message', MESSAGE));
    expect(await sign('mu', Buffer.alloc(64))).not.toBe(await sign('mu', Buffer.alloc(64)));
  });

  it('is what the public key checks', async () => {
    const seed = randomBytes(32);
    const key = { key: materialOfSeed('ML_DSA_65', seed).publicKey, format: 'der', type: 'spki' } as const;
    const signature = await signMlDsa(seed, { row: mlDsa, form: 'message', input: MESSAGE });
    expect(verify(null, MESSAGE, createPublicKey(key), signature)).toBe(true);
  });

  it('is what was encapsulated', () => {
    const seed = randomBytes(64);
    const key = { key: materialOfSeed('ML_KEM_768', seed).publicKey, format: 'der', type: 'spki' } as const;
    const { sharedKey, ciphertext } = encapsulate(createPublicKey(key));
    expect(decapsulateMlKem(seed, mlKem, ciphertext).equals(sharedKey)).toBe(true);
  });
});

function rowOf<K extends AlgorithmRow['kind']>(
  kind: Parameters<typeof algorithmsOf>[0],
  name: K,
): Extract<AlgorithmRow, { readonly kind: K }> {
  const row = algorithmsOf(kind).find((each) => each.kind === name);
  return row as AlgorithmRow as Extract<AlgorithmRow, { readonly kind: K }>;
}
