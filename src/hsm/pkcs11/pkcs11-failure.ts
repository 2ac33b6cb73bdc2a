/** A PKCS#11 call that failed, with its function name: what every caller of pkcs11js in this room throws. */
import pkcs11js from 'pkcs11js';
import { HsmFault, type HsmFaultCode } from '../../domain/hsm-fault.ts';
import { type Blame, ckrRow } from './ckr.ts';

export class Pkcs11Failure extends HsmFault {
  /** `C_Encrypt`, or empty where the addon does not say. */
  readonly functionName: string;
  /** CK_RV, or 0 when the addon itself refused. */
  readonly value: number;
  readonly blame: Blame;

  constructor(
    code: HsmFaultCode,
    detail: string,
    at: { functionName: string; value: number; blame: Blame },
    cause: unknown,
  ) {
    super(code, detail, { cause });
    this.functionName = at.functionName;
    this.value = at.value;
    this.blame = at.blame;
  }

  /** The same failure for whoever knows better what it proves. A `code` of its own, too, where that is another. */
  blaming(blame: Blame, code: HsmFaultCode = this.code): Pkcs11Failure {
    const { functionName, value, detail, cause } = this;
    return new Pkcs11Failure(code, detail, { functionName, value, blame }, cause);
  }

  /** `C_Encrypt: CKR_DEVICE_ERROR`. */
  get origin(): string {
    const name =
      this.value === 0
        ? String((this.cause as Error | undefined)?.message ?? 'refused')
        : ckrRow(this.value, this.functionName).name;
    return `${this.functionName}: ${name}`;
  }
}

/** Runs one PKCS#11 call and renames its failure. `functionName` is what the error will say, for example `C_Login`. */
export function callPkcs11<T>(functionName: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw asPkcs11Failure(functionName, error);
  }
}

/** The same of a call that works on a thread of the binding, until the promise settles. */
export async function callPkcs11Aside<T>(functionName: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw asPkcs11Failure(functionName, error);
  }
}

function asPkcs11Failure(functionName: string, error: unknown): HsmFault {
  if (error instanceof HsmFault) return error;
  const value = returnValueOf(error);
  if (value !== undefined) {
    const row = ckrRow(value, functionName);
    const at = { functionName, value, blame: row.blame };
    return new Pkcs11Failure(row.code, `the token answered ${row.name} to ${functionName}`, at, error);
  }
  const at = { functionName, value: 0, blame: 'session' as const };
  return new Pkcs11Failure('internal', `the PKCS#11 binding refused ${functionName}`, at, error);
}

/** What the token answered, if it did: of some functions, such as C_CreateObject, the binding tells it in the message alone. */
function returnValueOf(error: unknown): number | undefined {
  if (error instanceof pkcs11js.Pkcs11Error) return error.code;
  const digits = error instanceof Error ? /^CKR_\w+:(\d+)$/.exec(error.message)?.[1] : undefined;
  return digits === undefined ? undefined : Number(digits);
}
