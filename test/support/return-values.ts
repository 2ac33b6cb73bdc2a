/**
 * Strikes a fleet with one return value of one PKCS#11 function, lets callers ask for everything meanwhile, and
 * says in words what they should not have got. What each function may say is typed here from PKCS#11 v2.40,
 * section 11.1, and from what the function is given: no copy of the table under test.
 */
import pkcs11js from 'pkcs11js';
import { HsmFault, type HsmFaultCode } from '../../src/domain/hsm-fault.ts';
import type { KeyDescription, Sealed } from '../../src/domain/ports/hsm.ts';
import type { FaultyFleet } from './faulty-fleet.ts';
import type { Pkcs11Function } from './faulty-module.ts';
import { until } from './running-proxy.ts';

export type CkrName = keyof typeof pkcs11js & `CKR_${string}`;

/** Every name that the binding knows, but for success. */
export const CKR_NAMES = Object.keys(pkcs11js).filter(
  (name): name is CkrName => name.startsWith('CKR_') && name !== 'CKR_OK',
);

export interface Blow {
  readonly name: Pkcs11Function;
  readonly ckr: CkrName;
  /** `serving`: the host is at work. `starting`: it has just been killed, and another one starts. */
  readonly when: 'serving' | 'starting';
  /** The next call alone, or all until the callers have their answers. */
  readonly lasts: 'once' | 'a while';
}

/** What is true before a blow, and must be after it. */
export interface Known {
  readonly description: KeyDescription;
  readonly sealed: Sealed;
}

/** Empty when all went as it should. The fleet works when this resolves, if it ever will. */
export async function strike(fleet: FaultyFleet, known: Known, blow: Blow): Promise<string[]> {
  const { module } = fleet;
  const { name, ckr, when, lasts } = blow;
  const wrong = new Findings(`${name} ${ckr}, ${when}, ${lasts}`);
  if (when === 'serving' && FIRST_USED_IN_A_LIFE.has(name)) await replaceHost(fleet);
  const calls = module.calls(name);
  const logins = module.calls('C_Login');
  module.fail(name, pkcs11js[ckr], lasts === 'once' ? { times: 1 } : {});
  const reason = when === 'serving' ? REASONS[name] : undefined;
  if (reason !== undefined) module.fail(reason.name, pkcs11js[reason.ckr], reason.span);
  if (when === 'starting') await fleet.killHost();

  const believed = new Set([...BELIEVED, ...(reason?.faults ?? []), ...saidBy(name, ckr)]);
  const made = await askEverything(fleet, known, believed, wrong);
  await wrong.unless(() => module.calls(name) > calls, 'the function was not called');
  module.heal();
  await wrong.unless(
    () => fleet.works(),
    () => `no recovery, the host says '${fleet.host.reason}'`,
  );
  for (const sealed of made) {
    const answer = await fleet.open(sealed, known.description);
    wrong.note(answer.equals(fleet.plaintext), 'what was encrypted decrypts to something else');
  }
  const answers = module.answers('C_Login');
  const refused = answers.slice(answers.length - (module.calls('C_Login') - logins)).filter(Boolean);
  wrong.note(refused.length === 0, `logins were answered with ${refused}`);
  return wrong.list;
}

class Findings {
  readonly list: string[] = [];
  readonly #about: string;

  constructor(about: string) {
    this.#about = about;
  }

  note(right: boolean, what: string): void {
    if (!right) this.list.push(`${this.#about}: ${what}`);
  }

  async unless(comesTrue: () => boolean | Promise<boolean>, what: string | (() => string)): Promise<void> {
    const came = await until(comesTrue).then(
      () => true,
      () => false,
    );
    this.note(came, typeof what === 'string' ? what : what());
  }
}

async function replaceHost(fleet: FaultyFleet): Promise<void> {
  await fleet.killHost();
  await until(() => fleet.works());
}

/** Calls of every kind, several at once; returns what was encrypted. */
async function askEverything(
  fleet: FaultyFleet,
  { description, sealed }: Known,
  believed: ReadonlySet<HsmFaultCode>,
  wrong: Findings,
): Promise<Sealed[]> {
  const ask = async <T>(what: string, answer: Promise<T>, faults = believed): Promise<T | undefined> => {
    try {
      return await answer;
    } catch (error) {
      const code = error instanceof HsmFault ? error.code : undefined;
      wrong.note(code !== undefined && faults.has(code), `${what} ends in ${error}`);
      return undefined;
    }
  };
  const encrypted = Promise.all([1, 2].map(() => ask('Encrypt', fleet.seal(description))));
  const [opened, described] = await Promise.all([
    ask('Decrypt', fleet.open(sealed, description)),
    ask('describing', fleet.describe()),
    ask('describing nothing', fleet.describeUnknown(), new Set([...believed, 'not-found' as const])),
  ]);
  wrong.note(opened?.equals(fleet.plaintext) ?? true, 'Decrypt answers something else');
  wrong.note(
    described === undefined || isNoFitter(described, description),
    `the key is described as ${JSON.stringify(described)}`,
  );
  return (await encrypted).filter((answer) => answer !== undefined);
}

/** Each property is what it was, or what makes a key unfit. */
function isNoFitter(described: KeyDescription, description: KeyDescription): boolean {
  const fields = Object.keys(description) as (keyof KeyDescription)[];
  return fields.every(
    (field) => described[field] === description[field] || described[field] === UNFIT[field],
  );
}

const UNFIT: Readonly<Record<string, unknown>> = {
  keyType: 'OTHER',
  bits: 0,
  canEncrypt: false,
  canDecrypt: false,
  extractable: true,
  sensitive: false,
  kcvHex: undefined,
  label: '',
  idHex: '',
};

/** What any function may say of any call: try later, or look into the log. */
const BELIEVED: readonly HsmFaultCode[] = ['unavailable', 'internal'];

/** What a value says beyond that, from a function that can know it. */
function saidBy(name: Pkcs11Function, ckr: CkrName): readonly HsmFaultCode[] {
  if (ckr === 'CKR_DEVICE_MEMORY') return ['full'];
  if (name === 'C_Decrypt' && ckr.startsWith('CKR_ENCRYPTED_DATA_')) return ['corrupt'];
  const code = GIVEN_SOMETHING.has(name) ? OF_WHAT_IS_GIVEN[ckr] : undefined;
  // A refused mechanism may be found out by a start before it is by a call.
  return code === undefined ? [] : [code, 'unsupported'];
}

const GIVEN_SOMETHING: ReadonlySet<Pkcs11Function> = new Set([
  'C_FindObjectsInit',
  'C_GetAttributeValue',
  'C_EncryptInit',
  'C_Encrypt',
  'C_DecryptInit',
  'C_Decrypt',
  'C_SignInit',
  'C_Sign',
]);

const OF_WHAT_IS_GIVEN: Partial<Record<CkrName, HsmFaultCode>> = {
  CKR_ATTRIBUTE_SENSITIVE: 'denied',
  CKR_ATTRIBUTE_TYPE_INVALID: 'unsupported',
  CKR_ATTRIBUTE_VALUE_INVALID: 'unsupported',
  CKR_DATA_LEN_RANGE: 'unsupported',
  CKR_FUNCTION_NOT_SUPPORTED: 'unsupported',
  CKR_KEY_SIZE_RANGE: 'unsupported',
  CKR_KEY_TYPE_INCONSISTENT: 'unsupported',
  CKR_KEY_FUNCTION_NOT_PERMITTED: 'usage',
  CKR_MECHANISM_INVALID: 'unsupported',
  CKR_MECHANISM_PARAM_INVALID: 'unsupported',
  CKR_SESSION_READ_ONLY: 'denied',
  CKR_TEMPLATE_INCONSISTENT: 'unsupported',
  CKR_TOKEN_WRITE_PROTECTED: 'denied',
  CKR_FUNCTION_REJECTED: 'denied',
};

/** A key is described once in the life of a host. */
const FIRST_USED_IN_A_LIFE: ReadonlySet<Pkcs11Function> = new Set(['C_GetAttributeValue']);

interface Reason {
  readonly name: Pkcs11Function;
  readonly ckr: CkrName;
  readonly span: { readonly times?: number };
  readonly faults: readonly HsmFaultCode[];
}

const LOST_SESSION: Reason = {
  name: 'C_EncryptInit',
  ckr: 'CKR_SESSION_HANDLE_INVALID',
  span: { times: 1 },
  faults: [],
};

/** What makes a host at work call functions that it has no need of otherwise. */
const REASONS: Partial<Record<Pkcs11Function, Reason>> = {
  C_OpenSession: LOST_SESSION,
  C_CloseSession: LOST_SESSION,
  // Whoever misses a key asks the health key; if that is unusable, the session whether it is logged in.
  C_GetSessionInfo: {
    name: 'C_DecryptInit',
    ckr: 'CKR_KEY_FUNCTION_NOT_PERMITTED',
    span: {},
    faults: ['usage'],
  },
};
