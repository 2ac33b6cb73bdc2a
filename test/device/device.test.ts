/** The contract suite over a token that somebody owns: `npm run test:device`. */
import { ownTokenKind } from '../support/tokens/own-token.ts';
import { tokenContract } from '../tokens/token-contract.ts';

await tokenContract(ownTokenKind(process.env));
