import { NSS } from '../support/tokens/nss-kind.ts';
import { tokenContract } from './token-contract.ts';

await tokenContract(NSS);
