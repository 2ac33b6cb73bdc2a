import { describe, expect, it } from 'vitest';
import { keyStore, mappedKey } from '../../unit/domain/xks/samples.ts';
import { HEALTH, HEALTH_METADATA, ProxyRig, proxyRig } from './rig.ts';

const BODY = { requestMetadata: HEALTH_METADATA };
const on = (token: string, id: string) => mappedKey(id, { key: { token, selector: { label: id } } });

describe('GetHealthStatus over the wire', () => {
  it('X-43 X-44: names proxy and tokens, on one line', async () => {
    const answer = await proxyRig().ask({ path: HEALTH, body: BODY });
    expect([answer.status, answer.body]).toEqual([
      200,
      '{"xksProxyFleetSize":2,"xksProxyVendor":"Portcullis","xksProxyModel":"Portcullis 0.1.0","ekmVendor":"Acme","ekmFleetDetails":[{"id":"soft","model":"Acme HSM 1.0","healthStatus":"ACTIVE"}]}',
    ]);
  });

  it('mistake 5: X-40: is about the tokens behind the prefix, each as measured', async () => {
    const rig = new ProxyRig([
      keyStore([on('a', 'k1'), on('b', 'k2'), on('a', 'k3')]),
      keyStore([on('c', 'k1')], { pathPrefix: '/two' }),
    ]);
    rig.hsm.setHealth({ token: 'a' });
    rig.hsm.setHealth({ token: 'b', status: 'DEGRADED' });
    rig.hsm.setHealth({ token: 'c', status: 'UNAVAILABLE' });
    const states = async (path: string) =>
      (await rig.ask({ path, body: BODY })).json.ekmFleetDetails.map(
        (entry: { id: string; healthStatus: string }) => [entry.id, entry.healthStatus],
      );
    expect(await states(HEALTH)).toEqual([
      ['a', 'ACTIVE'],
      ['b', 'DEGRADED'],
    ]);
    expect(await states('/two/kms/xks/v1/health')).toEqual([['c', 'UNAVAILABLE']]);
  });

  it('mistake 5: X-42: no policy can deny it', async () => {
    const rig = proxyRig({
      store: { policy: { default: 'DENY', statements: [{ sid: 'all', effect: 'DENY' }] } },
    });
    expect(await rig.told({ path: HEALTH, body: BODY })).toBe('200');
    expect(await rig.told()).toContain('403 AccessDeniedException');
  });

  it('mistake 3: X-45: answers from memory, though every token hangs', async () => {
    const rig = proxyRig();
    rig.hsm.before = () => new Promise(() => undefined);
    expect(await rig.told({ path: HEALTH, body: BODY })).toBe('200');
    expect(rig.hsm.calls).toEqual([]);
  });

  it('X-44: a prefix without keys is healthy: nothing behind it can be down', async () => {
    const rig = new ProxyRig([keyStore([])]);
    const { json } = await rig.ask({ path: HEALTH, body: BODY });
    expect(json.ekmVendor).toBe('Portcullis');
    expect(json.ekmFleetDetails).toEqual([
      { id: 'no-keys', model: 'no token, as no key is mapped', healthStatus: 'ACTIVE' },
    ]);
  });

  it('X-49: a disabled key store has no health to tell', async () => {
    const rig = proxyRig({ store: { status: 'DISABLED' } });
    expect(await rig.told({ path: HEALTH, body: BODY })).toBe(
      '400 InvalidStateException: This key store is disabled in the proxy configuration.',
    );
  });

  it('X-52: needs a signature all the same', async () => {
    expect(await proxyRig().told({ path: HEALTH, body: BODY, unsigned: true })).toContain('401 ');
  });
});
