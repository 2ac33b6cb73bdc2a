import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../../../src/domain/secret.ts';
import { PinLatch } from '../../../../src/hsm/supervisor/pin-latch.ts';

const pin = new Secret('canary-4711');
let stateDir: string;

beforeEach(() => {
  stateDir = fs.mkdtempSync(path.join(os.tmpdir(), 'pin-latch-'));
});
afterEach(() => {
  fs.rmSync(stateDir, { recursive: true });
});

function records(): string[] {
  return fs
    .readdirSync(path.join(stateDir, 'pin-latch'))
    .map((name) => path.join(stateDir, 'pin-latch', name));
}

describe('the PIN latch', () => {
  it('lets a PIN in again after it was accepted', () => {
    const latch = new PinLatch(stateDir);
    latch.claim('serial', pin).clear();
    latch.claim('serial', pin).clear();
    expect(records()).toEqual([]);
  });

  it('never lets a refused PIN in again, not even in a new process', () => {
    new PinLatch(stateDir).claim('serial', pin).keep();
    expect(() => new PinLatch(stateDir).claim('serial', pin)).toThrow(
      /pin-locked: the PIN was refused by the token/,
    );
  });

  it('counts an attempt whose answer was never recorded', () => {
    new PinLatch(stateDir).claim('serial', pin);
    expect(() => new PinLatch(stateDir).claim('serial', pin)).toThrow(
      /pin-locked: the PIN was tried, without a recorded answer/,
    );
  });

  it('lets another PIN, or the same PIN on another token, in', () => {
    const latch = new PinLatch(stateDir);
    latch.claim('serial', pin).keep();
    latch.claim('serial', new Secret('another')).clear();
    latch.claim('other', pin).clear();
    expect(records()).toHaveLength(1);
  });

  it('waits, rather than refuses, while another live process tries the PIN', () => {
    const latch = new PinLatch(stateDir);
    latch.claim('serial', pin);
    const [file] = records() as [string];
    fs.writeFileSync(file, JSON.stringify({ state: 'attempting', pid: process.ppid, at: 'now' }));
    expect(() => latch.claim('serial', pin)).toThrow(/unavailable: process \d+ is trying the PIN now/);
  });

  it('refuses on a record that a crash cut off', () => {
    const latch = new PinLatch(stateDir);
    latch.claim('serial', pin);
    const [file] = records() as [string];
    fs.writeFileSync(file, '{"sta');
    expect(() => latch.claim('serial', pin)).toThrow(/pin-locked/);
  });

  it('shows neither PIN nor serial in what it writes, and lets nobody else read it', () => {
    new PinLatch(stateDir).claim('canary-serial', pin).keep();
    const [file] = records() as [string];
    const written = file + fs.readFileSync(file, 'utf8');
    expect(written).not.toContain('canary-4711');
    expect(written).not.toContain('canary-serial');
    expect(fs.statSync(file).mode & 0o077).toBe(0);
    expect(fs.statSync(path.join(stateDir, 'pin-latch.key')).mode & 0o077).toBe(0);
  });

  it('refuses every PIN when its own key is damaged, since it can no longer tell which were tried', () => {
    fs.writeFileSync(path.join(stateDir, 'pin-latch.key'), 'short');
    expect(() => new PinLatch(stateDir).claim('serial', pin)).toThrow(
      /pin-locked: .*pin-latch.key is damaged/,
    );
  });

  it('refuses to try a PIN when the attempt cannot be noted', () => {
    const latch = new PinLatch(stateDir);
    latch.claim('serial', pin).clear();
    fs.rmSync(path.join(stateDir, 'pin-latch'), { recursive: true });
    expect(() => latch.claim('serial', pin)).toThrow(/unavailable: the PIN attempt cannot be noted/);
  });
});
