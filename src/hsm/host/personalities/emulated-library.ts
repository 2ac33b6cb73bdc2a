/**
 * The filter between a token host and SoftHSM2. It shows and does less than SoftHSM2, never more: every call that it
 * lets through is SoftHSM2's, every one that it refuses is answered with the return value of the emulated device.
 */
import pkcs11js, {
  type Handle,
  type KeyPair,
  type Mechanism,
  type PKCS11,
  type Template,
  type TokenInfo,
} from 'pkcs11js';
import { emulated } from '../../devices/emulation.ts';
import { fitsPinForm } from '../../devices/pin-form.ts';
import type { EmulatedDevice } from './emulated-device.ts';
import { roomTaken } from './object-room.ts';
import {
  CKR_FUNCTION_NOT_SUPPORTED,
  CKR_MECHANISM_INVALID,
  CKR_PIN_INVALID,
  CKR_SESSION_CLOSED,
  CKR_SESSION_COUNT,
  CKR_TEMPLATE_INCONSISTENT,
  type Personality,
  type Trouble,
} from './personality.ts';

/** `real` with the limits of `personality`; what else happens to the device, `device` says at each call. */
export function emulatedLibrary(real: PKCS11, personality: Personality, device: EmulatedDevice): PKCS11 {
  const gate = new Gate(real, personality, device);
  const own: Partial<PKCS11> = {
    ...shownDevice(real, personality, gate),
    ...sessions(real, personality, device, gate),
    ...work(real, gate),
    ...objects(real, gate),
  };
  return new Proxy(real, {
    get: (target, name) => {
      const found = own[name as keyof PKCS11] ?? target[name as keyof PKCS11];
      return typeof found === 'function' ? found.bind(target) : found;
    },
  });
}

/** What has to hold before a call is let through. Each of them throws the device's answer where it does not. */
class Gate {
  readonly #real: PKCS11;
  readonly #personality: Personality;
  readonly #device: EmulatedDevice;

  constructor(real: PKCS11, personality: Personality, device: EmulatedDevice) {
    this.#real = real;
    this.#personality = personality;
    this.#device = device;
  }

  knows(mechanism: number): void {
    if (!this.#personality.mechanisms.has(mechanism)) refuse(CKR_MECHANISM_INVALID);
  }

  works(): void {
    const trouble = this.#trouble();
    if (trouble !== undefined) refuse(trouble.answer);
    if (this.#device.hasLostSession()) refuse(CKR_SESSION_CLOSED);
  }

  opens(): void {
    const answer = this.#trouble()?.opening;
    if (answer !== undefined) refuse(answer);
  }

  /** All objects lie in the device itself, as long as there is room. */
  stores(session: Handle, ...templates: readonly (Template | undefined)[]): void {
    if (!templates.every(isOnToken)) refuse(CKR_TEMPLATE_INCONSISTENT);
    const limit = this.#personality.objects;
    if (limit !== undefined && roomTaken(this.#real, session, limit) >= limit.count) refuse(limit.full);
  }

  #trouble(): Trouble | undefined {
    return this.#personality.troubles[this.#device.trouble()];
  }
}

function shownDevice(real: PKCS11, { profile, model, mechanisms }: Personality, gate: Gate): Partial<PKCS11> {
  return {
    C_GetTokenInfo: (slot): TokenInfo => ({
      ...real.C_GetTokenInfo(slot),
      manufacturerID: emulated(profile.vendor),
      model: emulated(model),
    }),
    C_GetMechanismList: (slot) => real.C_GetMechanismList(slot).filter((each) => mechanisms.has(each)),
    C_GetMechanismInfo: (slot, mechanism) => {
      gate.knows(mechanism);
      return real.C_GetMechanismInfo(slot, mechanism);
    },
  };
}

function sessions(
  real: PKCS11,
  { profile, deviceSessions }: Personality,
  device: EmulatedDevice,
  gate: Gate,
): Partial<PKCS11> {
  return {
    C_OpenSession: (...args: Parameters<PKCS11['C_OpenSession']>) => {
      gate.opens();
      return real.C_OpenSession(...args);
    },
    C_CloseAllSessions: (slot) => {
      device.closeSession();
      real.C_CloseAllSessions(slot);
    },
    C_Login: (session, user, pin) => {
      gate.opens();
      if (!fitsPinForm(profile.pin, pin ?? '')) refuse(CKR_PIN_INVALID);
      if (deviceSessions !== undefined && !device.openSession(deviceSessions)) refuse(CKR_SESSION_COUNT);
      real.C_Login(session, user, pin);
    },
  };
}

function work(real: PKCS11, gate: Gate): Partial<PKCS11> {
  const starting =
    (name: 'C_EncryptInit' | 'C_DecryptInit' | 'C_SignInit' | 'C_VerifyInit') =>
    (session: Handle, mechanism: Mechanism, key: Handle): void => {
      gate.knows(mechanism.mechanism);
      gate.works();
      real[name](session, mechanism, key);
    };
  const finishing =
    (name: 'C_Encrypt' | 'C_Decrypt' | 'C_Sign') =>
    (session: Handle, input: Buffer, output: Buffer): Buffer => {
      gate.works();
      return real[name](session, input, output);
    };
  return {
    C_EncryptInit: starting('C_EncryptInit'),
    C_DecryptInit: starting('C_DecryptInit'),
    C_SignInit: starting('C_SignInit'),
    C_VerifyInit: starting('C_VerifyInit'),
    C_Encrypt: finishing('C_Encrypt'),
    C_Decrypt: finishing('C_Decrypt'),
    C_Sign: finishing('C_Sign'),
  };
}

function objects(real: PKCS11, gate: Gate): Partial<PKCS11> {
  return {
    C_CreateObject: (session, template) => {
      gate.works();
      gate.stores(session, template);
      return real.C_CreateObject(session, template);
    },
    C_CopyObject: () => refuse(CKR_FUNCTION_NOT_SUPPORTED),
    C_GenerateKey: (session: Handle, mechanism: Mechanism, template: Template): Handle => {
      gate.knows(mechanism.mechanism);
      gate.works();
      gate.stores(session, template);
      return real.C_GenerateKey(session, mechanism, template);
    },
    C_GenerateKeyPair: (
      session: Handle,
      mechanism: Mechanism,
      publicTemplate: Template,
      privateTemplate: Template,
    ): KeyPair => {
      gate.knows(mechanism.mechanism);
      gate.works();
      gate.stores(session, publicTemplate, privateTemplate);
      return real.C_GenerateKeyPair(session, mechanism, publicTemplate, privateTemplate);
    },
    // Neither device has a mechanism of the standard for it.
    C_WrapKey: () => refuse(CKR_MECHANISM_INVALID),
    C_UnwrapKey: () => refuse(CKR_MECHANISM_INVALID),
    // The secret of ECDH is the one object that lives in a session.
    C_DeriveKey: (session: Handle, mechanism: Mechanism, key: Handle, template: Template): Handle => {
      gate.knows(mechanism.mechanism);
      gate.works();
      return real.C_DeriveKey(session, mechanism, key, template);
    },
  };
}

function isOnToken(template: Template | undefined): boolean {
  return template?.some(({ type, value }) => type === pkcs11js.CKA_TOKEN && isTrue(value)) === true;
}

function isTrue(value: unknown): boolean {
  return value === true || (Buffer.isBuffer(value) && value[0] === 1);
}

function refuse(answer: string): never {
  throw new pkcs11js.Pkcs11Error(answer);
}
