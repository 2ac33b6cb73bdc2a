/** The log names what ended a host. */
import { expect, it } from 'vitest';
import { startChaosProxy } from '../support/chaos-proxy.ts';
import { until } from '../support/running-proxy.ts';

it('garbage from a host is named as the reason of its loss', async () => {
  await using proxy = await startChaosProxy();
  proxy.order({ do: 'garbage', kind: 'noise' });
  await until(() => proxy.events('token-host.lost').length > 0);
  expect(proxy.events('token-host.lost')[0]?.fields['reason']).toMatch(/garbage|frame length/);
});
