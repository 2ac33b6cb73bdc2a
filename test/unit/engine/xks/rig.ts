/** An engine over the fake HSM, and the way to an admitted key. */
import type { CallContext } from '../../../../src/domain/ports/hsm.ts';
import type { KeyStore, MappedKey } from '../../../../src/domain/xks/key-store.ts';
import { lookAtKey } from '../../../../src/engine/xks/key-state.ts';
import { ObjectClaims } from '../../../../src/engine/xks/object-claims.ts';
import type { AdmittedKey, XksEngine } from '../../../../src/engine/xks/xks-engine.ts';
import { FakeHsm } from '../../../support/fake-hsm.ts';
import { keyStore, mappedKey } from '../../domain/xks/samples.ts';

export interface EngineRig {
  readonly hsm: FakeHsm;
  readonly engine: XksEngine;
  readonly store: KeyStore;
  readonly key: AdmittedKey;
}

export const CONTEXT: CallContext = { tenant: 1, deadlineMs: 1150 };

/** The engine, at a moment that does not pass: 1 000 ms. */
export function engineOver(hsm: FakeHsm): XksEngine {
  return { aead: hsm, directory: hsm, health: hsm, clock: { nowMs: () => 0, monotonicMs: () => 1000 } };
}

/** One store with one key `foo` on token `soft`. */
export async function rig(
  options: {
    key?: Partial<MappedKey>;
    store?: Partial<KeyStore>;
    object?: Parameters<FakeHsm['addKey']>[2];
  } = {},
): Promise<EngineRig> {
  const hsm = new FakeHsm();
  hsm.addKey('soft', 'foo', options.object);
  const mapped = mappedKey('foo', options.key);
  const store = keyStore([mapped], options.store);
  const engine = engineOver(hsm);
  const key = await lookAtKey(engine, new ObjectClaims([store]), store, mapped, CONTEXT);
  return { hsm, engine, store, key };
}

/** What the call was refused with. */
export async function faultOf(
  action: () => unknown,
): Promise<{ readonly code: string; readonly detail: string }> {
  try {
    await action();
  } catch (error) {
    return error as { code: string; detail: string };
  }
  throw new Error('nothing was refused');
}
