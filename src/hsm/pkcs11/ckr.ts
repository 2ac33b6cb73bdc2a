/**
 * PKCS#11 return values → {@link HsmFaultCode}, as one table (PKCS#11 v2.40, section 11.1, and what v3 adds). A row also
 * says what becomes of the session and of the host, and whether the value proves anything about the data.
 */
import type { HsmFaultCode } from '../../domain/hsm-fault.ts';

/**
 * - `data`: the value speaks of this request's input; session and host are sound
 * - `key`: the key's handle or attributes; the handle cache must be checked, the host is sound
 * - `ambiguous`: bad data or a broken device; only a canary can tell
 * - `session`: this session is lost, another may work
 * - `host`: nothing more will work in this process: replace it
 */
export type Blame = 'data' | 'key' | 'ambiguous' | 'session' | 'host';

export interface CkrRow {
  readonly name: string;
  readonly code: HsmFaultCode;
  readonly blame: Blame;
}

/**
 * What a value says that this function answered. Some values mean what the table has from some functions only:
 * a session that cannot be opened proves nothing about data or keys, nothing but C_Decrypt can find that a
 * ciphertext does not authenticate, nothing but a login that a PIN is wrong, and an Encrypt wraps no key.
 */
export function ckrRow(value: number, functionName: string): CkrRow {
  const row = ROWS.get(value) ?? unknown(`CKR 0x${value.toString(16)}`);
  if (row.code === 'pin-locked') return TAKES_PIN.has(functionName) ? row : { ...row, code: 'unavailable' };
  if (row.code === 'corrupt') return functionName === 'C_Decrypt' ? row : unknown(row.name);
  if (KNOWN_TO.get(value)?.has(functionName) === false) return unknown(row.name);
  const speaksOfInput = row.blame === 'data' || row.blame === 'key' || row.code === 'unsupported';
  return speaksOfInput && TAKES_NO_INPUT.has(functionName) ? unknown(row.name) : row;
}

function unknown(name: string): CkrRow {
  return { name, code: 'internal', blame: 'ambiguous' };
}

/** The object behind a cached handle is gone. */
export function isStaleHandle(value: number): boolean {
  return STALE_HANDLE.has(value);
}

/**
 * The session that was used is of no use any more, through no fault of the call: another one may well be. A lack of
 * sessions (CKR_SESSION_COUNT) is not meant.
 */
export function isLostSession(value: number): boolean {
  return LOST_SESSION.has(value);
}

/**
 * After these answers of C_Login the PIN was certainly not judged, so trying it again costs no attempt: they say
 * that something was amiss when the function was invoked (section 11.1). Everything else counts as judged, also
 * what went away in the middle of it (CKR_DEVICE_REMOVED, CKR_SESSION_CLOSED).
 */
export function pinUnjudged(value: number): boolean {
  return PIN_UNJUDGED.has(value);
}

export const CKR_USER_ALREADY_LOGGED_IN = 0x100;
export const CKR_CRYPTOKI_ALREADY_INITIALIZED = 0x191;

/** CKR_OBJECT_HANDLE_INVALID, CKR_KEY_HANDLE_INVALID, CKR_UNWRAPPING_KEY_HANDLE_INVALID, CKR_WRAPPING_KEY_HANDLE_INVALID. */
const STALE_HANDLE: ReadonlySet<number> = new Set([0x82, 0x60, 0xf0, 0x113]);

/** CKR_TOKEN_NOT_PRESENT, CKR_SESSION_COUNT (no session to log in with), CKR_SESSION_HANDLE_INVALID, CKR_CRYPTOKI_NOT_INITIALIZED. */
const PIN_UNJUDGED: ReadonlySet<number> = new Set([0xe0, 0xb1, 0xb3, 0x190]);

/** CKR_FUNCTION_CANCELED, CKR_OPERATION_ACTIVE, CKR_OPERATION_NOT_INITIALIZED, CKR_SESSION_CLOSED, CKR_SESSION_HANDLE_INVALID. */
const LOST_SESSION: ReadonlySet<number> = new Set([0x50, 0x90, 0x91, 0xb0, 0xb3]);

const TAKES_PIN: ReadonlySet<string> = new Set(['C_Login', 'C_InitToken', 'C_InitPIN']);

/** Functions that are given neither data nor a key, a template or a mechanism. */
const TAKES_NO_INPUT: ReadonlySet<string> = new Set([
  'C_Initialize',
  'C_GetSlotList',
  'C_GetTokenInfo',
  'C_GetMechanismList',
  'C_OpenSession',
  'C_GetSessionInfo',
  'C_Login',
  'C_FindObjects',
  'C_FindObjectsFinal',
]);

const WRAP: ReadonlySet<string> = new Set(['C_WrapKey']);
const UNWRAP: ReadonlySet<string> = new Set(['C_UnwrapKey']);
const MAKE_KEYS: ReadonlySet<string> = new Set([
  'C_CreateObject',
  'C_GenerateKeyPair',
  'C_DeriveKey',
  'C_UnwrapKey',
]);

/** Values of section 11.1 that only these functions are there for. */
const KNOWN_TO: ReadonlyMap<number, ReadonlySet<string>> = new Map([
  // CKR_KEY_NOT_WRAPPABLE, CKR_KEY_UNEXTRACTABLE, CKR_WRAPPING_KEY_….
  ...[0x69, 0x6a, 0x113, 0x114, 0x115].map((value) => [value, WRAP] as const),
  // CKR_UNWRAPPING_KEY_….
  ...[0xf0, 0xf1, 0xf2].map((value) => [value, UNWRAP] as const),
  // CKR_DOMAIN_PARAMS_INVALID, CKR_CURVE_NOT_SUPPORTED.
  ...[0x130, 0x140].map((value) => [value, MAKE_KEYS] as const),
]);

type TableRow = readonly [value: number, name: string, code: HsmFaultCode, blame: Blame];

const TABLE: readonly TableRow[] = [
  [0x02, 'CKR_HOST_MEMORY', 'unavailable', 'host'],
  [0x03, 'CKR_SLOT_ID_INVALID', 'unavailable', 'host'],
  [0x05, 'CKR_GENERAL_ERROR', 'internal', 'ambiguous'],
  [0x06, 'CKR_FUNCTION_FAILED', 'internal', 'ambiguous'],
  [0x07, 'CKR_ARGUMENTS_BAD', 'internal', 'session'],
  [0x11, 'CKR_ATTRIBUTE_SENSITIVE', 'denied', 'data'],
  [0x12, 'CKR_ATTRIBUTE_TYPE_INVALID', 'unsupported', 'data'],
  [0x13, 'CKR_ATTRIBUTE_VALUE_INVALID', 'unsupported', 'data'],
  [0x20, 'CKR_DATA_INVALID', 'internal', 'session'],
  [0x21, 'CKR_DATA_LEN_RANGE', 'unsupported', 'session'],
  [0x30, 'CKR_DEVICE_ERROR', 'unavailable', 'ambiguous'],
  [0x31, 'CKR_DEVICE_MEMORY', 'full', 'session'],
  [0x32, 'CKR_DEVICE_REMOVED', 'unavailable', 'host'],
  [0x35, 'CKR_AEAD_DECRYPT_FAILED', 'corrupt', 'data'],
  [0x40, 'CKR_ENCRYPTED_DATA_INVALID', 'corrupt', 'data'],
  [0x41, 'CKR_ENCRYPTED_DATA_LEN_RANGE', 'corrupt', 'data'],
  [0x50, 'CKR_FUNCTION_CANCELED', 'unavailable', 'session'],
  [0x54, 'CKR_FUNCTION_NOT_SUPPORTED', 'unsupported', 'data'],
  [0x60, 'CKR_KEY_HANDLE_INVALID', 'not-found', 'key'],
  [0x62, 'CKR_KEY_SIZE_RANGE', 'unsupported', 'data'],
  [0x63, 'CKR_KEY_TYPE_INCONSISTENT', 'unsupported', 'data'],
  [0x68, 'CKR_KEY_FUNCTION_NOT_PERMITTED', 'usage', 'data'],
  [0x69, 'CKR_KEY_NOT_WRAPPABLE', 'usage', 'data'],
  [0x6a, 'CKR_KEY_UNEXTRACTABLE', 'usage', 'data'],
  [0x70, 'CKR_MECHANISM_INVALID', 'unsupported', 'data'],
  [0x71, 'CKR_MECHANISM_PARAM_INVALID', 'unsupported', 'data'],
  [0x82, 'CKR_OBJECT_HANDLE_INVALID', 'not-found', 'key'],
  [0x90, 'CKR_OPERATION_ACTIVE', 'unavailable', 'session'],
  [0x91, 'CKR_OPERATION_NOT_INITIALIZED', 'unavailable', 'session'],
  [0xa0, 'CKR_PIN_INCORRECT', 'pin-locked', 'host'],
  [0xa1, 'CKR_PIN_INVALID', 'pin-locked', 'host'],
  [0xa2, 'CKR_PIN_LEN_RANGE', 'pin-locked', 'host'],
  [0xa3, 'CKR_PIN_EXPIRED', 'pin-locked', 'host'],
  [0xa4, 'CKR_PIN_LOCKED', 'pin-locked', 'host'],
  [0xb0, 'CKR_SESSION_CLOSED', 'unavailable', 'session'],
  [0xb1, 'CKR_SESSION_COUNT', 'unavailable', 'session'],
  [0xb3, 'CKR_SESSION_HANDLE_INVALID', 'unavailable', 'session'],
  [0xb5, 'CKR_SESSION_READ_ONLY', 'denied', 'data'],
  [0xd0, 'CKR_TEMPLATE_INCOMPLETE', 'internal', 'data'],
  [0xd1, 'CKR_TEMPLATE_INCONSISTENT', 'unsupported', 'data'],
  [0xe0, 'CKR_TOKEN_NOT_PRESENT', 'unavailable', 'host'],
  [0xe1, 'CKR_TOKEN_NOT_RECOGNIZED', 'unavailable', 'host'],
  [0xe2, 'CKR_TOKEN_WRITE_PROTECTED', 'denied', 'data'],
  [0xf0, 'CKR_UNWRAPPING_KEY_HANDLE_INVALID', 'not-found', 'key'],
  [0xf1, 'CKR_UNWRAPPING_KEY_SIZE_RANGE', 'unsupported', 'data'],
  [0xf2, 'CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT', 'unsupported', 'data'],
  [0x100, 'CKR_USER_ALREADY_LOGGED_IN', 'internal', 'session'],
  [0x101, 'CKR_USER_NOT_LOGGED_IN', 'unavailable', 'host'],
  [0x102, 'CKR_USER_PIN_NOT_INITIALIZED', 'pin-locked', 'host'],
  [0x103, 'CKR_USER_TYPE_INVALID', 'pin-locked', 'host'],
  // What is unwrapped here was authenticated before: that it does not unwrap speaks of the token.
  [0x110, 'CKR_WRAPPED_KEY_INVALID', 'internal', 'ambiguous'],
  [0x112, 'CKR_WRAPPED_KEY_LEN_RANGE', 'internal', 'ambiguous'],
  [0x113, 'CKR_WRAPPING_KEY_HANDLE_INVALID', 'not-found', 'key'],
  [0x114, 'CKR_WRAPPING_KEY_SIZE_RANGE', 'unsupported', 'data'],
  [0x115, 'CKR_WRAPPING_KEY_TYPE_INCONSISTENT', 'unsupported', 'data'],
  [0x130, 'CKR_DOMAIN_PARAMS_INVALID', 'unsupported', 'data'],
  [0x140, 'CKR_CURVE_NOT_SUPPORTED', 'unsupported', 'data'],
  [0x150, 'CKR_BUFFER_TOO_SMALL', 'internal', 'session'],
  [0x190, 'CKR_CRYPTOKI_NOT_INITIALIZED', 'unavailable', 'host'],
  [0x191, 'CKR_CRYPTOKI_ALREADY_INITIALIZED', 'internal', 'data'],
  [0x200, 'CKR_FUNCTION_REJECTED', 'denied', 'data'],
];

const ROWS: ReadonlyMap<number, CkrRow> = new Map(
  TABLE.map(([value, name, code, blame]) => [value, { name, code, blame }]),
);
