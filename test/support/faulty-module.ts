/**
 * A token behind faulty-module.c: every PKCS#11 function of it can be told to fail, lag, hang or crash, for all
 * processes that use it or will, and says how often it was called. What a test orders and what was counted
 * stand in one file, which the module maps.
 */
import { execFile } from 'node:child_process';
import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Which calls an order is for: all from now on, unless told otherwise. */
export interface FaultSpan {
  /** Calls that are left alone first. */
  readonly after?: number;
  /** Calls that it then strikes. */
  readonly times?: number;
}

/** The token to put it in front of. */
export interface TokenBehind {
  readonly paths: { readonly directory: string; readonly module: string };
  readonly env: Readonly<Record<string, string>>;
}

/** Builds the module beside the token and creates its control file, in which nothing is ordered yet. */
export async function faultyModule(token: TokenBehind): Promise<FaultyModule> {
  const { directory } = token.paths;
  const path = join(directory, 'faulty-module.so');
  await promisify(execFile)('gcc', ['-shared', '-fPIC', '-O1', '-o', path, SOURCE, '-ldl']);
  const control = join(directory, 'faulty-module.control');
  const content = Buffer.alloc(HEADER_BYTES + PKCS11_FUNCTIONS.length * RECORD_BYTES);
  for (const [index, name] of PKCS11_FUNCTIONS.entries()) content.write(name, recordAt(index), 'latin1');
  writeFileSync(control, content);
  return new FaultyModule(token, path, control);
}

export class FaultyModule {
  /** What a process needs in its environment to use the module. */
  readonly env: Readonly<Record<string, string>>;
  readonly path: string;
  readonly #control: string;

  constructor(token: TokenBehind, path: string, control: string) {
    this.path = path;
    this.env = { ...token.env, FAULTY_MODULE: token.paths.module, FAULTY_CONTROL: control };
    this.#control = control;
  }

  /** Entries of `tokens` for the token behind this module. */
  get section(): Record<string, unknown> {
    return { module: this.path, env: this.env };
  }

  /** The function answers this CK_RV without doing anything. */
  fail(name: Pkcs11Function, value: number, span: FaultSpan = {}): void {
    this.#order(name, ACTIONS.answer, value, span);
  }

  /** The function does its work, and answers this CK_RV in place of its own. */
  failAfterwards(name: Pkcs11Function, value: number, span: FaultSpan = {}): void {
    this.#order(name, ACTIONS.doAndAnswer, value, span);
  }

  delay(name: Pkcs11Function, ms: number, span: FaultSpan = {}): void {
    this.#order(name, ACTIONS.delay, ms, span);
  }

  /** The function never returns, not even when it is healed: only the end of the process ends it. */
  hang(name: Pkcs11Function, span: FaultSpan = {}): void {
    this.#order(name, ACTIONS.hang, 0, span);
  }

  /** The process ends by SIGSEGV. */
  crash(name: Pkcs11Function, span: FaultSpan = {}): void {
    this.#order(name, ACTIONS.crash, 0, span);
  }

  /** Takes all orders back. */
  heal(): void {
    for (const name of PKCS11_FUNCTIONS) this.#write(at(name, FIELDS.action), ACTIONS.obey);
  }

  /** Calls by any process since the module was built, refused ones included. */
  calls(name: Pkcs11Function): number {
    return Number(this.#read(at(name, FIELDS.calls)));
  }

  /** CK_RV of the last calls, at most 64, the oldest first; undefined for one that has not returned. */
  answers(name: Pkcs11Function): (number | undefined)[] {
    const calls = this.calls(name);
    const kept = Math.min(calls, ANSWERS_KEPT);
    return Array.from({ length: kept }, (_, index) => {
      const slot = (calls - kept + index) % ANSWERS_KEPT;
      const noted = Number(this.#read(at(name, FIELDS.answers + slot * FIELD_BYTES)));
      return noted === 0 ? undefined : noted - 1;
    });
  }

  /** From now on so many wrong user PINs in a row lock the token, as a smart card does it. */
  countPinTries(tries: number): void {
    this.#write(HEADER.triesLeft, tries);
    this.#write(HEADER.tries, tries);
  }

  get pinTriesLeft(): number {
    return Number(this.#read(HEADER.triesLeft));
  }

  /** As if somebody had tried PINs elsewhere. */
  set pinTriesLeft(left: number) {
    this.#write(HEADER.triesLeft, left);
  }

  #order(name: Pkcs11Function, action: number, value: number, { after = 0, times }: FaultSpan): void {
    // Nothing is ordered while the order changes.
    this.#write(at(name, FIELDS.action), ACTIONS.obey);
    this.#write(at(name, FIELDS.value), value);
    this.#write(at(name, FIELDS.passes), after);
    this.#write(at(name, FIELDS.times), times ?? FOR_EVER);
    this.#write(at(name, FIELDS.action), action);
  }

  #write(offset: number, value: number | bigint): void {
    const bytes = Buffer.alloc(FIELD_BYTES);
    bytes.writeBigUInt64LE(BigInt(value));
    this.#open((file) => writeSync(file, bytes, 0, FIELD_BYTES, offset));
  }

  #read(offset: number): bigint {
    const bytes = Buffer.alloc(FIELD_BYTES);
    this.#open((file) => readSync(file, bytes, 0, FIELD_BYTES, offset));
    return bytes.readBigUInt64LE();
  }

  #open(use: (file: number) => void): void {
    const file = openSync(this.#control, 'r+');
    try {
      use(file);
    } finally {
      closeSync(file);
    }
  }
}

export type Pkcs11Function = (typeof PKCS11_FUNCTIONS)[number];

/** In the order of CK_FUNCTION_LIST; the module refuses a control file of another order. */
export const PKCS11_FUNCTIONS = [
  'C_Initialize',
  'C_Finalize',
  'C_GetInfo',
  'C_GetFunctionList',
  'C_GetSlotList',
  'C_GetSlotInfo',
  'C_GetTokenInfo',
  'C_GetMechanismList',
  'C_GetMechanismInfo',
  'C_InitToken',
  'C_InitPIN',
  'C_SetPIN',
  'C_OpenSession',
  'C_CloseSession',
  'C_CloseAllSessions',
  'C_GetSessionInfo',
  'C_GetOperationState',
  'C_SetOperationState',
  'C_Login',
  'C_Logout',
  'C_CreateObject',
  'C_CopyObject',
  'C_DestroyObject',
  'C_GetObjectSize',
  'C_GetAttributeValue',
  'C_SetAttributeValue',
  'C_FindObjectsInit',
  'C_FindObjects',
  'C_FindObjectsFinal',
  'C_EncryptInit',
  'C_Encrypt',
  'C_EncryptUpdate',
  'C_EncryptFinal',
  'C_DecryptInit',
  'C_Decrypt',
  'C_DecryptUpdate',
  'C_DecryptFinal',
  'C_DigestInit',
  'C_Digest',
  'C_DigestUpdate',
  'C_DigestKey',
  'C_DigestFinal',
  'C_SignInit',
  'C_Sign',
  'C_SignUpdate',
  'C_SignFinal',
  'C_SignRecoverInit',
  'C_SignRecover',
  'C_VerifyInit',
  'C_Verify',
  'C_VerifyUpdate',
  'C_VerifyFinal',
  'C_VerifyRecoverInit',
  'C_VerifyRecover',
  'C_DigestEncryptUpdate',
  'C_DecryptDigestUpdate',
  'C_SignEncryptUpdate',
  'C_DecryptVerifyUpdate',
  'C_GenerateKey',
  'C_GenerateKeyPair',
  'C_WrapKey',
  'C_UnwrapKey',
  'C_DeriveKey',
  'C_SeedRandom',
  'C_GenerateRandom',
  'C_GetFunctionStatus',
  'C_CancelFunction',
  'C_WaitForSlotEvent',
] as const;

function at(name: Pkcs11Function, field: number): number {
  return recordAt(PKCS11_FUNCTIONS.indexOf(name)) + field;
}

function recordAt(index: number): number {
  return HEADER_BYTES + index * RECORD_BYTES;
}

/** The layout of `struct Control`: fields of eight bytes, little-endian. */
const FIELD_BYTES = 8;
const HEADER = { tries: 0, triesLeft: 8 };
const HEADER_BYTES = 16;
const FIELDS = { calls: 32, action: 40, value: 48, passes: 56, times: 64, answers: 72 };
const ANSWERS_KEPT = 64;
const RECORD_BYTES = FIELDS.answers + ANSWERS_KEPT * FIELD_BYTES;
const ACTIONS = { obey: 0, answer: 1, doAndAnswer: 2, delay: 3, hang: 4, crash: 5 };
const FOR_EVER = 2n ** 64n - 1n;
const SOURCE = join(import.meta.dirname, 'faulty-module.c');
