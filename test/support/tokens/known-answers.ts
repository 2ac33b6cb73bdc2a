/**
 * Known answers of mechanisms that Portcullis has a use for, under session keys that are gone afterwards. What
 * has to come out is OpenSSL's word, CMAC's apart, which is example 2 of SP 800-38B for AES-256.
 */
import { createCipheriv, createHmac } from 'node:crypto';
import pkcs11js, { type AesGCM, type Handle, type Mechanism, type PKCS11 } from 'pkcs11js';
import type { KnownAnswer, MechanismName, WorkbenchResults } from './workbench-orders.ts';

interface Question {
  readonly name: MechanismName;
  readonly keyType: 'AES' | 'GENERIC_SECRET';
  readonly usage: 'encrypt' | 'sign';
  readonly mechanism: Mechanism;
  readonly expected: Uint8Array;
}

export function askKnownAnswers(library: PKCS11, session: Handle): WorkbenchResults['ask known answers'] {
  const answers = QUESTIONS.map((question) => [question.name, ask(library, session, question)] as const);
  return Object.fromEntries(answers) as WorkbenchResults['ask known answers'];
}

function ask(library: PKCS11, session: Handle, question: Question): KnownAnswer {
  let key: Handle;
  try {
    key = importSessionKey(library, session, question);
  } catch (error) {
    return `no key: ${ckrName(error)}`;
  }
  try {
    const output = Buffer.alloc(question.expected.length);
    const answer =
      question.usage === 'sign'
        ? sign(library, session, question, key, output)
        : encrypt(library, session, question, key, output);
    return answer.equals(question.expected) ? 'right' : 'wrong';
  } catch (error) {
    return ckrName(error);
  } finally {
    library.C_DestroyObject(session, key);
  }
}

function sign(
  library: PKCS11,
  session: Handle,
  { mechanism }: Question,
  key: Handle,
  output: Buffer,
): Buffer {
  library.C_SignInit(session, mechanism, key);
  return library.C_Sign(session, MESSAGE, output);
}

function encrypt(
  library: PKCS11,
  session: Handle,
  { mechanism }: Question,
  key: Handle,
  output: Buffer,
): Buffer {
  library.C_EncryptInit(session, mechanism, key);
  return library.C_Encrypt(session, MESSAGE, output);
}

function importSessionKey(library: PKCS11, session: Handle, { keyType, usage }: Question): Handle {
  return library.C_CreateObject(session, [
    { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_SECRET_KEY },
    {
      type: pkcs11js.CKA_KEY_TYPE,
      value: keyType === 'AES' ? pkcs11js.CKK_AES : pkcs11js.CKK_GENERIC_SECRET,
    },
    { type: pkcs11js.CKA_TOKEN, value: false },
    { type: pkcs11js.CKA_PRIVATE, value: true },
    { type: usage === 'sign' ? pkcs11js.CKA_SIGN : pkcs11js.CKA_ENCRYPT, value: true },
    { type: pkcs11js.CKA_VALUE, value: KEY },
  ]);
}

function ckrName(error: unknown): `CKR_${string}` {
  if (error instanceof pkcs11js.Pkcs11Error) return error.message as `CKR_${string}`;
  throw error;
}

function ciphertext(name: 'aes-256-ecb' | 'aes-256-cbc', iv: Uint8Array | null): Buffer {
  return createCipheriv(name, KEY, iv).setAutoPadding(false).update(MESSAGE);
}

function gcmCiphertext(): Buffer {
  const cipher = createCipheriv('aes-256-gcm', KEY, GCM_IV).setAAD(AAD);
  return Buffer.concat([cipher.update(MESSAGE), cipher.final(), cipher.getAuthTag()]);
}

const KEY = Buffer.from('603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4', 'hex');
const MESSAGE = Buffer.from('6bc1bee22e409f96e93d7e117393172a', 'hex');
const CBC_IV = Buffer.alloc(16);
const GCM_IV = Buffer.alloc(12, 1);
const AAD = Buffer.from('associated');
const GCM: AesGCM = {
  type: pkcs11js.CK_PARAMS_AES_GCM_v240,
  iv: GCM_IV,
  ivBits: 96,
  aad: AAD,
  tagBits: 128,
};

const QUESTIONS: readonly Question[] = [
  {
    name: 'CKM_AES_GCM',
    keyType: 'AES',
    usage: 'encrypt',
    mechanism: {
      mechanism: pkcs11js.CKM_AES_GCM,
      parameter: GCM,
    },
    expected: gcmCiphertext(),
  },
  {
    name: 'CKM_AES_CMAC',
    keyType: 'AES',
    usage: 'sign',
    mechanism: { mechanism: pkcs11js.CKM_AES_CMAC },
    expected: Buffer.from('28a7023f452e8f82bd4bf28d8c37c35c', 'hex'),
  },
  {
    name: 'CKM_SHA256_HMAC',
    keyType: 'GENERIC_SECRET',
    usage: 'sign',
    mechanism: { mechanism: pkcs11js.CKM_SHA256_HMAC },
    expected: createHmac('sha256', KEY).update(MESSAGE).digest(),
  },
  {
    name: 'CKM_AES_CBC',
    keyType: 'AES',
    usage: 'encrypt',
    mechanism: { mechanism: pkcs11js.CKM_AES_CBC, parameter: CBC_IV },
    expected: ciphertext('aes-256-cbc', CBC_IV),
  },
  {
    name: 'CKM_AES_ECB',
    keyType: 'AES',
    usage: 'encrypt',
    mechanism: { mechanism: pkcs11js.CKM_AES_ECB },
    expected: ciphertext('aes-256-ecb', null),
  },
];
