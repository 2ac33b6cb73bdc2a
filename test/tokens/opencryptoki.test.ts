import { OPENCRYPTOKI } from '../support/tokens/opencryptoki-kind.ts';
import { tokenContract } from './token-contract.ts';

await tokenContract(OPENCRYPTOKI);
