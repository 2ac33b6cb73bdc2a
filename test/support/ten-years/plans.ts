/**
 * Ten years of seven keys: what is done to each on which day, and what follows from it by the rules of AWS
 * (kms-behaviour.md §4), worked out by hand.
 */

export const DAY_MS = 86_400_000;
/** 2026-01-02T03:04:05Z; the days of the plans count from here. */
export const START_MS = 1_767_323_045_000;
export const LAST_DAY = 3_653;

export interface Act {
  readonly day: number;
  readonly does: string;
  readonly input?: Readonly<Record<string, unknown>>;
  /** The error that it is refused with; empty: none. */
  readonly error?: string;
  /** Members of the answer; undefined for those that it must not have. */
  readonly answer?: Readonly<Record<string, unknown>>;
}

export type Rotation = readonly [day: number, type: 'AUTOMATIC' | 'ON_DEMAND'];

export interface Plan {
  readonly name: string;
  readonly creation?: Readonly<Record<string, unknown>>;
  readonly acts: readonly Act[];
  readonly rotations: readonly Rotation[];
  /** From the first day to the day before the second it neither encrypts nor decrypts. */
  readonly unusable?: readonly (readonly [from: number, to: number])[];
  /** The day of its end. */
  readonly ends?: number;
}

export const PLANS: readonly Plan[] = [
  {
    name: 'every year',
    acts: [
      { day: 0, does: 'EnableKeyRotation' },
      status(1, { KeyRotationEnabled: true, RotationPeriodInDays: 365, NextRotationDate: seconds(365) }),
      status(3_653, { NextRotationDate: seconds(4_015) }),
    ],
    rotations: [365, 730, 1_095, 1_460, 1_825, 2_190, 2_555, 2_920, 3_285, 3_650].map(automatic),
  },
  {
    name: 'every 90 days',
    acts: [{ day: 0, does: 'EnableKeyRotation', input: { RotationPeriodInDays: 90 } }],
    rotations: Array.from({ length: 40 }, (_, at) => automatic(90 * (at + 1))),
  },
  {
    name: 'after 2560 days, and twice on demand',
    acts: [
      { day: 0, does: 'EnableKeyRotation', input: { RotationPeriodInDays: 2_560 } },
      { day: 100, does: 'RotateKeyOnDemand' },
      status(101, { RotationPeriodInDays: 2_560, NextRotationDate: seconds(2_560) }),
      { day: 2_559, does: 'RotateKeyOnDemand' },
      { day: 2_559 + minutes(23 * 60 + 39), does: 'DescribeKey' },
      { day: 2_559 + minutes(23 * 60 + 41), does: 'RotateKeyOnDemand', error: 'ConflictException' },
    ],
    rotations: [
      [100, 'ON_DEMAND'],
      [2_559, 'ON_DEMAND'],
      [2_560, 'AUTOMATIC'],
    ],
  },
  {
    name: 'with everything that can come between',
    acts: [
      { day: 0, does: 'EnableKeyRotation', input: { RotationPeriodInDays: 90 } },
      { day: 200, does: 'RotateKeyOnDemand' },
      { day: 300, does: 'DisableKey' },
      status(399, { KeyRotationEnabled: true, RotationPeriodInDays: 90, NextRotationDate: seconds(360) }),
      { day: 399, does: 'RotateKeyOnDemand', error: 'DisabledException' },
      { day: 400, does: 'EnableKey' },
      status(401, { NextRotationDate: seconds(490) }),
      { day: 450, does: 'EnableKeyRotation', input: { RotationPeriodInDays: 365 } },
      status(451, { RotationPeriodInDays: 365, NextRotationDate: seconds(815) }),
      { day: 800, does: 'ScheduleKeyDeletion', input: { PendingWindowInDays: 30 } },
      status(816, {
        KeyRotationEnabled: false,
        NextRotationDate: undefined,
        RotationPeriodInDays: undefined,
      }),
      { day: 816, does: 'RotateKeyOnDemand', error: 'KMSInvalidStateException' },
      { day: 820, does: 'CancelKeyDeletion' },
      status(820, { KeyRotationEnabled: true, RotationPeriodInDays: 365, NextRotationDate: seconds(815) }),
      { day: 821, does: 'EnableKey' },
      { day: 1_300, does: 'DisableKeyRotation' },
      status(1_400, { KeyRotationEnabled: false, NextRotationDate: undefined }),
      { day: 1_600, does: 'EnableKeyRotation' },
      { day: 2_000, does: 'RotateKeyOnDemand' },
      { day: 2_700, does: 'EnableKeyRotation', input: { RotationPeriodInDays: 2_560 } },
      status(2_701, { NextRotationDate: seconds(5_260) }),
      { day: 3_000, does: 'RotateKeyOnDemand' },
      { day: 3_001, does: 'RotateKeyOnDemand' },
    ],
    rotations: [
      [90, 'AUTOMATIC'],
      [180, 'AUTOMATIC'],
      [200, 'ON_DEMAND'],
      [270, 'AUTOMATIC'],
      [400, 'AUTOMATIC'],
      [821, 'AUTOMATIC'],
      [1_186, 'AUTOMATIC'],
      [1_965, 'AUTOMATIC'],
      [2_000, 'ON_DEMAND'],
      [2_330, 'AUTOMATIC'],
      [2_695, 'AUTOMATIC'],
      [3_000, 'ON_DEMAND'],
      [3_001, 'ON_DEMAND'],
    ],
    unusable: [
      [300, 400],
      [800, 821],
    ],
  },
  {
    name: 'on demand alone, as often as it may',
    acts: [
      ...Array.from({ length: 25 }, (_, at) => ({ day: 100 * (at + 1), does: 'RotateKeyOnDemand' })),
      { day: 2_600, does: 'RotateKeyOnDemand', error: 'LimitExceededException' },
      { day: 2_601, does: 'EnableKeyRotation', input: { RotationPeriodInDays: 500 } },
      { day: 3_200, does: 'RotateKeyOnDemand', error: 'LimitExceededException' },
    ],
    rotations: [
      ...Array.from({ length: 25 }, (_, at): Rotation => [100 * (at + 1), 'ON_DEMAND']),
      [3_101, 'AUTOMATIC'],
      [3_601, 'AUTOMATIC'],
    ],
  },
  {
    name: 'until it is deleted',
    acts: [
      { day: 0, does: 'EnableKeyRotation', input: { RotationPeriodInDays: 300 } },
      { day: 1_000, does: 'ScheduleKeyDeletion', input: { PendingWindowInDays: 7 } },
      { day: 1_006, does: 'DescribeKey' },
      { day: 1_008, does: 'DescribeKey', error: 'NotFoundException' },
    ],
    rotations: [300, 600, 900].map(automatic),
    unusable: [[1_000, LAST_DAY + 1]],
    ends: 1_007,
  },
  {
    name: 'multi-Region',
    creation: { MultiRegion: true },
    acts: [
      { day: 0, does: 'EnableKeyRotation', input: { RotationPeriodInDays: 1_000 } },
      { day: 1_500, does: 'RotateKeyOnDemand' },
    ],
    rotations: [
      [1_000, 'AUTOMATIC'],
      [1_500, 'ON_DEMAND'],
      [2_000, 'AUTOMATIC'],
      [3_000, 'AUTOMATIC'],
    ],
  },
];

/** As the API tells it. */
export function seconds(day: number): number {
  return START_MS / 1_000 + day * 86_400;
}

function automatic(day: number): Rotation {
  return [day, 'AUTOMATIC'];
}

function status(day: number, answer: Act['answer'] & object): Act {
  return { day, does: 'GetKeyRotationStatus', answer };
}

function minutes(count: number): number {
  return count / (24 * 60);
}
