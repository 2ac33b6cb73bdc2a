import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../../../src/domain/secret.ts';
import { PinLatch } from '../../../../src/hsm/supervisor/pin-latch.ts';

const pin = new Secret('canary-4711');
const on = (tokenSerial: string, which: Secret, tokenCountsNoFailure = false) => ({
  tokenSerial,
  pin: which,
  tokenCountsNoFailure,
});
let stateDir: string;

beforeEach(() => {
  stateDir = fs.mkdtempSync(path.join(os.tmpdir(), 'pin-latch-'));
});
afterEach(() => {
  fs.rmSync(stateDir, { recursive: true });
});

const latchOf = (repeatAfterMs = 0) => new PinLatch(stateDir, { repeatAfterMs });

/** Changes what the one record says of its owner. */
function rewrite(owner: object): void {
  const [file] = records() as [string];
  fs.writeFileSync(file, JSON.stringify({ ...JSON.parse(fs.readFileSync(file, 'utf8')), ...owner }));
}

function records(): string[] {
  return fs
    .readdirSync(path.join(stateDir, 'pin-latch'))
    .map((name) => path.join(stateDir, 'pin-latch', name));
}

describe('the PIN latch', () => {
  it('lets a PIN in again after it was accepted', () => {
    const latch = latchOf();
    latch.claim(on('serial', pin)).clear();
    latch.claim(on('serial', pin)).clear();
    expect(records()).toEqual([]);
  });

  it('never lets a refused PIN in again, not even in a new process', () => {
    latchOf().claim(on('serial', pin)).keep();
    expect(() => latchOf().claim(on('serial', pin))).toThrow(/pin-locked: the PIN was refused by the token/);
  });

  it('counts an attempt whose answer was never recorded', () => {
    latchOf().claim(on('serial', pin));
    expect(() => latchOf().claim(on('serial', pin))).toThrow(
      /pin-locked: the PIN was tried at .* without a recorded answer/,
    );
  });

  it('lets another PIN, or the same PIN on another token, in', () => {
    const latch = latchOf();
    latch.claim(on('serial', pin)).keep();
    latch.claim(on('serial', new Secret('another'))).clear();
    latch.claim(on('other', pin)).clear();
    expect(records()).toHaveLength(1);
  });

  it('waits, rather than refuses, while another live process tries the PIN', () => {
    const latch = latchOf();
    latch.claim(on('serial', pin));
    const stat = fs.readFileSync(`/proc/${process.ppid}/stat`, 'latin1');
    const startTicks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    rewrite({ pid: process.ppid, instance: 'another', startTicks });
    expect(() => latch.claim(on('serial', pin, true))).toThrow(
      /unavailable: process \d+ is trying the PIN now/,
    );
  });

  it('takes a recycled process id for what it is', () => {
    const latch = latchOf();
    latch.claim(on('serial', pin));
    rewrite({ pid: process.ppid, instance: 'another', startTicks: '1' });
    latch.claim(on('serial', pin, true)).clear();
    expect(records()).toEqual([]);
  });

  it('repeats an unanswered attempt once, and only where the token shows that nothing was counted', () => {
    const latch = latchOf();
    latch.claim(on('serial', pin));
    expect(() => latch.claim(on('serial', pin, false))).toThrow(/pin-locked/);
    latch.claim(on('serial', pin, true));
    expect(() => latch.claim(on('serial', pin, true))).toThrow(/pin-locked: .* without a recorded answer/);
  });

  it('lets an unanswered attempt rest before its repeat', () => {
    latchOf(60_000).claim(on('serial', pin));
    expect(() => latchOf(60_000).claim(on('serial', pin, true))).toThrow(
      /unavailable: the PIN was tried at .* after a rest/,
    );
    rewrite({ at: new Date(Date.now() - 61_000).toISOString() });
    latchOf(60_000)
      .claim(on('serial', pin, true))
      .clear();
    expect(records()).toEqual([]);
  });

  it('lets one of two repeat a dead attempt', () => {
    latchOf().claim(on('serial', pin));
    rewrite({ instance: 'dead', pid: 1, startTicks: '' });
    const winner = latchOf().claim(on('serial', pin, true));
    expect(() => latchOf().claim(on('serial', pin, true))).toThrow(/pin-locked/);
    winner.keep();
    expect(() => latchOf().claim(on('serial', pin, true))).toThrow(/was refused by the token/);
  });

  it('does not wait for ever for a living process whose attempt has no end', () => {
    const latch = latchOf();
    latch.claim(on('serial', pin));
    const stat = fs.readFileSync(`/proc/${process.ppid}/stat`, 'latin1');
    const startTicks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    rewrite({
      pid: process.ppid,
      instance: 'another',
      startTicks,
      at: new Date(Date.now() - 61_000).toISOString(),
    });
    latch.claim(on('serial', pin, true)).clear();
    expect(records()).toEqual([]);
  });

  it('never repeats a refused PIN, whatever the token shows', () => {
    const latch = latchOf();
    latch.claim(on('serial', pin)).keep();
    expect(() => latch.claim(on('serial', pin, true))).toThrow(
      /pin-locked: the PIN was refused by the token/,
    );
  });

  it('refuses on a record that a crash cut off', () => {
    const latch = latchOf();
    latch.claim(on('serial', pin));
    const [file] = records() as [string];
    fs.writeFileSync(file, '{"sta');
    expect(() => latch.claim(on('serial', pin))).toThrow(/pin-locked/);
  });

  it('shows neither PIN nor serial in what it writes, and lets nobody else read it', () => {
    latchOf().claim(on('canary-serial', pin)).keep();
    const [file] = records() as [string];
    const written = file + fs.readFileSync(file, 'utf8');
    expect(written).not.toContain('canary-4711');
    expect(written).not.toContain('canary-serial');
    expect(fs.statSync(file).mode & 0o077).toBe(0);
    expect(fs.statSync(path.join(stateDir, 'pin-latch.key')).mode & 0o077).toBe(0);
  });

  it('refuses every PIN when its own key is damaged, since it can no longer tell which were tried', () => {
    fs.writeFileSync(path.join(stateDir, 'pin-latch.key'), 'short');
    expect(() => latchOf().claim(on('serial', pin))).toThrow(/pin-locked: .*pin-latch.key is damaged/);
  });

  it('refuses to try a PIN when the attempt cannot be noted', () => {
    const latch = latchOf();
    latch.claim(on('serial', pin)).clear();
    fs.rmSync(path.join(stateDir, 'pin-latch'), { recursive: true });
    expect(() => latch.claim(on('serial', pin))).toThrow(/unavailable: the PIN attempt cannot be noted/);
  });
});
