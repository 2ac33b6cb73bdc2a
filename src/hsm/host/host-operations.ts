/** What a token host does for each operation. State grows in one order: open, login, prepare, then work. */
import type { PKCS11 } from 'pkcs11js';
import type { DerivedScheme } from '../../domain/hsm/aead-scheme.ts';
import type { KeySelector } from '../../domain/hsm/key-selector.ts';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { KeyDescription } from '../../domain/ports/hsm.ts';
import { type GcmText, openOnce, sealOnce } from '../aead/one-time-gcm.ts';
import type { Capability } from '../devices/features.ts';
import type { DeviceProfile } from '../devices/profile.ts';
import { SCHEME_MECHANISMS } from '../devices/scheme-mechanisms.ts';
import type { NewKeyRequest, NewToken } from '../devices/token-shapes.ts';
import { GCM_TAG_BYTES, type GcmInput, gcmDecrypt, gcmEncrypt } from '../pkcs11/aes-gcm.ts';
import { pinUnjudged } from '../pkcs11/ckr.ts';
import { generateKey, initToken, listKeys } from '../pkcs11/key-administration.ts';
import type { KeyOrigin } from '../pkcs11/key-attributes.ts';
import { type IsAdmitted, KeyLocator } from '../pkcs11/key-locator.ts';
import { Pkcs11Failure } from '../pkcs11/pkcs11-failure.ts';
import { findToken, loadModule, type TokenSlot } from '../pkcs11/pkcs11-module.ts';
import { tryGcm } from '../pkcs11/probe/gcm-trial.ts';
import { probeSchemes, probeToken } from '../pkcs11/probe/probe-token.ts';
import type { ProbePlace } from '../pkcs11/probe/trial.ts';
import { SessionPool } from '../pkcs11/session-pool.ts';
import { keyFingerprint } from '../wire/key-fingerprint.ts';
import {
  type DerivedMessage,
  decodeDerived,
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
import { administerDomainKeys } from './administer-domain-keys.ts';
import { Canary } from './canary.ts';
import { deriveKey, withWiped } from './derived-key.ts';
import { VaultOperations } from './vault-operations.ts';

export class HostOperations {
  readonly #load: LoadModule;
  readonly #canary = new Canary({
    encrypt: (message) =>
      'scheme' in message ? this.#withDerivedKey(message, sealOnce) : this.#withKey(message, gcmEncrypt),
    decrypt: (message) =>
      'scheme' in message ? this.#withDerivedKey(message, openOnce) : this.#withKey(message, gcmDecrypt),
    answers: () => need(this.#library, 'open').C_GetTokenInfo(need(this.#token, 'open').slot),
    sight: () => need(this.#keys, 'login').sight(),
  });
  #library: PKCS11 | undefined;
  #profile: DeviceProfile | undefined;
  #token: TokenSlot | undefined;
  #sessions: SessionPool | undefined;
  #keys: KeyLocator | undefined;
  #vault: VaultOperations | undefined;
  #gcm: Capability = 'listed';
  #prfs: Readonly<Record<DerivedScheme, Capability>> = UNTRIED;
  #probedMs = 0;
  #loginAnswered = false;
  /** Calls that the module works on, on threads of the binding. */
  #aside = 0;

  /** `load` is the door for a test that puts faults between us and the module. */
  constructor(load: LoadModule = loadModule) {
    this.#load = load;
  }

  get profile(): DeviceProfile {
    return need(this.#profile, 'open');
  }

  /** The reply's body; a promise of it where the work goes on beside that of others. Throws, or rejects with, an HsmFault. */
  run(operation: OperationName, body: Uint8Array): Uint8Array | Promise<Uint8Array> {
    switch (operation) {
      case 'open':
        return this.#open(decodeJson<OpenMessage>(body));
      case 'login':
        return this.#login(body);
      case 'prepare':
        return this.#prepare(decodeJson<PrepareMessage>(body));
      case 'describe':
        return encodeJson(
          this.#locating(() => need(this.#keys, 'login').describe(decodeJson<KeySelector>(body))),
        );
      case 'gcmEncrypt':
        return this.#locating(() => this.#withKey(decodeGcm(body), gcmEncrypt));
      case 'gcmDecrypt':
        return this.#locating(() => this.#gcmDecrypt(decodeGcm(body)));
      case 'derivedEncrypt':
        return this.#locating(() => this.#withDerivedKey(decodeDerived(body), sealOnce));
      case 'derivedDecrypt':
        return this.#locating(() => this.#withDerivedKey(decodeDerived(body), openOnce));
      case 'listKeys':
        return this.#listKeys(decodeJson<ListKeysMessage>(body));
      case 'probe':
        return this.#probe();
      case 'initToken':
        return this.#initToken(body);
      case 'generateKey':
        return this.#generateKey(decodeJson<NewKeyRequest>(body));
      case 'makeDomainKeys':
      case 'importDomainKeys':
      case 'destroyDomainKeys':
        need(this.#keys, 'login');
        return administerDomainKeys(need(this.#library, 'open'), need(this.#token, 'open').slot, {
          operation,
          body,
        });
      default:
        return this.#locatingAside(() => need(this.#vault, 'login').run(operation, body));
    }
  }

  /** Whether the token can be trusted to have judged a failed operation by its input. */
  tokenIsSound(failed: OperationName): boolean {
    return this.#canary.tokenIsSound(ENCRYPTIONS.has(failed) ? 'encryption' : 'anything else');
  }

  /** Whether this device answers nothing more to this process after such a return value. */
  endsHost(value: number): boolean {
    return this.#profile?.hostEndingCodes.includes(value) === true;
  }

  /**
   * Does what the device wants done before the process ends. What fails then matters to nobody. A module that is ended
   * under a call of its own crashes: then the process just ends.
   */
  sayFarewell(): void {
    if (this.#aside > 0) return;
    for (const call of this.#profile?.farewell ?? []) {
      try {
        if (call === 'C_Finalize') this.#library?.C_Finalize();
        else if (this.#token !== undefined) this.#library?.C_CloseAllSessions(this.#token.slot);
      } catch {
        // The next step may still work, and the end comes either way.
      }
    }
  }

  /** Whether this fault of C_Login leaves the PIN untried. */
  pinUnjudged(fault: HsmFault): boolean {
    if (this.#loginAnswered) return false;
    if (!(fault instanceof Pkcs11Failure)) return true;
    return fault.functionName !== 'C_Login' || pinUnjudged(fault.value);
  }

  #open(message: OpenMessage): Uint8Array {
    this.#profile = message.profile;
    this.#library ??= this.#load(message.module, message.libraryParameters);
    if (message.token === undefined) return encodeJson({});
    this.#token = findToken(this.#library, message.token);
    this.#sessions ??= new SessionPool(this.#library, this.#token.slot, this.#profile);
    return encodeJson(this.#token.info);
  }

  #login(pin: Uint8Array): Uint8Array {
    need(this.#token, 'open');
    const sessions = need(this.#sessions, 'open');
    try {
      sessions.login(Buffer.from(pin.buffer, pin.byteOffset, pin.length).toString('utf8'));
      this.#loginAnswered = true;
    } finally {
      pin.fill(0);
    }
    const library = need(this.#library, 'open');
    this.#keys = new KeyLocator(library, sessions, this.#keyOrigin());
    const limit = this.profile.maxWorkingKeys ?? MAX_WORKING_KEYS;
    this.#vault = new VaultOperations({ library, sessions, keys: this.#keys, profile: this.profile, limit });
    return EMPTY;
  }

  /** The answer names what keeps the health key from being used: the token still serves its other keys. */
  #prepare(message: PrepareMessage): Uint8Array {
    const { gcm, hmac, cmac, cbc } = probeSchemes(this.#probePlace());
    this.#gcm = gcm.capability;
    this.#prfs = { hmac: hmac.capability, cmac: cmac.capability, 'cbc-mac': cbc.capability };
    this.#probedMs = performance.now();
    const canary = this.#canary.prepare(message.healthKey);
    const found = { hmac: hmac.capability, cmac: cmac.capability, cbc: cbc.capability };
    return encodeJson({ gcm: this.#gcm, ...found, canary } satisfies PreparedToken);
  }

  /** A refusal may have been trouble of the moment, so it is not believed for the host's whole life. */
  #doesGcm(): boolean {
    if (this.#gcm === 'refused' && performance.now() - this.#probedMs >= PROBE_AGAIN_MS) {
      this.#probedMs = performance.now();
      this.#gcm = tryGcm(this.#probePlace()).capability;
    }
    return this.#gcm === 'tested' || this.#gcm === 'listed';
  }

  /** A token that went away under its login shows no objects any more, which must not pass for a deleted key. */
  #locating<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof HsmFault) || error.code !== 'not-found') throw error;
      if (this.#canary.tokenIsSound('anything else')) throw error;
      throw new TokenGone(error);
    }
  }

  /** The same of work that may go on beside that of others. */
  #locatingAside(work: () => Uint8Array | Promise<Uint8Array>): Uint8Array | Promise<Uint8Array> {
    const answer = this.#locating(work);
    return answer instanceof Promise ? this.#locatingLater(answer) : answer;
  }

  async #locatingLater(answer: Promise<Uint8Array>): Promise<Uint8Array> {
    this.#aside += 1;
    try {
      return await answer;
    } catch (error) {
      return this.#locating(() => {
        throw error;
      });
    } finally {
      this.#aside -= 1;
    }
  }

  #gcmDecrypt(message: GcmMessage): Buffer {
    if (message.input.length < GCM_TAG_BYTES) throw new HsmFault('corrupt', 'the tag is cut off');
    return this.#withKey(message, gcmDecrypt);
  }

  #withKey(message: GcmMessage, work: GcmWork): Buffer {
    if (!this.#doesGcm()) {
      throw new HsmFault('unsupported', 'the token cannot do AES-GCM (CKM_AES_GCM)');
    }
    this.#refuseTooLong(message.input.length + message.aad.length);
    const library = need(this.#library, 'open');
    const keys = need(this.#keys, 'login');
    return keys.withKey(message.selector, admits(message), (session, key) =>
      work(library, session, key, message),
    );
  }

  #refuseTooLong(bytes: number): void {
    const { name, maxDataBytes } = this.profile;
    if (maxDataBytes === undefined || bytes <= maxDataBytes) return;
    throw new HsmFault(
      'unsupported',
      `${name} takes ${maxDataBytes} bytes in one call, and this is ${bytes}`,
    );
  }

  /** The token derives, this process encrypts: the derived key leaves neither it nor this call. */
  #withDerivedKey(message: DerivedMessage, work: OneTimeWork): Buffer {
    const { scheme } = message;
    // What a wrong function derives, nothing else could ever derive again.
    if (this.#prfs[scheme] === 'missing' || this.#prfs[scheme] === 'wrong') {
      const { name } = SCHEME_MECHANISMS[scheme];
      throw new HsmFault('unsupported', `the token cannot do ${name}, which scheme ${scheme} needs`);
    }
    const library = need(this.#library, 'open');
    const derived = need(this.#keys, 'login').withKey(message.selector, admits(message), (session, key) =>
      deriveKey(library, session, key, message),
    );
    return withWiped(derived, (key) => work(key, message));
  }

  #listKeys(message: ListKeysMessage): Uint8Array {
    need(this.#keys, 'login');
    const token = need(this.#token, 'open');
    const page = { ...this.#keyOrigin(), offset: message.offset, limit: KEYS_PER_PAGE };
    return encodeJson(listKeys(need(this.#library, 'open'), token.slot, page));
  }

  #keyOrigin(): KeyOrigin {
    const { info } = need(this.#token, 'open');
    return { tokenSerial: info.serial, showsAesKeysAlike: this.profile.showsAesKeysAlike === true };
  }

  #probe(): Uint8Array {
    need(this.#keys, 'login');
    return encodeJson(probeToken(this.#probePlace()));
  }

  #probePlace(): ProbePlace {
    const { slot, info } = need(this.#token, 'open');
    return {
      library: need(this.#library, 'open'),
      slot,
      sessions: need(this.#sessions, 'open'),
      mechanisms: info.mechanisms,
      profile: this.profile,
    };
  }

  #initToken(body: Uint8Array): Uint8Array {
    const serial = initToken(need(this.#library, 'open'), decodeJson<NewToken>(body));
    body.fill(0);
    return encodeJson({ serial });
  }

  #generateKey(request: NewKeyRequest): Uint8Array {
    need(this.#keys, 'login');
    generateKey(need(this.#library, 'open'), need(this.#token, 'open').slot, request);
    return EMPTY;
  }
}

/** The token shows none of the objects that it showed before: this host will not find them again. */
export class TokenGone extends HsmFault {
  constructor(cause: HsmFault) {
    super('unavailable', 'the token shows no objects any more', { cause });
  }
}

function admits({ fingerprint }: GcmMessage): IsAdmitted {
  if (fingerprint.length === 0) return () => true;
  return (description: KeyDescription) => Buffer.compare(keyFingerprint(description), fingerprint) === 0;
}

/** Before `prepare`. */
const UNTRIED = { hmac: 'listed', cmac: 'listed', 'cbc-mac': 'listed' } as const;

const ENCRYPTIONS: ReadonlySet<OperationName> = new Set(['gcmEncrypt', 'derivedEncrypt']);
const MAX_WORKING_KEYS = 10_000;
const PROBE_AGAIN_MS = 1_000;

/** Keys in one answer of `listKeys`: their descriptions stay well below the frame limit. */
const KEYS_PER_PAGE = 50;

export type LoadModule = typeof loadModule;

type OneTimeWork = (key: Buffer, text: GcmText) => Buffer;

type GcmWork = (library: PKCS11, session: Buffer, key: Buffer, message: GcmInput) => Buffer;

function need<T>(value: T | undefined, step: string): T {
  if (value === undefined) throw new HsmFault('unavailable', `the token host has not done "${step}" yet`);
  return value;
}

const EMPTY = new Uint8Array(0);
