import { expect, it } from 'vitest';
import { fairShareOf } from '../../../../src/engine/kms/fair-share.ts';

const of = (principalArn: string): number => fairShareOf({ principalArn });

it.for([
  {
    who: 'two users',
    one: 'arn:aws:iam::111122223333:user/alice',
    other: 'arn:aws:iam::111122223333:user/bob',
  },
  { who: 'two accounts', one: 'arn:aws:iam::111122223333:root', other: 'arn:aws:iam::444455556666:root' },
  {
    who: 'two roles',
    one: 'arn:aws:sts::111122223333:assumed-role/builder/one',
    other: 'arn:aws:sts::111122223333:assumed-role/tester/one',
  },
])('gives $who a class each', ({ one, other }) => {
  expect(of(one)).not.toBe(of(other));
});

it('gives all sessions of a role one class', () => {
  expect(of('arn:aws:sts::111122223333:assumed-role/builder/one')).toBe(
    of('arn:aws:sts::111122223333:assumed-role/builder/another'),
  );
});

it('never gives the class of work in the background', () => {
  // Its SHA-256 begins with ffff.
  expect(of('arn:aws:iam::111122223333:user/148397')).toBe(0);
});
