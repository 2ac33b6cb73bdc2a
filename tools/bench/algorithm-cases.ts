/** What is measured: every operation that works with keys, for every spec, with requests that succeed. */
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { ALGORITHMS, type AlgorithmRow } from '../../src/domain/key/algorithms.ts';
import { KEY_KINDS } from '../../src/domain/key/key-specs.ts';
import type { AlgorithmClient } from './algorithm-client.ts';
import type { WorkName } from './algorithms-run.ts';
import type { RequestOrder } from './signed-requests.ts';

export interface AlgorithmCase extends WorkName {
  readonly orders: readonly RequestOrder[];
}

/** Makes the keys and everything else that the requests need. */
export async function algorithmCases(client: AlgorithmClient): Promise<readonly AlgorithmCase[]> {
  const cases: AlgorithmCase[] = [];
  const keys = new Map<string, string>();
  for (const row of ALGORITHMS.filter(isMeasured)) {
    const name = `${row.spec} ${row.usage}`;
    const key = keys.get(name) ?? (await newKey(client, row));
    keys.set(name, key);
    cases.push(...(await casesOf(client, row, key)));
  }
  const symmetric = keys.get('SYMMETRIC_DEFAULT ENCRYPT_DECRYPT') ?? '';
  const signing = keys.get('RSA_2048 SIGN_VERIFY') ?? '';
  return [
    ...cases,
    caseOf(client, 'GetPublicKey', { spec: 'RSA_2048', algorithm: '' }, { KeyId: signing }),
    caseOf(client, 'GenerateRandom', { spec: '', algorithm: '' }, { NumberOfBytes: 32 }),
    ...PAIR_SPECS.map((spec) =>
      caseOf(client, 'GenerateDataKeyPair', { spec, algorithm: '' }, { KeyId: symmetric, KeyPairSpec: spec }),
    ),
    ...KEY_KINDS.filter(({ spec }, at) => KEY_KINDS[at - 1]?.spec !== spec).map(({ spec, usage }) =>
      caseOf(client, 'CreateKey', { spec, algorithm: '' }, { KeySpec: spec, KeyUsage: usage }),
    ),
  ];
}

/** The hash makes no difference to RSA that could be measured. */
function isMeasured({ algorithm }: AlgorithmRow): boolean {
  return !/^RSASSA.*(384|512)$/.test(algorithm);
}

async function newKey(client: AlgorithmClient, { spec, usage }: AlgorithmRow): Promise<string> {
  const answer = await client.call('CreateKey', { KeySpec: spec, KeyUsage: usage });
  return (answer['KeyMetadata'] as unknown as { KeyId: string }).KeyId;
}

async function casesOf(client: AlgorithmClient, row: AlgorithmRow, KeyId: string): Promise<AlgorithmCase[]> {
  const of = (operation: string, input: object, suffix = ''): AlgorithmCase =>
    caseOf(client, operation, { ...row, algorithm: `${row.algorithm}${suffix}` }, input);
  switch (row.kind) {
    case 'symmetric': {
      const plain = { KeyId, Plaintext: bytes(100) };
      const { CiphertextBlob } = await client.call('Encrypt', plain);
      return [
        of('Encrypt', plain),
        of('Decrypt', { CiphertextBlob }),
        of('ReEncrypt', { CiphertextBlob, DestinationKeyId: KeyId }),
        of('GenerateDataKey', { KeyId, KeySpec: 'AES_256' }),
      ];
    }
    case 'rsa-oaep': {
      const plain = { KeyId, Plaintext: bytes(100), EncryptionAlgorithm: row.algorithm };
      const { CiphertextBlob } = await client.call('Encrypt', plain);
      const sealed = { KeyId, CiphertextBlob, EncryptionAlgorithm: row.algorithm };
      return [of('Encrypt', plain), of('Decrypt', sealed)];
    }
    case 'hmac': {
      const message = { KeyId, Message: bytes(100), MacAlgorithm: row.algorithm };
      const { Mac } = await client.call('GenerateMac', message);
      return [of('GenerateMac', message), of('VerifyMac', { ...message, Mac })];
    }
    case 'ecdh': {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: row.curve });
      const PublicKey = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
      return [of('DeriveSharedSecret', { KeyId, PublicKey, KeyAgreementAlgorithm: 'ECDH' })];
    }
    case 'ml-kem': {
      const asked = { KeyId, EncapsulationAlgorithm: 'ML_KEM' };
      const { SharedSecretCiphertextBlob } = await client.call('Encapsulate', asked);
      return [of('Encapsulate', asked), of('Decapsulate', { ...asked, SharedSecretCiphertextBlob })];
    }
    case 'ed25519ph':
      return await signatures('DIGEST', createHash('sha512').update('bench').digest('base64'));
    case 'ml-dsa':
      return [
        ...(await signatures('RAW', bytes(100))),
        ...(await signatures('EXTERNAL_MU', bytes(64), ', external μ')),
      ];
    default:
      return await signatures('RAW', bytes(100));
  }

  async function signatures(MessageType: string, Message: string, suffix = ''): Promise<AlgorithmCase[]> {
    const message = { KeyId, Message, MessageType, SigningAlgorithm: row.algorithm };
    const { Signature } = await client.call('Sign', message);
    return [of('Sign', message, suffix), of('Verify', { ...message, Signature }, suffix)];
  }
}

function caseOf(
  client: AlgorithmClient,
  operation: string,
  { spec, algorithm }: { readonly spec: string; readonly algorithm: string },
  input: object,
): AlgorithmCase {
  return { operation, spec, algorithm, orders: [client.order(operation, input)] };
}

function bytes(length: number): string {
  return randomBytes(length).toString('base64');
}

export const PAIR_SPECS = [
  ...['RSA_2048', 'RSA_3072', 'RSA_4096'],
  ...['ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521', 'ECC_SECG_P256K1', 'ECC_NIST_EDWARDS25519'],
  ...['ML_KEM_512', 'ML_KEM_768', 'ML_KEM_1024'],
];
