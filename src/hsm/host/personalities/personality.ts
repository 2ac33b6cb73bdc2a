/** What makes SoftHSM2 behave like another device: plain data, from the source of that device's PKCS#11 module. */
import type { DeviceProfile } from '../../devices/profile.ts';

export interface Personality {
  readonly profile: DeviceProfile;
  /** What its C_GetTokenInfo says, apart from the mark of emulated devices. */
  readonly model: string;
  /** CKM numbers: whatever else SoftHSM2 can do is hidden and refused. */
  readonly mechanisms: ReadonlySet<number>;
  /** Objects it has room for; absent where that is no limit that tests could meet. */
  readonly objects?: ObjectLimit;
  /** Sessions of the device for all processes, of which a login takes one; absent where it knows none. */
  readonly deviceSessions?: number;
  /** Return values for what may happen to it, by the name that a test gives to what happens. */
  readonly troubles: Readonly<Record<string, Trouble>>;
}

export interface ObjectLimit {
  readonly count: number;
  /** An object with a longer CKA_ID or CKA_LABEL takes the room of two. */
  readonly idBytes: number;
  readonly labelBytes: number;
  /** CK_RV once there is no room. */
  readonly full: string;
}

export interface Trouble {
  /** `CKR_NAME:value`, as the binding words it: the answer to everything that needs the device's work. */
  readonly answer: string;
  /** The answer to C_OpenSession and C_Login where the module tells before it works; absent where they go well. */
  readonly opening?: string;
}

export const CKR_FUNCTION_NOT_SUPPORTED = 'CKR_FUNCTION_NOT_SUPPORTED:84';
export const CKR_MECHANISM_INVALID = 'CKR_MECHANISM_INVALID:112';
export const CKR_TEMPLATE_INCONSISTENT = 'CKR_TEMPLATE_INCONSISTENT:209';
export const CKR_PIN_INVALID = 'CKR_PIN_INVALID:161';
export const CKR_SESSION_CLOSED = 'CKR_SESSION_CLOSED:176';
export const CKR_SESSION_COUNT = 'CKR_SESSION_COUNT:177';
export const CKR_DEVICE_ERROR = 'CKR_DEVICE_ERROR:48';
export const CKR_DEVICE_MEMORY = 'CKR_DEVICE_MEMORY:49';
export const CKR_DEVICE_REMOVED = 'CKR_DEVICE_REMOVED:50';
export const CKR_KEY_HANDLE_INVALID = 'CKR_KEY_HANDLE_INVALID:96';
export const CKR_TOKEN_NOT_PRESENT = 'CKR_TOKEN_NOT_PRESENT:224';
export const CKR_USER_NOT_LOGGED_IN = 'CKR_USER_NOT_LOGGED_IN:257';
export const CKR_FUNCTION_REJECTED = 'CKR_FUNCTION_REJECTED:512';
