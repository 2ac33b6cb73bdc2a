import { EMULATED_NETHSM } from '../support/tokens/emulated-kind.ts';
import { tokenContract } from './token-contract.ts';

await tokenContract(EMULATED_NETHSM);
