/** What the workbench does to a token, through the PKCS#11 binding alone. */
import pkcs11js, { type Handle, type PKCS11, type Template } from 'pkcs11js';
import { askKnownAnswers } from './known-answers.ts';
import type { KeyOrder, MechanismSeen, TokenSeen, WorkbenchJob, WorkbenchOrder } from './workbench-orders.ts';

export function work(order: WorkbenchOrder): unknown {
  const library = new pkcs11js.PKCS11();
  library.load(order.module);
  const parameters = order.libraryParameters;
  library.C_Initialize({
    flags: pkcs11js.CKF_OS_LOCKING_OK,
    // The binding drops the last character.
    ...(parameters !== undefined && { libraryParameters: `${parameters} ` }),
  });
  try {
    return doJob(library, order, order.job);
  } finally {
    library.C_Finalize();
  }
}

function doJob(library: PKCS11, order: WorkbenchOrder, job: WorkbenchJob): unknown {
  switch (job.do) {
    case 'look':
      return slots(library).map(({ seen }) => seen);
    case 'list mechanisms':
      return mechanisms(library, slotOf(library, order));
    case 'make keys':
      return inSession(library, order, (session) => job.keys.map((key) => makeKey(library, session, key)));
    case 'delete keys':
      return inSession(library, order, (session) =>
        job.labels.map((label) => deleteKeys(library, session, label)).reduce((sum, count) => sum + count, 0),
      );
    case 'ask known answers':
      return inSession(library, order, (session) => askKnownAnswers(library, session));
  }
}

/** Initialised tokens, with their slots. */
function slots(library: PKCS11): { readonly slot: Handle; readonly seen: TokenSeen }[] {
  const info = library.C_GetInfo();
  const libraryText = `${info.libraryDescription.trim()} ${info.libraryVersion.major}.${info.libraryVersion.minor}`;
  return library.C_GetSlotList(true).flatMap((slot) => {
    const token = library.C_GetTokenInfo(slot);
    if ((token.flags & pkcs11js.CKF_TOKEN_INITIALIZED) === 0) return [];
    const seen: TokenSeen = {
      label: token.label.trimEnd(),
      serial: token.serialNumber.trim(),
      manufacturer: token.manufacturerID.trim(),
      model: token.model.trim(),
      firmware: `${token.firmwareVersion.major}.${token.firmwareVersion.minor}`,
      library: libraryText,
      pinTroubled: (token.flags & PIN_TROUBLE) !== 0,
    };
    return [{ slot, seen }];
  });
}

function slotOf(library: PKCS11, order: WorkbenchOrder): Handle {
  const found = slots(library).find(({ seen }) => seen.label === order.label);
  if (found === undefined) throw new Error(`the module shows no token labelled ${order.label}`);
  return found.slot;
}

function mechanisms(library: PKCS11, slot: Handle): MechanismSeen[] {
  return library.C_GetMechanismList(slot).map((type) => {
    const { minKeySize, maxKeySize } = library.C_GetMechanismInfo(slot, type);
    return { name: MECHANISM_NAMES.get(type) ?? `0x${type.toString(16)}`, minKeySize, maxKeySize };
  });
}

function inSession<T>(library: PKCS11, order: WorkbenchOrder, use: (session: Handle) => T): T {
  const slot = slotOf(library, order);
  const session = library.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION);
  library.C_Login(session, pkcs11js.CKU_USER, order.pin ?? '');
  try {
    return use(session);
  } finally {
    library.C_CloseSession(session);
  }
}

function makeKey(library: PKCS11, session: Handle, key: KeyOrder): string {
  const bytes = (key.bits ?? 256) / 8;
  const template = keyTemplate(key);
  const length = { type: pkcs11js.CKA_VALUE_LEN, value: bytes };
  try {
    if (key.valueHex === undefined) {
      const mechanism = key.type === 'AES' ? pkcs11js.CKM_AES_KEY_GEN : pkcs11js.CKM_GENERIC_SECRET_KEY_GEN;
      library.C_GenerateKey(session, { mechanism }, [...template, length]);
    } else {
      importKey(
        library,
        session,
        [...template, { type: pkcs11js.CKA_VALUE, value: hex(key.valueHex) }],
        length,
      );
    }
    return '';
  } catch (error) {
    if (!(error instanceof pkcs11js.Pkcs11Error)) throw error;
    return error.message;
  }
}

/**
 * The standard wants no CKA_VALUE_LEN here, and SoftHSM2 leaves half an object behind when there is one;
 * opencryptoki shows no length of a key that was imported without.
 */
function importKey(library: PKCS11, session: Handle, template: Template, length: Template[number]): void {
  const key = library.C_CreateObject(session, template);
  try {
    library.C_GetAttributeValue(session, key, [{ type: pkcs11js.CKA_VALUE_LEN }]);
  } catch {
    library.C_DestroyObject(session, key);
    library.C_CreateObject(session, [...template, length]);
  }
}

/** Every usage is explicit: tokens differ in what an omitted one means. */
function keyTemplate(key: KeyOrder): Template {
  const usage = (type: number, name: KeyOrder['usages'][number]): Template[number] => ({
    type,
    value: key.usages.includes(name),
  });
  return [
    { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_SECRET_KEY },
    { type: pkcs11js.CKA_KEY_TYPE, value: KEY_TYPES[key.type] },
    { type: pkcs11js.CKA_TOKEN, value: true },
    { type: pkcs11js.CKA_PRIVATE, value: true },
    { type: pkcs11js.CKA_SENSITIVE, value: key.sensitive ?? true },
    { type: pkcs11js.CKA_EXTRACTABLE, value: key.extractable ?? false },
    { type: pkcs11js.CKA_LABEL, value: Buffer.from(key.label, 'utf8') },
    { type: pkcs11js.CKA_ID, value: hex(key.idHex) },
    usage(pkcs11js.CKA_ENCRYPT, 'encrypt'),
    usage(pkcs11js.CKA_DECRYPT, 'decrypt'),
    usage(pkcs11js.CKA_SIGN, 'sign'),
    usage(pkcs11js.CKA_VERIFY, 'verify'),
    usage(pkcs11js.CKA_WRAP, 'wrap'),
    usage(pkcs11js.CKA_UNWRAP, 'unwrap'),
    usage(pkcs11js.CKA_DERIVE, 'derive'),
  ];
}

function deleteKeys(library: PKCS11, session: Handle, label: string): number {
  library.C_FindObjectsInit(session, [
    { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_SECRET_KEY },
    { type: pkcs11js.CKA_TOKEN, value: true },
    { type: pkcs11js.CKA_LABEL, value: Buffer.from(label, 'utf8') },
  ]);
  const found = library.C_FindObjects(session, 100);
  library.C_FindObjectsFinal(session);
  for (const key of found) library.C_DestroyObject(session, key);
  return found.length;
}

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex');
}

const KEY_TYPES: Readonly<Record<KeyOrder['type'], number>> = {
  AES: pkcs11js.CKK_AES,
  GENERIC_SECRET: pkcs11js.CKK_GENERIC_SECRET,
  SHA256_HMAC: pkcs11js.CKK_SHA256_HMAC,
};

const PIN_TROUBLE =
  pkcs11js.CKF_USER_PIN_COUNT_LOW | pkcs11js.CKF_USER_PIN_FINAL_TRY | pkcs11js.CKF_USER_PIN_LOCKED;

const MECHANISM_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(pkcs11js)
    .filter(([name, value]) => name.startsWith('CKM_') && typeof value === 'number')
    .map(([name, value]) => [value as number, name]),
);
