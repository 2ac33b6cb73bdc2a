/** Loading a PKCS#11 module, and finding the one token that is meant. One module per process, once. */
import pkcs11js, { type Handle, type PKCS11, type TokenInfo } from 'pkcs11js';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { OpenedToken } from '../devices/token-shapes.ts';
import { CKR_CRYPTOKI_ALREADY_INITIALIZED } from './ckr.ts';
import { callPkcs11, Pkcs11Failure } from './pkcs11-failure.ts';

export interface TokenSlot {
  readonly slot: Handle;
  readonly info: OpenedToken;
}

/**
 * Loads and initialises a module. `libraryParameters` goes to C_Initialize's reserved argument.
 * Faults: `unavailable` when the file is no PKCS#11 module or will not start.
 */
export function loadModule(path: string, libraryParameters?: string): PKCS11 {
  const library = new pkcs11js.PKCS11();
  try {
    library.load(path);
  } catch (cause) {
    throw new HsmFault('unavailable', `${path} cannot be loaded as a PKCS#11 module`, { cause });
  }
  try {
    callPkcs11('C_Initialize', () =>
      library.C_Initialize({
        flags: pkcs11js.CKF_OS_LOCKING_OK,
        // The binding drops the last character of this string, so one is added for it to drop.
        ...(libraryParameters !== undefined && { libraryParameters: `${libraryParameters} ` }),
      }),
    );
  } catch (error) {
    if (!(error instanceof Pkcs11Failure) || error.value !== CKR_CRYPTOKI_ALREADY_INITIALIZED) throw error;
  }
  return library;
}

/** The one token with this label and serial number. Faults: `unavailable` for none, `ambiguous` for several. */
export function findToken(library: PKCS11, wanted: { label?: string; serial?: string }): TokenSlot {
  const slots = callPkcs11('C_GetSlotList', () => library.C_GetSlotList(true));
  const seen: string[] = [];
  const found: TokenSlot[] = [];
  for (const slot of slots) {
    const token = tryTokenInfo(library, slot);
    if (token === undefined || (token.flags & pkcs11js.CKF_TOKEN_INITIALIZED) === 0) continue;
    const label = token.label.trimEnd();
    const serial = token.serialNumber.trim();
    seen.push(`${label} (serial ${serial})`);
    if (wanted.label !== undefined && wanted.label !== label) continue;
    if (wanted.serial !== undefined && wanted.serial !== serial) continue;
    found.push({ slot, info: describeToken(library, slot, token) });
  }
  const [only] = found;
  const text = wantedText(wanted);
  if (only === undefined) {
    throw new HsmFault('unavailable', `no token ${text}; the module shows: ${seen.join(', ') || 'none'}`);
  }
  if (found.length > 1)
    throw new HsmFault('ambiguous', `${found.length} tokens match ${text}; add the serial`);
  return only;
}

/** The first slot whose token has not been initialised. */
export function findBlankSlot(library: PKCS11): Handle {
  for (const slot of callPkcs11('C_GetSlotList', () => library.C_GetSlotList(true))) {
    const token = tryTokenInfo(library, slot);
    if (token !== undefined && (token.flags & pkcs11js.CKF_TOKEN_INITIALIZED) === 0) return slot;
  }
  throw new HsmFault('full', 'the module has no slot with a token that is not initialised yet');
}

function tryTokenInfo(library: PKCS11, slot: Handle): TokenInfo | undefined {
  try {
    return library.C_GetTokenInfo(slot);
  } catch {
    // A slot whose token cannot be read is not the one we want; the others still count.
    return undefined;
  }
}

function describeToken(library: PKCS11, slot: Handle, token: TokenInfo): OpenedToken {
  const version = `${token.firmwareVersion.major}.${token.firmwareVersion.minor}`;
  return {
    label: token.label.trimEnd(),
    serial: token.serialNumber.trim(),
    vendor: token.manufacturerID.trim(),
    model: `${token.model.trim()} ${version}`,
    userPinLocked: (token.flags & pkcs11js.CKF_USER_PIN_LOCKED) !== 0,
    userPinFinalTry: (token.flags & pkcs11js.CKF_USER_PIN_FINAL_TRY) !== 0,
    userPinCountLow: (token.flags & pkcs11js.CKF_USER_PIN_COUNT_LOW) !== 0,
    userPinInitialized: (token.flags & pkcs11js.CKF_USER_PIN_INITIALIZED) !== 0,
    mechanisms: callPkcs11('C_GetMechanismList', () => library.C_GetMechanismList(slot)),
  };
}

function wantedText(wanted: { label?: string; serial?: string }): string {
  const parts = [
    wanted.label !== undefined && `labelled "${wanted.label}"`,
    wanted.serial && `with serial ${wanted.serial}`,
  ];
  return parts.filter(Boolean).join(' ') || 'of any label';
}
