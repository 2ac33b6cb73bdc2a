/** Puts keys of exact usages on a token, from a process of its own. */
import type { TokenAccess } from './tokens/workbench.ts';
import { atWorkbench } from './tokens/workbench.ts';
import type { KeyOrder } from './tokens/workbench-orders.ts';

/** Rejects with what the token answered to the first key that it would not take. */
export async function importKeys(token: TokenAccess, keys: readonly KeyOrder[]): Promise<void> {
  const refusals = await atWorkbench(token, { do: 'make keys', keys });
  const refusal = refusals.find((each) => each !== '');
  if (refusal !== undefined) throw new Error(`the token took not all keys: ${refusal}`);
}
