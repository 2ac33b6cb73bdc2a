import { describe, expect, it } from 'vitest';
import { getHealthStatus, tokensOf } from '../../../../src/engine/xks/get-health-status.ts';
import { FakeHsm } from '../../../support/fake-hsm.ts';
import { keyStore, mappedKey } from '../../domain/xks/samples.ts';
import { engineOver } from './rig.ts';

const on = (token: string, id: string) => mappedKey(id, { key: { token, selector: { label: id } } });

describe('GetHealthStatus', () => {
  it('X-40: is about the tokens behind the keys of the store, each once', () => {
    expect(tokensOf(keyStore([on('b', 'k1'), on('a', 'k2'), on('b', 'k3')]))).toEqual(['b', 'a']);
  });

  it('mistake 5: X-40 X-44: says what was measured of each token, and is not always ACTIVE', () => {
    const hsm = new FakeHsm();
    hsm.setHealth({ token: 'a' });
    hsm.setHealth({ token: 'b', status: 'DEGRADED', reason: 'slow' });
    expect(getHealthStatus(engineOver(hsm), ['a', 'b', 'c'])).toEqual({
      managerVendor: 'Acme',
      managers: [
        { id: 'a', model: 'Acme HSM 1.0', status: 'ACTIVE' },
        { id: 'b', model: 'Acme HSM 1.0', status: 'DEGRADED' },
        { id: 'c', model: 'Acme HSM 1.0', status: 'UNAVAILABLE' },
      ],
    });
  });

  it('X-41 X-45: asks no token while the caller waits, and touches no mapped key', () => {
    const hsm = new FakeHsm();
    getHealthStatus(engineOver(hsm), ['a']);
    expect(hsm.calls).toEqual([]);
  });
});
