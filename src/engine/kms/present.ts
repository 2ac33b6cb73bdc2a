/** What an earlier step has made sure of. */
import { Bug } from '../../domain/bug.ts';

/** The value itself; a Bug that names it when it is absent after all. */
export function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Bug(`${what} is absent, which an earlier check refuses`);
  return value;
}
