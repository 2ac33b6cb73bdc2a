/** Which names an alias can have: kms-behaviour.md §1.2. The model has seen to length and characters already. */
import { KmsFault } from '../kms/kms-fault.ts';

/** Refuses names that no customer's alias can have. */
export function checkAliasName(name: string): void {
  if (!name.startsWith(PREFIX)) throw new KmsFault('ValidationException', PREFIX_MISSING);
  if (name.startsWith(RESERVED_PREFIX)) throw new KmsFault('NotAuthorizedException');
  if (name.includes(':')) {
    throw new KmsFault('ValidationException', `${name} contains invalid characters for an alias`);
  }
  if (name === PREFIX) throw new KmsFault('InvalidAliasNameException', NAME_MISSING);
}

const PREFIX = 'alias/';
const RESERVED_PREFIX = 'alias/aws/';
const PREFIX_MISSING =
  'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html';
const NAME_MISSING = 'The alias name has nothing after the prefix "alias/".';
