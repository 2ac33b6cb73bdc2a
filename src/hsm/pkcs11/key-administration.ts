/**
 * Rare work on a token, through graphene-pk11: initialise it, list its keys, make a key. Runs in the slow
 * lane, on sessions of its own.
 */
import * as graphene from 'graphene-pk11';
import type { Handle, PKCS11 } from 'pkcs11js';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { KeyDescription } from '../../domain/ports/hsm.ts';
import type { NewKeyRequest, NewToken } from '../devices/token-shapes.ts';
import { type KeyOrigin, readKeyDescription } from './key-attributes.ts';
import { callPkcs11 } from './pkcs11-failure.ts';
import { findBlankSlot, findToken } from './pkcs11-module.ts';

/** Initialises the first blank token and sets its user PIN; returns its serial number. */
export function initToken(library: PKCS11, message: NewToken): string {
  const slot = findBlankSlot(library);
  callPkcs11('C_InitToken', () => library.C_InitToken(slot, message.soPin, padded(message.label)));
  // SoftHSM2 moves an initialised token to another slot, so the token is looked up by its label.
  const token = findToken(library, { label: message.label });
  const session = openSession(library, token.slot);
  try {
    callPkcs11('C_Login', () => session.login(message.soPin, graphene.UserType.SO));
    callPkcs11('C_InitPIN', () => session.initPin(message.pin));
    callPkcs11('C_Logout', () => session.logout());
  } finally {
    close(session);
  }
  return token.info.serial;
}

/** Every secret key of the token from `offset` on, at most `limit`; the token must be logged in. */
export function listKeys(
  library: PKCS11,
  slot: Handle,
  page: KeyOrigin & { readonly offset: number; readonly limit: number },
): KeyDescription[] {
  const session = openSession(library, slot);
  try {
    const objects = callPkcs11('C_FindObjects', () =>
      session.find({ class: graphene.ObjectClass.SECRET_KEY, token: true }),
    );
    const keys: KeyDescription[] = [];
    for (let index = page.offset; index < Math.min(objects.length, page.offset + page.limit); index += 1) {
      keys.push(readKeyDescription(library, session.handle, objects.items(index).handle, page));
    }
    return keys;
  } finally {
    close(session);
  }
}

/**
 * Generates a key on the token. Every flag is explicit: tokens differ in what an omitted one means.
 * Fault `ambiguous` when the id is taken: NSS would put the new key in the place of the old one.
 */
export function generateKey(library: PKCS11, slot: Handle, { label, idHex, scheme }: NewKeyRequest): void {
  const session = openSession(library, slot);
  const secret = scheme === 'hmac';
  const mechanism = secret ? graphene.KeyGenMechanism.GENERIC_SECRET : graphene.KeyGenMechanism.AES;
  try {
    refuseTakenId(session, idHex);
    callPkcs11('C_GenerateKey', () =>
      session.generateKey(mechanism, {
        keyType: secret ? graphene.KeyType.GENERIC_SECRET : graphene.KeyType.AES,
        label,
        id: Buffer.from(idHex, 'hex'),
        valueLen: KEY_BYTES,
        token: true,
        private: true,
        sensitive: true,
        extractable: false,
        encrypt: scheme === 'native-gcm' || scheme === 'cbc-mac',
        decrypt: scheme === 'native-gcm',
        sign: scheme === 'hmac' || scheme === 'cmac',
        verify: false,
        wrap: false,
        unwrap: false,
        derive: false,
        modifiable: false,
      }),
    );
  } finally {
    close(session);
  }
}

function refuseTakenId(session: graphene.Session, idHex: string): void {
  const template = { class: graphene.ObjectClass.SECRET_KEY, token: true, id: Buffer.from(idHex, 'hex') };
  const taken = callPkcs11('C_FindObjects', () => session.find(template));
  if (taken.length > 0)
    throw new HsmFault('ambiguous', `the token has a secret key with id ${idHex} already`);
}

/** CK_TOKEN_INFO labels are 32 bytes of UTF-8, blank padded (PKCS#11 v2.40, section 3.2). */
function padded(label: string): string {
  return label + ' '.repeat(Math.max(0, TOKEN_LABEL_BYTES - Buffer.byteLength(label)));
}

function openSession(library: PKCS11, slot: Handle): graphene.Session {
  const flags = graphene.SessionFlag.SERIAL_SESSION | graphene.SessionFlag.RW_SESSION;
  return callPkcs11('C_OpenSession', () =>
    new graphene.Slot(slot, new graphene.Module(library), library).open(flags),
  );
}

/** What was done on a session, or failed, does not change because it will not close; its process ends soon. */
function close(session: graphene.Session): void {
  try {
    session.close();
  } catch {
    // See above.
  }
}

const TOKEN_LABEL_BYTES = 32;
const KEY_BYTES = 32;
