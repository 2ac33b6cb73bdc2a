import { randomBytes } from 'node:crypto';
import { describe } from 'vitest';
import { SoftwareVault } from '../../../../src/hsm/software/software-vault.ts';
import { everyKindContract } from '../../../support/key-kinds-contract/every-kind.ts';

describe('a vault in software', () => {
  const entropy = { randomBytes: (length: number) => new Uint8Array(randomBytes(length)) };
  const secrets = [randomBytes(32), randomBytes(32)] as const;
  const [first, second] = secrets.map((secret, index) => ({ number: index + 1, secret })) as [never, never];
  const vaults = {
    first: new SoftwareVault({ entropy, generations: [first] }),
    second: new SoftwareVault({ entropy, generations: [first, second] }),
    secrets,
  };

  everyKindContract(() => vaults);
});
