import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { KeyDescription } from '../../../src/domain/ports/hsm.ts';
import { type InvocationBound, InvocationCounter, LEASE_BLOCK } from '../../../src/hsm/invocation-counter.ts';

let stateDir: string;
const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
const keyInvocations = vi.fn();
const meter = { keyInvocations } as never;

beforeEach(() => {
  vi.clearAllMocks();
  stateDir = fs.mkdtempSync(path.join(os.tmpdir(), 'invocations-'));
});
afterEach(() => {
  fs.rmSync(stateDir, { recursive: true });
});

const key = { token: 'soft', selector: { label: 'foo' } };
const description = (more: Partial<KeyDescription> = {}): KeyDescription => ({
  keyType: 'AES',
  bits: 256,
  canEncrypt: true,
  canDecrypt: true,
  canSign: false,
  canVerify: false,
  canWrap: false,
  canUnwrap: false,
  canDerive: false,
  extractable: false,
  sensitive: true,
  kcvHex: 'aabbcc',
  label: 'foo',
  idHex: '01',
  tokenSerial: 's1',
  ...more,
});
const whole: InvocationBound = { fleetShare: 1, refuse: false };
const open = (bound = whole) => new InvocationCounter({ stateDir, bound, log, meter });

function written(): number[] {
  const directory = path.join(stateDir, 'invocations');
  return fs
    .readdirSync(directory)
    .map((name) => JSON.parse(fs.readFileSync(path.join(directory, name), 'utf8')).count);
}

/** As if this many had been made before. */
function rewrite(content: string): void {
  open().count(key, description());
  const directory = path.join(stateDir, 'invocations');
  for (const name of fs.readdirSync(directory)) fs.writeFileSync(path.join(directory, name), content);
}

describe('the invocation counter', () => {
  it('writes a block down before it uses it, so that a crash can only count too many', () => {
    const counter = open();
    counter.count(key, description());
    expect(written()).toEqual([LEASE_BLOCK]);
    const afterCrash = open();
    afterCrash.count(key, description());
    expect(written()).toEqual([2 * LEASE_BLOCK]);
  });

  it('gives back at an orderly end what it did not use', () => {
    const counter = open();
    for (let call = 0; call < 5; call += 1) counter.count(key, description());
    counter.close();
    expect(written()).toEqual([5]);
  });

  it('leases the next block when one is used up', () => {
    const counter = open();
    const same = description();
    for (let call = 0; call <= LEASE_BLOCK; call += 1) counter.count(key, same);
    expect(written()).toEqual([2 * LEASE_BLOCK]);
  });

  it('counts keys apart, and one key together however it is described', () => {
    const counter = open();
    counter.count(key, description());
    counter.count(key, description());
    counter.count(key, description({ kcvHex: '000000' }));
    const { kcvHex: _none, ...without } = description({ idHex: '02' });
    counter.count(key, without);
    counter.close();
    expect(written().sort()).toEqual([1, 1, 2]);
  });

  it('raises an alarm at half of the share and another at its end, each once', () => {
    rewrite(JSON.stringify({ count: 2 ** 29 - 1 }));
    const counter = open({ fleetShare: 0.25, refuse: false });
    counter.count(key, description());
    expect(log.warn).toHaveBeenCalledExactlyOnceWith(
      'key.invocations-half',
      expect.objectContaining({ limit: 2 ** 30, label: 'foo' }),
    );
    counter.close();
    rewrite(JSON.stringify({ count: 2 ** 30 - 1 }));
    const later = open({ fleetShare: 0.25, refuse: false });
    for (let call = 0; call < 3000; call += 1) later.count(key, description());
    expect(log.error).toHaveBeenCalledExactlyOnceWith(
      'key.invocations-exhausted',
      expect.objectContaining({ token: 'soft' }),
    );
  });

  it('refuses above the limit only where that is configured', () => {
    rewrite(JSON.stringify({ count: 2 ** 30 - 1 }));
    const counter = open({ fleetShare: 0.25, refuse: true });
    counter.count(key, description());
    expect(() => counter.count(key, description())).toThrow(
      /usage: the key has made its 1073741824 encryptions/,
    );
  });

  it.for([
    { content: 'cut off' },
    { content: '{"count":-1}' },
    { content: '{"count":1e400}' },
    { content: '{}' },
  ])('takes a lost count ($content) for half of the limit, and says so', ({ content }) => {
    rewrite(content);
    open().count(key, description());
    expect(log.error).toHaveBeenCalledWith('key.invocations-lost', expect.objectContaining({ label: 'foo' }));
    expect(written()).toEqual([2 ** 31 + LEASE_BLOCK]);
  });

  it('serves on when the count cannot be written, and says so', () => {
    const counter = open();
    fs.rmSync(path.join(stateDir, 'invocations'), { recursive: true });
    fs.writeFileSync(path.join(stateDir, 'invocations'), 'in the way');
    counter.count(key, description());
    expect(log.error).toHaveBeenCalledWith('key.invocations-lost', expect.anything());
    expect(log.error).toHaveBeenCalledWith('key.invocations-unwritten', expect.anything());
  });

  it('tells the meter', () => {
    open({ fleetShare: 0.5, refuse: false }).count(key, description());
    expect(keyInvocations).toHaveBeenCalledWith({ token: 'soft', key: 'foo', used: 1, limit: 2 ** 31 });
  });
});
