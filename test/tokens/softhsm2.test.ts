import { SOFTHSM2 } from '../support/tokens/softhsm2-kind.ts';
import { tokenContract } from './token-contract.ts';

await tokenContract(SOFTHSM2);
