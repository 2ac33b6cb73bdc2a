/** In whose class a call waits for a token, or for slow work, so that one caller who asks for much holds up nobody else. */
import { hash } from 'node:crypto';
import type { KmsCaller } from '../../domain/kms/caller.ts';

/**
 * 0 … 65 534: the last class is that of work in the background. Sessions of one role share theirs, since whoever may
 * assume it can have any number of them. Two callers of one class just take turns.
 */
export function fairShareOf(caller: Pick<KmsCaller, 'principalArn'>): number {
  let share = KNOWN.get(caller);
  if (share === undefined) {
    share = classOf(caller.principalArn);
    KNOWN.set(caller, share);
  }
  return share;
}

function classOf(principalArn: string): number {
  const role = ROLE.exec(principalArn)?.[0] ?? principalArn;
  return hash('sha256', role, 'buffer').readUInt16BE(0) % CLASSES;
}

const ROLE = /^arn:[^:]+:sts::[0-9]{12}:assumed-role\/[^/]+/;
const CLASSES = 0xffff;
/** A credential's caller is one object for as long as the credential is in force. */
const KNOWN = new WeakMap<object, number>();
