/** What a token host does for each operation. State grows in one order: open, login, prepare, then work. */
import { randomBytes } from 'node:crypto';
import type { PKCS11 } from 'pkcs11js';
import type { KeySelector } from '../../domain/hsm/key-selector.ts';
import { HsmFault } from '../../domain/hsm-fault.ts';
import { profileOf } from '../devices/profiles.ts';
import type { AesKeyRequest, NewToken } from '../devices/token-shapes.ts';
import { GCM_TAG_BYTES, type GcmInput, gcmDecrypt, gcmEncrypt } from '../pkcs11/aes-gcm.ts';
import { pinUnjudged } from '../pkcs11/ckr.ts';
import { type GcmCapability, probeGcm } from '../pkcs11/gcm-probe.ts';
import { generateAesKey, initToken, listKeys } from '../pkcs11/key-administration.ts';
import { KeyLocator } from '../pkcs11/key-locator.ts';
import { Pkcs11Failure } from '../pkcs11/pkcs11-failure.ts';
import { findToken, loadModule, type TokenSlot } from '../pkcs11/pkcs11-module.ts';
import { SessionPool } from '../pkcs11/session-pool.ts';
import {
  decodeGcm,
  decodeJson,
  encodeJson,
  type GcmMessage,
  type ListKeysMessage,
  type OpenMessage,
  type PreparedToken,
  type PrepareMessage,
} from '../wire/messages.ts';
import type { OperationName } from '../wire/operations.ts';

export class HostOperations {
  #library: PKCS11 | undefined;
  #token: TokenSlot | undefined;
  #sessions: SessionPool | undefined;
  #keys: KeyLocator | undefined;
  #canary: Canary | undefined;
  #gcm: GcmCapability = 'listed';
  #loginAnswered = false;

  /** The reply's body. Throws an HsmFault. */
  run(operation: OperationName, body: Uint8Array): Uint8Array {
    switch (operation) {
      case 'open':
        return this.#open(decodeJson<OpenMessage>(body));
      case 'login':
        return this.#login(body);
      case 'prepare':
        return this.#prepare(decodeJson<PrepareMessage>(body));
      case 'describe':
        return encodeJson(need(this.#keys, 'login').describe(decodeJson<KeySelector>(body)));
      case 'gcmEncrypt':
        return this.#gcmEncrypt(decodeGcm(body));
      case 'gcmDecrypt':
        return this.#gcmDecrypt(decodeGcm(body));
      case 'listKeys':
        return this.#listKeys(decodeJson<ListKeysMessage>(body));
      case 'initToken': {
        const serial = initToken(need(this.#library, 'open'), decodeJson<NewToken>(body));
        body.fill(0);
        return encodeJson({ serial });
      }
      case 'generateKey':
        need(this.#keys, 'login');
        generateAesKey(
          need(this.#library, 'open'),
          need(this.#token, 'open').slot,
          decodeJson<AesKeyRequest>(body),
        );
        return EMPTY;
    }
  }

  /**
   * Whether the known ciphertext still decrypts to the known plaintext. Where no health key could be used to
   * make one, the token's answer to C_GetTokenInfo has to do.
   */
  canaryPasses(): boolean {
    try {
      if (this.#canary !== undefined)
        return this.#gcmDecrypt(this.#canary.message).equals(this.#canary.plaintext);
      need(this.#library, 'open').C_GetTokenInfo(need(this.#token, 'open').slot);
      return true;
    } catch {
      // Whatever it is that fails: a token that cannot do this is not sound.
      return false;
    }
  }

  /** Whether this fault of C_Login leaves the PIN untried. */
  pinUnjudged(fault: HsmFault): boolean {
    if (this.#loginAnswered) return false;
    if (!(fault instanceof Pkcs11Failure)) return true;
    return fault.functionName !== 'C_Login' || pinUnjudged(fault.value);
  }

  #open(message: OpenMessage): Uint8Array {
    this.#library ??= loadModule(message.module, message.libraryParameters);
    if (message.token === undefined) return encodeJson({});
    this.#token = findToken(this.#library, message.token);
    this.#sessions = new SessionPool(this.#library, this.#token.slot, profileOf(message.profile).maxSessions);
    return encodeJson(this.#token.info);
  }

  #login(pin: Uint8Array): Uint8Array {
    const token = need(this.#token, 'open');
    const sessions = need(this.#sessions, 'open');
    try {
      sessions.login(Buffer.from(pin.buffer, pin.byteOffset, pin.length).toString('utf8'));
      this.#loginAnswered = true;
    } finally {
      pin.fill(0);
    }
    this.#keys = new KeyLocator(need(this.#library, 'open'), sessions, token.info.serial);
    return EMPTY;
  }

  /** The answer names what keeps the health key from being used: the token still serves its other keys. */
  #prepare(message: PrepareMessage): Uint8Array {
    const token = need(this.#token, 'open');
    this.#gcm = probeGcm(need(this.#library, 'open'), need(this.#sessions, 'open'), token.info.mechanisms);
    return encodeJson({ gcm: this.#gcm, canary: this.#tryCanary(message.healthKey) } satisfies PreparedToken);
  }

  #tryCanary(healthKey: KeySelector | undefined): string {
    if (healthKey === undefined) return 'no health key is configured';
    try {
      this.#canary = this.#makeCanary(healthKey);
      return '';
    } catch (error) {
      if (error instanceof HsmFault && KEY_FAULTS.has(error.code)) return error.detail;
      throw error;
    }
  }

  #makeCanary(selector: KeySelector): Canary {
    const plaintext = randomBytes(16);
    const iv = randomBytes(12);
    const aad = Buffer.from('portcullis canary');
    const input = Buffer.from(this.#gcmEncrypt({ selector, iv, aad, input: plaintext }));
    return { plaintext, message: { selector, iv, aad, input } };
  }

  #gcmEncrypt(message: GcmMessage): Buffer {
    return this.#withKey(message, gcmEncrypt);
  }

  #gcmDecrypt(message: GcmMessage): Buffer {
    if (message.input.length < GCM_TAG_BYTES) throw new HsmFault('corrupt', 'the tag is cut off');
    return this.#withKey(message, gcmDecrypt);
  }

  #withKey(message: GcmMessage, work: GcmWork): Buffer {
    if (this.#gcm === 'missing' || this.#gcm === 'wrong') {
      throw new HsmFault('unsupported', 'the token cannot do AES-GCM (CKM_AES_GCM)');
    }
    const library = need(this.#library, 'open');
    return need(this.#keys, 'login').withKey(message.selector, (session, key) =>
      work(library, session, key, message),
    );
  }

  #listKeys(message: ListKeysMessage): Uint8Array {
    need(this.#keys, 'login');
    const token = need(this.#token, 'open');
    const page = { tokenSerial: token.info.serial, offset: message.offset, limit: KEYS_PER_PAGE };
    return encodeJson(listKeys(need(this.#library, 'open'), token.slot, page));
  }
}

/** Keys in one answer of `listKeys`: their descriptions stay well below the frame limit. */
const KEYS_PER_PAGE = 50;

interface Canary {
  readonly plaintext: Buffer;
  readonly message: GcmMessage;
}

type GcmWork = (library: PKCS11, session: Buffer, key: Buffer, message: GcmInput) => Buffer;

function need<T>(value: T | undefined, step: string): T {
  if (value === undefined) throw new HsmFault('unavailable', `the token host has not done "${step}" yet`);
  return value;
}

/** Faults that speak of the health key alone. */
const KEY_FAULTS: ReadonlySet<HsmFault['code']> = new Set(['not-found', 'ambiguous', 'usage', 'unsupported']);

const EMPTY = new Uint8Array(0);
