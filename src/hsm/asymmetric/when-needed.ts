/**
 * Libraries that most processes never use: to load them takes a good half of the time in which a token host starts, and a host
 * that replaces a lost one is waited for. So they are loaded by those who first need them, in one step, since nobody there can
 * wait for a promise.
 */
import { createRequire } from 'node:module';

/** A function that gives the library; `T` is its type, as `typeof` a type-only import. */
export function whenNeeded<T>(name: string): () => T {
  let library: T | undefined;
  return () => {
    library ??= load(name) as T;
    return library;
  };
}

const load = createRequire(import.meta.url);
