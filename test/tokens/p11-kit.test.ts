import { P11_KIT } from '../support/tokens/p11-kit-kind.ts';
import { tokenContract } from './token-contract.ts';

await tokenContract(P11_KIT);
