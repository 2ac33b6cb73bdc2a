/** The AWS Encryption SDKs for JavaScript and for Python, with KMS keyrings: what one seals, the other opens. */
import { buildClient, CommitmentPolicy, KmsKeyringNode } from '@aws-crypto/client-node';
import { KMS } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startKmsForTests, type TestKms } from '../../src/testing.ts';
import { type ClientProgram, runClient } from '../support/clients/client-program.ts';
import { pythonProgram } from '../support/clients/python-program.ts';

const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
const SHORT = 'a few words, ä💙';
/** Of many frames. */
const LONG = 'long '.repeat(30_000);
const CONTEXT = { tenant: 'a', purpose: 'ä💙' };

let kms: TestKms;
/** In two Regions. */
let arn: string;
let otherArn: string;

beforeAll(async () => {
  kms = await startKmsForTests();
  [arn, otherArn] = [await newKey('eu-west-1'), await newKey('us-east-1')];
});
afterAll(() => kms[Symbol.asyncDispose]());

function clientIn(region: string): KMS {
  return new KMS({ region, endpoint: kms.endpoint, credentials: kms.credentials, maxAttempts: 1 });
}

type KeyringInput = NonNullable<ConstructorParameters<typeof KmsKeyringNode>[0]>;
/** Its own type has members that are undefined where exactOptionalPropertyTypes wants none. */
const clientProvider = clientIn as NonNullable<KeyringInput['clientProvider']>;

async function newKey(region: string): Promise<string> {
  return (await clientIn(region).createKey({})).KeyMetadata?.Arn ?? '';
}

async function seal(text: string): Promise<Buffer> {
  const keyring = new KmsKeyringNode({ clientProvider, generatorKeyId: arn, keyIds: [otherArn] });
  return (await encrypt(keyring, Buffer.from(text), { encryptionContext: CONTEXT })).result;
}

async function open(message: Buffer, key = arn): Promise<{ text: string; context: unknown }> {
  const keyring = new KmsKeyringNode({ clientProvider, keyIds: [key] });
  const { plaintext, messageHeader } = await decrypt(keyring, message);
  return { text: plaintext.toString(), context: { ...messageHeader.encryptionContext } };
}

/** The context is in the header as it is: what it says of the tenant becomes another. */
function ofAnotherTenant(message: Buffer): Buffer {
  const changed = Buffer.from(message);
  const name = Buffer.from('tenant\0\x01');
  changed.write('b', changed.indexOf(name) + name.length);
  return changed;
}

/** What is in the header besides: the key of the signature that ends the message. */
const OPENED_CONTEXT = { ...CONTEXT, 'aws-crypto-public-key': expect.any(String) };

describe('the AWS Encryption SDK for JavaScript', () => {
  it('opens what it sealed, by the key of either Region', async () => {
    const message = await seal(LONG);

    expect(await open(message, arn)).toEqual({ text: LONG, context: OPENED_CONTEXT });
    expect(await open(message, otherArn)).toEqual({ text: LONG, context: OPENED_CONTEXT });
  });

  it('finds the key of a message by itself', async () => {
    const keyring = new KmsKeyringNode({ clientProvider, discovery: true });
    const { plaintext } = await decrypt(keyring, await seal(SHORT));

    expect(plaintext.toString()).toBe(SHORT);
  });

  it('is refused the data key under another context', async () => {
    await expect(open(ofAnotherTenant(await seal(SHORT)))).rejects.toThrow('InvalidCiphertextException');
  });

  it('is refused the data key by another key', async () => {
    await expect(open(await seal(SHORT), await newKey('eu-west-1'))).rejects.toThrow();
  });
});

describe('the AWS Encryption SDKs for Python and JavaScript', () => {
  let program: ClientProgram;
  let python: PythonAnswer;

  beforeAll(async () => {
    const message = await seal(SHORT);
    const sealed = message.toString('base64');
    program = await pythonProgram('encryption_sdk.py', 'aws_encryption_sdk', MATERIAL_PROVIDERS, 'boto3');
    python = (await runClient(program, kms, {
      encrypt: [SHORT, LONG].map((text) => ({ arn, text, context: CONTEXT })),
      decrypt: [
        { arn, message: sealed, context: CONTEXT },
        { arn: otherArn, message: sealed },
        { arn, message: (await seal(LONG)).toString('base64') },
        { arn, message: sealed, context: { tenant: 'b' } },
        { arn, message: ofAnotherTenant(message).toString('base64') },
        { arn: await newKey('eu-west-1'), message: sealed },
      ],
    })) as PythonAnswer;
  });
  beforeEach(({ skip }) => {
    if ('absent' in program) skip(program.absent);
  });
  afterAll(() => {
    if (python !== undefined) process.stdout.write(`${python.versions.join(', ')}\n`);
  });

  it('open in Python what was sealed in JavaScript, by the key of either Region', () => {
    expect(python.decrypted.slice(0, 3)).toEqual([
      { text: SHORT, context: OPENED_CONTEXT },
      { text: SHORT, context: OPENED_CONTEXT },
      { text: LONG, context: OPENED_CONTEXT },
    ]);
  });

  it('open in JavaScript what was sealed in Python', async () => {
    const opened = await Promise.all(python.encrypted.map((text) => open(Buffer.from(text, 'base64'))));

    expect(opened).toEqual([
      { text: SHORT, context: OPENED_CONTEXT },
      { text: LONG, context: OPENED_CONTEXT },
    ]);
  });

  it('are refused the data key under another context, or by another key', async () => {
    const [message = ''] = python.encrypted;

    expect(python.decrypted.slice(3)).toEqual([
      { refused: expect.stringContaining('Encryption context does not match') },
      { refused: expect.stringContaining('No Configured KMS Key was able to decrypt the Data Key') },
      { refused: expect.stringMatching(/Unable to decrypt data key|No Configured KMS Key/i) },
    ]);
    await expect(open(ofAnotherTenant(Buffer.from(message, 'base64')))).rejects.toThrow(
      'InvalidCiphertextException',
    );
  });
});

interface PythonAnswer {
  readonly versions: readonly string[];
  /** Base64. */
  readonly encrypted: readonly string[];
  readonly decrypted: readonly unknown[];
}

const MATERIAL_PROVIDERS = 'aws_cryptographic_material_providers';
