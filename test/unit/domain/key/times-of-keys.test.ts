import { describe, expect, it, test } from 'vitest';
import { checkDeletionWindow, planDeletion } from '../../../../src/domain/key/deletion-window.ts';
import { dueMsOf } from '../../../../src/domain/key/key-due.ts';
import type { KeyRecord } from '../../../../src/domain/key/key-record.ts';
import {
  continueRotation,
  NO_ROTATION,
  showsRotation,
  startRotation,
  stopRotation,
} from '../../../../src/domain/key/rotation-schedule.ts';
import { refusalOf } from './refusal.ts';
import { keyRecord } from './samples.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const DAY = 24 * 60 * 60 * 1000;

describe('the deletion window', () => {
  test.for([
    { asked: undefined, windowDays: 30, date: '2026-01-31T00:00:00Z' },
    { asked: 7, windowDays: 7, date: '2026-01-08T00:00:00Z' },
    { asked: 30, windowDays: 30, date: '2026-01-31T00:00:00Z' },
  ])('of $asked days ends on $date', ({ asked, windowDays, date }) => {
    expect(() => checkDeletionWindow(asked)).not.toThrow();
    expect(planDeletion(NOW, asked)).toEqual({ atMs: Date.parse(date), windowDays });
  });

  test.for([1, 6, 31, 365])('of %i days is refused', (windowDays) => {
    expect(refusalOf(() => checkDeletionWindow(windowDays))).toBe(
      `ValidationException: PendingWindowInDays must be between 7 and 30, and it is ${windowDays}.`,
    );
  });
});

describe('the rotation schedule', () => {
  it('is a year unless it is said', () => {
    expect(startRotation(NO_ROTATION, NOW)).toEqual({
      enabled: true,
      periodDays: 365,
      nextMs: Date.parse('2027-01-01T00:00:00Z'),
      onDemandCount: 0,
    });
  });

  it('starts anew when it is changed', () => {
    const rotation = startRotation({ ...NO_ROTATION, onDemandCount: 3 }, NOW - 10 * DAY, 90);
    expect(startRotation(rotation, NOW, 2560)).toEqual({
      enabled: true,
      periodDays: 2560,
      nextMs: NOW + 2560 * DAY,
      onDemandCount: 3,
    });
  });

  it('goes on from the rotation, also from a late one', () => {
    const rotation = startRotation(NO_ROTATION, NOW, 90);
    expect(continueRotation(rotation, NOW + 100 * DAY).nextMs).toBe(NOW + 190 * DAY);
  });

  it('ends, and the count of rotations on demand stays', () => {
    const rotation = startRotation({ ...NO_ROTATION, onDemandCount: 25 }, NOW, 90);
    expect(stopRotation(rotation)).toStrictEqual({ enabled: false, periodDays: 90, onDemandCount: 25 });
  });

  test.for<{ state: KeyRecord['state']; shown: boolean }>([
    { state: 'Enabled', shown: true },
    { state: 'Disabled', shown: true },
    { state: 'PendingDeletion', shown: false },
    { state: 'PendingReplicaDeletion', shown: false },
  ])('reads $shown for a key in $state', ({ state, shown }) => {
    expect(showsRotation({ state, rotation: startRotation(NO_ROTATION, NOW) })).toBe(shown);
    expect(showsRotation({ state, rotation: NO_ROTATION })).toBe(false);
  });
});

describe('when a key is due', () => {
  const rotation = startRotation(NO_ROTATION, NOW, 90);
  const deletion = planDeletion(NOW);

  test.for<{ what: string; key: Partial<KeyRecord>; days: number | undefined }>([
    { what: 'enabled without rotation', key: {}, days: undefined },
    { what: 'enabled with rotation', key: { rotation }, days: 90 },
    { what: 'disabled with rotation', key: { state: 'Disabled', rotation }, days: undefined },
    { what: 'pending deletion', key: { state: 'PendingDeletion', deletion }, days: 30 },
    {
      what: 'pending deletion with rotation due earlier',
      key: { state: 'PendingDeletion', deletion, rotation: startRotation(rotation, NOW - 80 * DAY, 90) },
      days: 30,
    },
    {
      what: 'pending deletion of its replicas',
      key: { state: 'PendingReplicaDeletion', deletion },
      days: undefined,
    },
  ])('$what: after $days days', ({ key, days }) => {
    const expected = days === undefined ? undefined : NOW + days * DAY;
    expect(dueMsOf(keyRecord(key))).toBe(expected);
  });
});
