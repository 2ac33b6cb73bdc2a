/**
 * Frame bodies. Those of the data path are binary; those of set-up are JSON, since they are rare and
 * both ends have one version.
 */
import { type DerivedScheme, derivedSchemeOf, SCHEME_NUMBERS } from '../../domain/hsm/aead-scheme.ts';
import type { HealthKey } from '../../domain/hsm/health-key.ts';
import type { KeySelector } from '../../domain/hsm/key-selector.ts';
import { HSM_FAULT_CODES, HsmFault, type HsmFaultCode } from '../../domain/hsm-fault.ts';
import type { Capability } from '../devices/features.ts';
import type { DeviceProfile } from '../devices/profile.ts';
import { FieldReader, type FieldToWrite, joinFields } from './byte-codec.ts';
import { FrameFault } from './frame.ts';

/** Both directions of AES-GCM: `input` is the plaintext, or ciphertext ‖ tag. */
export interface GcmMessage {
  readonly selector: KeySelector;
  /** {@link keyFingerprint} of the key as it was admitted; empty: any key that the selector finds. */
  readonly fingerprint: Uint8Array;
  readonly iv: Uint8Array;
  readonly aad: Uint8Array;
  readonly input: Uint8Array;
}

/** The same with a key that is derived for the message: what it is derived from, beside the IV. */
export interface DerivedMessage extends GcmMessage {
  readonly scheme: DerivedScheme;
  /** Digest of the role that the derived key is bound to. */
  readonly binding: Uint8Array;
  readonly nonce: Uint8Array;
}

export function encodeGcm(message: GcmMessage): Buffer {
  return joinFields(gcmFields(message), message.input);
}

export function decodeGcm(body: Uint8Array): GcmMessage {
  return readGcm(new FieldReader(body));
}

export function encodeDerived(message: DerivedMessage): Buffer {
  const derivation: FieldToWrite[] = [
    { width: 1, bytes: Uint8Array.of(SCHEME_NUMBERS[message.scheme]) },
    { width: 1, bytes: message.binding },
    { width: 1, bytes: message.nonce },
  ];
  return joinFields([...derivation, ...gcmFields(message)], message.input);
}

export function decodeDerived(body: Uint8Array): DerivedMessage {
  const reader = new FieldReader(body);
  const number = reader.field(1);
  const scheme = number.length === 1 ? derivedSchemeOf(number[0]) : undefined;
  if (scheme === undefined) throw new FrameFault(`no scheme has the number ${number.toString('hex')}`);
  return { scheme, binding: reader.field(1), nonce: reader.field(1), ...readGcm(reader) };
}

function gcmFields(message: GcmMessage): FieldToWrite[] {
  const { label, idHex } = message.selector;
  return [
    { width: 2, bytes: label === undefined ? EMPTY : Buffer.from(label, 'utf8') },
    { width: 1, bytes: idHex === undefined ? EMPTY : Buffer.from(idHex, 'hex') },
    { width: 1, bytes: message.fingerprint },
    { width: 1, bytes: message.iv },
    { width: 2, bytes: message.aad },
  ];
}

/** The rest of a body. */
function readGcm(reader: FieldReader): GcmMessage {
  const label = reader.field(2);
  const id = reader.field(1);
  return {
    selector: {
      ...(label.length > 0 && { label: label.toString('utf8') }),
      ...(id.length > 0 && { idHex: id.toString('hex') }),
    },
    fingerprint: reader.field(1),
    iv: reader.field(1),
    aad: reader.field(2),
    input: reader.tail(),
  };
}

/** Body of the `open` request: which module to load and which token to find in it. */
export interface OpenMessage {
  readonly module: string;
  readonly libraryParameters?: string;
  /** Resolved by the supervisor: the host reads no file of the site's. */
  readonly profile: DeviceProfile;
  /** Absent where no token is wanted yet (a token that is to be initialised). */
  readonly token?: { readonly label?: string; readonly serial?: string };
}

/** Answer to `prepare`. */
export interface PreparedToken {
  /** What a known-answer test says of AES-256-GCM on this token. */
  readonly gcm: Capability;
  /** The same of what the other schemes rest on. */
  readonly hmac: Capability;
  readonly cmac: Capability;
  readonly cbc: Capability;
  /** Why no canary could be made with the health key; empty when one was. */
  readonly canary: string;
}

/** Body of the `prepare` request, after login. */
export interface PrepareMessage {
  readonly healthKey?: HealthKey;
}

export interface ListKeysMessage {
  readonly offset: number;
}

/** Body of the host's greeting, sent unasked under id 0. */
export interface Greeting {
  readonly protocolVersion: number;
  readonly pid: number;
}

/** What a host adds to a fault beyond its code. */
export interface FaultMessage {
  readonly detail: string;
  /** `C_Encrypt: CKR_DEVICE_ERROR`, for the log. */
  readonly origin?: string;
  /** The host can do no more good: replace it. */
  readonly fatal?: boolean;
  /** What was known of the key is no longer true: describe it again. */
  readonly stale?: boolean;
  /** C_Login was answered in a way that did not judge the PIN: it may be tried again. */
  readonly pinUnjudged?: boolean;
}

/** A fault that came from a host, with what the supervisor needs to act on it. */
export class HostFault extends HsmFault {
  readonly report: FaultMessage;

  constructor(code: HsmFaultCode, message: FaultMessage) {
    super(code, message.detail, message.origin === undefined ? {} : { cause: new Error(message.origin) });
    this.report = message;
  }
}

/** Status byte of a reply: 0 is success, any other a fault. */
export const STATUS_OK = 0;

export function statusOf(code: HsmFaultCode): number {
  return HSM_FAULT_CODES.indexOf(code) + 1;
}

export function faultOf(status: number, body: Uint8Array): HostFault {
  const code = HSM_FAULT_CODES[status - 1];
  if (code === undefined) throw new FrameFault(`a reply has the unknown status ${status}`);
  const report = decodeJson<FaultMessage | null>(body);
  if (typeof report?.detail !== 'string') throw new FrameFault('a fault has no detail');
  return new HostFault(code, report);
}

export function encodeJson(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value), 'utf8');
}

/** Trusts the shape (one version at both ends), not the syntax. */
export function decodeJson<T>(body: Uint8Array): T {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8')) as T;
  } catch (cause) {
    throw new FrameFault('a frame body is not JSON', { cause });
  }
}

const EMPTY = new Uint8Array(0);
