/**
 * Keys for trying a mechanism: they live in one session, are destroyed after the trial, and are never token
 * objects, whatever the token makes of CKA_TOKEN.
 */
import pkcs11js, { type Handle, type PKCS11, type Template } from 'pkcs11js';
import { HsmFault } from '../../../domain/hsm-fault.ts';
import { callPkcs11, Pkcs11Failure } from '../pkcs11-failure.ts';
import { MECHANISMS, type MechanismName } from './mechanisms.ts';

/** The token makes no key to try with; its other keys are none of this. */
export class NoTrialKey extends Error {
  override readonly name = 'NoTrialKey';
}

export interface TrialPair {
  readonly publicKey: Handle;
  readonly privateKey: Handle;
}

export class ThrowAwayKeys {
  readonly #library: PKCS11;
  readonly #session: Handle;
  readonly #handles: Handle[] = [];

  /** The session must be open for as long as the keys are wanted. */
  constructor(library: PKCS11, session: Handle) {
    this.#library = library;
    this.#session = session;
  }

  /** A secret key of a known value. Throws {@link NoTrialKey}. */
  secret(keyType: number, value: Uint8Array, usages: Template): Handle {
    const template: Template = [
      { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_SECRET_KEY },
      { type: pkcs11js.CKA_KEY_TYPE, value: keyType },
      ...SENSITIVE,
      ...usages,
      { type: pkcs11js.CKA_VALUE, value: Buffer.from(value) },
    ];
    const [key] = this.#make('C_CreateObject', () => [this.#library.C_CreateObject(this.#session, template)]);
    return key as Handle;
  }

  /** A key pair made by the token. Throws {@link NoTrialKey}. */
  pair(mechanism: MechanismName, publicTemplate: Template, privateUsages: Template): TrialPair {
    const open = [...SESSION_ONLY, { type: pkcs11js.CKA_PRIVATE, value: false }];
    let made: TrialPair | undefined;
    this.#make('C_GenerateKeyPair', () => {
      made = this.#library.C_GenerateKeyPair(
        this.#session,
        { mechanism: MECHANISMS[mechanism] },
        [...open, ...publicTemplate],
        [...SENSITIVE, ...privateUsages],
      );
      return [made.publicKey, made.privateKey];
    });
    return made as TrialPair;
  }

  /** A secret that both sides know, derived from a private key; readable, for comparison. Throws a Pkcs11Failure. */
  derivedValue(mechanism: pkcs11js.Mechanism, privateKey: Handle, bytes: number): Buffer {
    const template: Template = [
      { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_SECRET_KEY },
      { type: pkcs11js.CKA_KEY_TYPE, value: pkcs11js.CKK_GENERIC_SECRET },
      ...SESSION_ONLY,
      { type: pkcs11js.CKA_PRIVATE, value: true },
      { type: pkcs11js.CKA_SENSITIVE, value: false },
      { type: pkcs11js.CKA_EXTRACTABLE, value: true },
      { type: pkcs11js.CKA_VALUE_LEN, value: bytes },
    ];
    const key = callPkcs11('C_DeriveKey', () =>
      this.#library.C_DeriveKey(this.#session, mechanism, privateKey, template),
    );
    this.#handles.push(key);
    return this.attribute(key, pkcs11js.CKA_VALUE);
  }

  attribute(key: Handle, type: number): Buffer {
    const [attribute] = callPkcs11('C_GetAttributeValue', () =>
      this.#library.C_GetAttributeValue(this.#session, key, [{ type }]),
    );
    return Buffer.isBuffer(attribute?.value) ? attribute.value : Buffer.alloc(0);
  }

  /** Also what closing the session would remove is removed here: some tokens keep more than they should. */
  destroyAll(): void {
    for (const handle of this.#handles.splice(0)) {
      try {
        this.#library.C_DestroyObject(this.#session, handle);
      } catch {
        // It goes with the session.
      }
    }
  }

  #make(functionName: string, make: () => readonly Handle[]): readonly Handle[] {
    let made: readonly Handle[];
    try {
      made = callPkcs11(functionName, make);
    } catch (cause) {
      if (cause instanceof Pkcs11Failure && cause.blame === 'host') throw cause;
      const origin = cause instanceof Pkcs11Failure ? cause.origin : functionName;
      throw new NoTrialKey(`no session key to try it with (${origin})`, { cause });
    }
    this.#handles.push(...made);
    for (const handle of made) this.#refuseLasting(handle);
    return made;
  }

  /** A module that takes CKA_TOKEN false for true has written a key to the device, which must not stay there. */
  #refuseLasting(handle: Handle): void {
    if (this.#goesWithSession(handle)) return;
    try {
      callPkcs11('C_DestroyObject', () => this.#library.C_DestroyObject(this.#session, handle));
    } catch (cause) {
      throw new HsmFault(
        'internal',
        `the token kept a throw-away key as an object and does not destroy it: remove what is labelled "${LABEL}", and set sessionKeys: false in a profile of the site`,
        { cause },
      );
    }
    throw new NoTrialKey(
      'the token makes lasting objects of session keys, and this one was destroyed at once',
    );
  }

  /** Only what the token says plainly counts. */
  #goesWithSession(handle: Handle): boolean {
    try {
      return this.attribute(handle, pkcs11js.CKA_TOKEN)[0] === 0;
    } catch (error) {
      if (error instanceof Pkcs11Failure && error.blame !== 'host') return false;
      throw error;
    }
  }
}

const LABEL = 'portcullis trial';

const SESSION_ONLY: Template = [
  { type: pkcs11js.CKA_TOKEN, value: false },
  { type: pkcs11js.CKA_LABEL, value: LABEL },
];

const SENSITIVE: Template = [
  ...SESSION_ONLY,
  { type: pkcs11js.CKA_PRIVATE, value: true },
  { type: pkcs11js.CKA_SENSITIVE, value: true },
  { type: pkcs11js.CKA_EXTRACTABLE, value: false },
];
