import { FAKE } from '../support/tokens/fake-kind.ts';
import { tokenContract } from './token-contract.ts';

await tokenContract(FAKE);
