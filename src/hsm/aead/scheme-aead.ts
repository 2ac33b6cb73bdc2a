/** The AEAD port over all schemes: each request names the one of its key, and no other is ever tried. */
import { type AeadScheme, type DerivedScheme, isDerivedScheme } from '../../domain/hsm/aead-scheme.ts';
import type { Entropy } from '../../domain/ports/entropy.ts';
import type { Aead, CallContext, OpenRequest, Sealed, SealRequest } from '../../domain/ports/hsm.ts';
import type { InvocationCounter } from '../invocation-counter.ts';
import { DerivedGcm } from './derived-gcm.ts';
import { NativeGcm } from './native-gcm.ts';
import type { CallToken } from './token-call.ts';

export class SchemeAead implements Aead {
  readonly #native: Aead;
  readonly #derived: Readonly<Record<DerivedScheme, Aead>>;

  /** `counter` counts what native GCM encrypts; the other schemes need none. */
  constructor(call: CallToken, entropy: Entropy, counter?: InvocationCounter) {
    this.#native = new NativeGcm(call, entropy, counter);
    this.#derived = {
      hmac: new DerivedGcm(call, 'hmac', entropy),
      cmac: new DerivedGcm(call, 'cmac', entropy),
      'cbc-mac': new DerivedGcm(call, 'cbc-mac', entropy),
    };
  }

  seal(request: SealRequest, context: CallContext): Promise<Sealed> {
    return this.#of(request.scheme).seal(request, context);
  }

  open(request: OpenRequest, context: CallContext): Promise<Uint8Array> {
    return this.#of(request.scheme).open(request, context);
  }

  #of(scheme: AeadScheme): Aead {
    return isDerivedScheme(scheme) ? this.#derived[scheme] : this.#native;
  }
}
