/** What a token host can be asked, with the time class and the lane of each operation, as data. */

export type OperationName = keyof typeof OPERATIONS;
export type DeadlineClass = 'crypto' | 'metadata' | 'login' | 'keyGeneration';
/** `making` is for what takes a token seconds: it holds up nothing of the other lanes. */
export type LaneName = 'fast' | 'slow' | 'making';

export interface OperationRow {
  readonly code: number;
  readonly deadlineClass: DeadlineClass;
  readonly lane: LaneName;
  /** The request holds a PIN or key material. */
  readonly secret?: true;
  /** The answer holds what only its caller may know, and is wiped behind it. */
  readonly secretAnswer?: true;
  /** Works on a thread of its own, while the host answers other calls. */
  readonly aside?: true;
  /** Takes a processor for so long that it goes to the host for slow work, where the token has one. */
  readonly apart?: true;
}

export const OPERATIONS = {
  open: { code: 1, deadlineClass: 'login', lane: 'fast' },
  login: { code: 2, deadlineClass: 'login', lane: 'fast', secret: true },
  prepare: { code: 3, deadlineClass: 'login', lane: 'fast' },
  describe: { code: 4, deadlineClass: 'metadata', lane: 'fast' },
  gcmEncrypt: { code: 5, deadlineClass: 'crypto', lane: 'fast' },
  gcmDecrypt: { code: 6, deadlineClass: 'crypto', lane: 'fast' },
  derivedEncrypt: { code: 7, deadlineClass: 'crypto', lane: 'fast' },
  derivedDecrypt: { code: 8, deadlineClass: 'crypto', lane: 'fast' },
  vaultOpen: { code: 9, deadlineClass: 'metadata', lane: 'fast' },
  vaultEncrypt: { code: 10, deadlineClass: 'crypto', lane: 'fast' },
  vaultDecrypt: { code: 11, deadlineClass: 'crypto', lane: 'fast' },
  vaultSeal: { code: 12, deadlineClass: 'crypto', lane: 'fast' },
  vaultUnseal: { code: 13, deadlineClass: 'crypto', lane: 'fast', secretAnswer: true },
  vaultRandom: { code: 14, deadlineClass: 'crypto', lane: 'fast', secretAnswer: true },
  vaultForget: { code: 15, deadlineClass: 'metadata', lane: 'fast' },
  listKeys: { code: 16, deadlineClass: 'login', lane: 'slow' },
  initToken: { code: 17, deadlineClass: 'keyGeneration', lane: 'slow', secret: true },
  probe: { code: 20, deadlineClass: 'keyGeneration', lane: 'slow' },
  generateKey: { code: 18, deadlineClass: 'keyGeneration', lane: 'slow' },
  vaultCreate: { code: 21, deadlineClass: 'metadata', lane: 'slow' },
  vaultImport: { code: 22, deadlineClass: 'metadata', lane: 'slow', secret: true },
  vaultRewrap: { code: 23, deadlineClass: 'metadata', lane: 'slow' },
  makeDomainKeys: { code: 24, deadlineClass: 'keyGeneration', lane: 'slow' },
  importDomainKeys: { code: 25, deadlineClass: 'keyGeneration', lane: 'slow', secret: true },
  destroyDomainKeys: { code: 26, deadlineClass: 'keyGeneration', lane: 'slow' },
  vaultCreatePair: { code: 27, deadlineClass: 'keyGeneration', lane: 'making', aside: true, apart: true },
  vaultPublicKey: { code: 28, deadlineClass: 'crypto', lane: 'fast' },
  vaultMac: { code: 29, deadlineClass: 'crypto', lane: 'fast' },
  vaultSign: { code: 30, deadlineClass: 'crypto', lane: 'fast' },
  vaultSignSlowly: { code: 31, deadlineClass: 'metadata', lane: 'slow', aside: true, apart: true },
  vaultDecryptRsa: {
    code: 32,
    deadlineClass: 'metadata',
    lane: 'slow',
    aside: true,
    secretAnswer: true,
    apart: true,
  },
  vaultAgree: {
    code: 33,
    deadlineClass: 'metadata',
    lane: 'slow',
    aside: true,
    secretAnswer: true,
    apart: true,
  },
  vaultDecapsulate: { code: 34, deadlineClass: 'metadata', lane: 'slow', secretAnswer: true, apart: true },
} as const satisfies Record<string, OperationRow>;

/**
 * How long a caller waits for an answer, by class, when it names no earlier moment. Crypto calls carry
 * their own deadline, counted from the last byte of the HTTP request.
 */
export const DEADLINE_MS: Readonly<Record<DeadlineClass, number>> = {
  crypto: 150,
  metadata: 1_000,
  login: 10_000,
  keyGeneration: 60_000,
};

export const LANE_CODES: Readonly<Record<LaneName, number>> = { fast: 0, slow: 1, making: 2 };

/** The row of an operation, with all that a row may say. */
export function operationRow(operation: OperationName): OperationRow {
  return OPERATIONS[operation];
}

export const LANES = Object.keys(LANE_CODES) as readonly LaneName[];

/** The operation behind a code, or undefined. */
export function operationOf(code: number): OperationName | undefined {
  return NAMES_BY_CODE.get(code);
}

const NAMES_BY_CODE: ReadonlyMap<number, OperationName> = new Map(
  Object.entries(OPERATIONS).map(([name, row]) => [row.code, name as OperationName]),
);
