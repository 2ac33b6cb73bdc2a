/** How a call was refused, as text: `Name: message`, or the name alone where the answer has no message. */
import { KmsFault } from '../../../../src/domain/kms/kms-fault.ts';

export function refusalOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (!(error instanceof KmsFault)) throw error;
    return error.message;
  }
  throw new Error('nothing was refused');
}
