import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { demoConfig, randomAccessKeyId, randomSecretAccessKey } from '../../../src/cli/demo-config.ts';

const counting = { randomBytes: (length: number) => Uint8Array.from({ length }, (_, index) => index + 240) };

describe('generated credentials', () => {
  it('X-65: an access key id has 24 characters of the allowed set', () => {
    expect(randomAccessKeyId(counting)).toBe('QRSTUVWXYZ234567ABCDEFGH');
  });

  it('X-65: a secret access key has 64 allowed characters from 48 random bytes', () => {
    expect(randomSecretAccessKey(counting)).toMatch(/^8PHy8\/T19vf4[A-Za-z0-9+/]{52}$/);
  });
});

describe('the demo configuration', () => {
  it('maps two keys, keeps the health key apart, and names everything relative to itself', () => {
    const { tokens, keyStores, control } = parse(demoConfig('/srv/var', '/usr/lib/soft.so', counting));

    expect(keyStores[0]).toMatchObject({
      pathPrefix: '/demo',
      regions: ['us-east-1'],
      keys: { foo: { label: 'foo' }, bar: { label: 'bar' } },
    });
    expect(tokens[0]).toMatchObject({
      module: '/usr/lib/soft.so',
      env: { SOFTHSM2_CONF: 'token/softhsm2.conf' },
      pin: { file: 'token/pin' },
      healthKey: 'health',
    });
    expect(control).toStrictEqual({ socket: 'control.sock' });
  });

  it('does without a control socket where its path would be too long for one', () => {
    expect(parse(demoConfig(`/${'x'.repeat(93)}`, '/m.so', counting)).control).toStrictEqual({
      socket: 'control.sock',
    });
    expect(parse(demoConfig(`/${'x'.repeat(94)}`, '/m.so', counting))).not.toHaveProperty('control');
  });
});
