import { describe, expect, it } from 'vitest';
import { authorizeCall } from '../../../../src/engine/xks/authorize-call.ts';
import { attributes, keyStore } from '../../domain/xks/samples.ts';
import { faultOf } from './rig.ts';

describe('secondary authorization', () => {
  it('X-53: what the policy allows passes', () => {
    expect(() => authorizeCall(keyStore([]), 'foo', attributes())).not.toThrow();
  });

  it('X-68: a denial carries the deciding statement for the log, and keeps it from the client', async () => {
    const statement = { sid: 'no-alice', effect: 'DENY', principals: ['*:user/Alice'] } as const;
    const store = keyStore([], { policy: { default: 'ALLOW', statements: [statement] } });
    const fault = await faultOf(() => authorizeCall(store, 'foo', attributes()));
    expect(fault).toMatchObject({
      code: 'AccessDeniedException',
      detail: "The proxy's policy does not allow Encrypt on external key 'foo' to this caller.",
      logFields: { deniedBy: 'no-alice', statement },
    });
  });

  it('X-68: a denial by the default says so', async () => {
    const store = keyStore([], { policy: { default: 'DENY', statements: [] } });
    expect(await faultOf(() => authorizeCall(store, 'foo', attributes()))).toMatchObject({
      code: 'AccessDeniedException',
      logFields: { deniedBy: 'default', statement: undefined },
    });
  });
});
