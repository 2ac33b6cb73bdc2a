import { describe, expect, it } from 'vitest';
import type { TokenHealth, TokenStatus } from '../../../../src/domain/ports/hsm.ts';
import { summariseHealth } from '../../../../src/domain/xks/health-summary.ts';

const token = (name: string, status: TokenStatus, vendor = 'Acme'): TokenHealth => ({
  token: name,
  vendor,
  model: 'Acme HSM 1.0',
  status,
  reason: '',
});
const many = (count: number, prefix: string, status: TokenStatus) =>
  Array.from({ length: count }, (_, index) => token(`${prefix}${index}`, status));

describe('the health summary', () => {
  it('X-43 X-44: one entry for each token, by its name, in order', () => {
    expect(
      summariseHealth([token('a', 'ACTIVE'), token('b', 'DEGRADED'), token('c', 'UNAVAILABLE')]),
    ).toEqual({
      managerVendor: 'Acme',
      managers: [
        { id: 'a', model: 'Acme HSM 1.0', status: 'ACTIVE' },
        { id: 'b', model: 'Acme HSM 1.0', status: 'DEGRADED' },
        { id: 'c', model: 'Acme HSM 1.0', status: 'UNAVAILABLE' },
      ],
    });
  });

  it('X-43: several makers are all named, each once', () => {
    const tokens = [token('a', 'ACTIVE', 'Acme'), token('b', 'ACTIVE', 'Bolt'), token('c', 'ACTIVE', 'Acme')];
    expect(summariseHealth(tokens).managerVendor).toBe('Acme / Bolt');
  });

  it('X-44: a prefix without keys has one entry, since nothing behind it can be down', () => {
    expect(summariseHealth([])).toEqual({
      managerVendor: 'Portcullis',
      managers: [{ id: 'no-keys', model: 'no token, as no key is mapped', status: 'ACTIVE' }],
    });
  });

  it('X-44: ten tokens are ten entries', () => {
    expect(summariseHealth(many(10, 't', 'ACTIVE')).managers).toHaveLength(10);
  });

  it('X-44: of more than ten, failures are kept and one that works always stays', () => {
    const ids = (tokens: TokenHealth[]) => summariseHealth(tokens).managers.map(({ id }) => id);
    expect(ids([...many(9, 'up', 'ACTIVE'), ...many(3, 'down', 'UNAVAILABLE')])).toEqual([
      'up0',
      'up1',
      'up2',
      'up3',
      'up4',
      'up5',
      'up6',
      'down0',
      'down1',
      'down2',
    ]);
    expect(ids([...many(12, 'down', 'UNAVAILABLE'), token('up', 'ACTIVE')])).toEqual([
      'down0',
      'down1',
      'down2',
      'down3',
      'down4',
      'down5',
      'down6',
      'down7',
      'down8',
      'up',
    ]);
    expect(ids(many(11, 'down', 'DEGRADED'))).toHaveLength(10);
  });
});
