/** Which key of a token a command means: its label, its id, or both, as in a configuration. */
import { type KeySelector, selectorText } from '../domain/hsm/key-selector.ts';
import { HsmFault } from '../domain/hsm-fault.ts';
import type { KeyDescription } from '../domain/ports/hsm.ts';
import { CliFault } from './cli-fault.ts';

/** Throws a CliFault unless label or id is there and both are well-formed. */
export function keySelector(options: { readonly label?: string; readonly id?: string }): KeySelector {
  const { label, id } = options;
  if (label === undefined && id === undefined)
    throw new CliFault('usage', 'name the key: --label, --id or both');
  if (label !== undefined && !LABEL.test(label)) {
    throw new CliFault('usage', '--label must have 1 to 255 characters without control characters');
  }
  if (id !== undefined && !ID.test(id)) {
    throw new CliFault('usage', '--id must be an even number of hex digits, for 1 to 255 bytes');
  }
  return {
    ...(label !== undefined && { label }),
    ...(id !== undefined && { idHex: id.toLowerCase() }),
  };
}

/** Whether the selector finds this key. */
export function selects({ label, idHex }: KeySelector, key: KeyDescription): boolean {
  return (label === undefined || label === key.label) && (idHex === undefined || idHex === key.idHex);
}

/** The only key that matches. Faults as from a token: `not-found`, `ambiguous`. */
export function onlyKey(keys: readonly KeyDescription[], selector: KeySelector): KeyDescription {
  const found = keys.filter((key) => selects(selector, key));
  const [only] = found;
  if (only === undefined) throw new HsmFault('not-found', `no secret key with ${selectorText(selector)}`);
  if (found.length === 1) return only;
  throw new HsmFault(
    'ambiguous',
    `${found.length} secret keys with ${selectorText(selector)}; name label and id, or give them different ones`,
  );
}

const LABEL = /^[^\p{Cc}]{1,255}$/u;
const ID = /^([0-9A-Fa-f]{2}){1,255}$/;
