import { EMULATED_YUBIHSM2 } from '../support/tokens/emulated-kind.ts';
import { tokenContract } from './token-contract.ts';

await tokenContract(EMULATED_YUBIHSM2);
