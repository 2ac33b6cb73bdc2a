import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  combineShares,
  type DomainShare,
  parseShare,
  splitSecret,
} from '../../../../src/hsm/vault/domain-shares.ts';

const OF = { domainId: 'ab'.repeat(16), generation: 3, shares: 5, threshold: 3 };
const secret = randomBytes(32);

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

async function taken(...numbers: number[]): Promise<DomainShare[]> {
  const shares = await splitSecret(secret, OF);
  return numbers.map((number) => parseShare(JSON.stringify(shares[number - 1])));
}

describe('shares of a domain', () => {
  it('give the secret, in any choice and order of enough of them', async () => {
    for (const numbers of [
      [1, 2, 3],
      [5, 3, 1],
      [2, 4, 5, 1],
      [1, 2, 3, 4, 5],
      [1, 1, 2, 3],
    ]) {
      const combined = await combineShares(await taken(...numbers));
      expect(combined).toMatchObject(OF);
      expect(hex(combined.secret)).toBe(hex(secret));
    }
  });

  it('do not hold the secret, and each its own value', async () => {
    const shares = await splitSecret(secret, OF);
    expect(new Set(shares.map(({ share }) => share)).size).toBe(5);
    for (const { share } of shares) expect(hex(Buffer.from(share, 'base64'))).not.toContain(hex(secret));
    expect(shares.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
  });

  it.for([
    { what: 'none', numbers: [] },
    { what: 'too few', numbers: [1, 2] },
    { what: 'one of them twice in place of another', numbers: [1, 2, 2] },
  ])('give nothing when there are $what', async ({ numbers }) => {
    await expect(combineShares(await taken(...numbers))).rejects.toMatchObject({ code: 'usage' });
  });

  it.for([
    { what: 'of another domain', change: { domainId: 'cd'.repeat(16) } },
    { what: 'of another generation', change: { generation: 4 } },
    { what: 'of another split', change: { check: '0'.repeat(16) } },
    { what: 'with a damaged value', change: { share: randomBytes(33).toString('base64') } },
    { what: 'with a cut value', change: { share: 'AAAA' } },
  ])('give nothing when one is $what', async ({ change }) => {
    const [first, second, third] = (await taken(1, 2, 3)) as [DomainShare, DomainShare, DomainShare];
    const attempt = combineShares([first, second, { ...third, ...change }]);
    await expect(attempt).rejects.toMatchObject({ name: 'HsmFault', code: 'usage' });
  });

  it.for([
    { text: '' },
    { text: 'null' },
    { text: '{}' },
    { text: '{"portcullisShare":2}' },
    { text: JSON.stringify({ portcullisShare: 1, ...OF, number: 0, check: '', share: '' }) },
    { text: JSON.stringify({ portcullisShare: 1, ...OF, domainId: 'x', number: 1, check: '', share: '' }) },
  ])('are not read from $text', ({ text }) => {
    expect(() => parseShare(text)).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});
