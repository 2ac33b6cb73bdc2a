/** Operations that clients know and this engine does not have. */

import { Bug } from '../../domain/bug.ts';
import type { KmsOperationName } from '../../domain/kms/api/operations.ts';
import { KmsFault } from '../../domain/kms/kms-fault.ts';
import type { NoKey, Operation } from './operation.ts';

/** Refuses every call as soon as its input is known to be valid, and looks at no key. */
export function notYet<N extends KmsOperationName>(name: N): Operation<N, NoKey> {
  return {
    name,
    unsupported: true,
    keys: [],
    precheck() {
      throw new KmsFault('UnsupportedOperationException', `This engine does not support ${name}.`);
    },
    run() {
      throw new Bug(`${name} ran although it is not supported`);
    },
  };
}
