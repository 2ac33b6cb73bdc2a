/** A value that mostly is there at once: waiting for it all the same would cost each request a dozen promises. */
export type Soon<T> = T | Promise<T>;

/** Goes on with the value: at once if it is there, and then throws what `next` throws. */
export function whenThere<T, R>(value: Soon<T>, next: (value: T) => Soon<R>): Soon<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
