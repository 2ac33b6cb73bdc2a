import type { ContractKey, ContractRig } from './contract-rig.ts';

/** What a token cannot hold cannot be tested there, and the run tells so. */
export function skipWithout(
  rig: ContractRig,
  name: ContractKey,
  skip: (condition: boolean, note: string) => void,
): void {
  const refusal = rig.refusal(name);
  skip(refusal !== '', refusal);
}
